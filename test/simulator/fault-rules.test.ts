import { setTimeout as pass } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type FaultRule, spawnSimulator } from '../../simulator/client.ts';
import { call, SANDBOX_HEADERS } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const LIST = '/indexes/idx-loyalty/profiles';
const simulator = useSimulator();

const get = (path = LIST, headers = {}) => call(simulator().dataUrl, path, { headers });
const strike = (...rules: FaultRule[]) => simulator().faults(rules);
const statuses = async (count: number, path = LIST) => {
  const seen: number[] = [];
  for (let request = 0; request < count; request++) seen.push((await get(path)).status);
  return seen;
};

describe('which request a rule strikes', () => {
  test('the first matching rule wins', async () => {
    await strike({ do: 'status', status: 500, times: 1 }, { do: 'status', status: 502, times: 1 });
    expect(await statuses(3)).toEqual([500, 502, 200]);
  });

  test('route, tenant, index and number of filters narrow it', async () => {
    await strike(
      { do: 'status', status: 501, match: { route: 'indexes' } },
      { do: 'status', status: 502, match: { tenant: 'acme-sb-12345' } },
      { do: 'status', status: 503, match: { index: 'idx-shoppers', route: 'profiles' } },
      { do: 'status', status: 504, match: { filters: 2 } },
    );
    expect((await get('/indexes')).status).toBe(501);
    expect((await get(LIST, SANDBOX_HEADERS)).status).toBe(502);
    expect((await get('/indexes/idx-shoppers/profiles')).status).toBe(503);
    expect((await get('/indexes/idx-shoppers')).status).toBe(200);
    expect((await get(`${LIST}?filter[city]=Berlin`)).status).toBe(200);
    expect((await get(`${LIST}?filter[city]=Berlin&filter[first_name]=Anna`)).status).toBe(504);
    await simulator().clearFaults();
  });

  test('nth counts the requests that match the rest', async () => {
    await strike({ do: 'status', status: 500, match: { route: 'profiles', nth: 3 } });
    await get('/indexes');
    expect(await statuses(5)).toEqual([200, 200, 500, 200, 200]);
  });

  test('times bounds how often it fires, and appended rules do not reset the count', async () => {
    await strike({ do: 'status', status: 500, times: 2 });
    expect(await statuses(1)).toEqual([500]);
    await strike({ do: 'status', status: 502, times: 1 });
    expect(await statuses(3)).toEqual([500, 502, 200]);
  });

  test('p strikes a share of them, the same ones after a reset', async () => {
    await strike({ do: 'status', status: 500, p: 0.3 });
    const first = await statuses(60);
    const hits = first.filter((status) => status === 500).length;
    expect(hits).toBeGreaterThan(6);
    expect(hits).toBeLessThan(32);
    await simulator().reset();
    expect(await statuses(60)).toEqual(first);
  });

  test('the token route can be struck', async () => {
    await strike({ do: 'status', status: 503, match: { route: 'token' } });
    const reply = await call(simulator().dataUrl, '/v0/oauth2/token', {
      method: 'POST',
      headers: { 'x-amperity-tenant': 'acme', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials&client_id=sim-client&client_secret=sim-secret',
    });
    expect(reply.status).toBe(503);
  });

  test('at the answer a fault comes behind every check, at arrival before them', async () => {
    await simulator().knobs({ 'rate.kind': 'sliding', 'rate.limit': 1, 'rate.window_ms': 60_000 });
    await strike({ do: 'status', status: 500, at: 'answer' });
    expect((await get('/nowhere')).status).toBe(404);
    expect((await get(LIST, { authorization: undefined })).status).toBe(401);
    expect(await statuses(2)).toEqual([500, 429]);
    await simulator().clearFaults();
    await strike({ do: 'status', status: 502, at: 'arrival' });
    expect((await get('/nowhere')).status).toBe(502);
    expect((await get(LIST, { authorization: undefined })).status).toBe(502);
    expect(await statuses(2)).toEqual([502, 502]);
    await simulator().restoreKnobs();
  });

  test('every kind also strikes at arrival', async () => {
    const rules: FaultRule[] = [
      { do: 'malformed', data: 'null' },
      { do: 'hang', ms: 1 },
      { do: 'drip', bytes: 5, every_ms: 1 },
      { do: 'redirect' },
      { do: 'huge', bytes: 1000 },
      { do: 'bomb', bytes: 1000 },
      { do: 'bad_encoding' },
    ];
    await strike(...rules.map((rule): FaultRule => ({ ...rule, at: 'arrival', times: 1 })));
    expect(await statuses(rules.length + 1)).toEqual([200, 200, 200, 302, 200, 200, 200, 200]);
    await strike(
      ...(['reset', 'truncate', 'close'] as const).map(
        (kind): FaultRule => ({ do: kind, at: 'arrival', times: 1 }),
      ),
    );
    for (let kind = 0; kind < 3; kind++) await expect(get()).rejects.toThrow(/aborted|ECONNRESET|hang up/);
  });

  test('the hostile preset leaves the process healthy', async () => {
    const hostile = await spawnSimulator({ preset: 'hostile', 'latency.preset': 'off', 'rate.kind': 'off' });
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, async () => {
        const signal = pass(2500).then(() => 'late');
        return Promise.race([
          signal,
          call(hostile.dataUrl, LIST).then(
            ({ status }) => status,
            () => 'broken',
          ),
        ]);
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 200).length).toBeGreaterThan(300);
    expect(new Set((await hostile.journal()).map(({ fault }) => fault)).size).toBeGreaterThan(6);
    await hostile.clearFaults();
    expect((await call(hostile.dataUrl, LIST)).status).toBe(200);
    expect(await hostile.stop()).toBe(0);
  });
});
