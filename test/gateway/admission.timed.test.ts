import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { eventually } from '../support/eventually.ts';
import { json } from '../support/http-get.ts';
import { FLOOD, type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let gateway: GatewayHandle;

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test' });
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.restoreKnobs();
  await simulator.reset();
});
afterEach(async () => {
  await gateway.stop();
});

const cold = (name: string) => `/api/indexes/idx-loyalty/profiles?limit=1&filter%5Bcity%5D=nowhere-${name}`;
const flood = (calls: number, team?: string) =>
  Array.from({ length: calls }, (_, call) =>
    gateway.get(cold(`${team}-${call}`), team === undefined ? {} : { team }),
  );
const waitMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a caller in a hurry', () => {
  test('is told at once when to come back if Prefer: wait is shorter than the queue', async () => {
    gateway = await spawnGateway(simulator.dataUrl, { settings: FLOOD });
    const flooding = flood(60);
    await waitMs(300);
    const before = (await simulator.summary()).requests;
    const reply = await gateway.get(cold('hurry'), { headers: { prefer: 'wait=1' } });
    expect(reply.status).toBe(429);
    expect(reply.tookMs).toBeLessThan(300);
    expect(json(reply)).toMatchObject({ code: 'shared_budget', 'violated-policies': ['upstream'] });
    // Fifty flights go first, five seconds; a wait of one is granted of them.
    const told = Number(reply.headers['retry-after']);
    expect(told).toBeGreaterThanOrEqual(3);
    expect(told).toBeLessThanOrEqual(6);
    expect((await simulator.summary()).requests - before).toBeLessThanOrEqual(1);
    await Promise.all(flooding);
    expect((await simulator.journal()).some(({ target }) => target.includes('hurry'))).toBe(false);
  }, 20_000);

  test('who will not wait at all is served while there is a permit to be had', async () => {
    gateway = await spawnGateway(simulator.dataUrl);
    for (const name of ['now', 'at-once', 'undelayed']) {
      const reply = await gateway.get(cold(name), { headers: { prefer: 'wait=0' } });
      expect([reply.status, reply.headers['cache-status']]).toEqual([
        200,
        expect.stringContaining('fwd=uri-miss'),
      ]);
    }
  });

  test('cannot wait for longer than the queue lets anybody', async () => {
    const settings = { queue: { perTeam: 100, maxWaitMs: 1000 } };
    gateway = await spawnGateway(simulator.dataUrl, { settings });
    // Six seconds of calls, however they are spread on their way: a second of them can be granted.
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, call) =>
        gateway.get(cold(`patient-${call}`), { headers: { prefer: 'wait=3600' } }),
      ),
    );
    const statuses = replies.map(({ status }) => status);
    // Most are refused at once; who was let in for its last tenths may see them end (504).
    expect(statuses.filter((status) => ![200, 429, 504].includes(status))).toEqual([]);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(15);
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(40);
    for (const { headers } of replies) expect(Number(headers['x-budget-wait-ms'] ?? 0)).toBeLessThan(2000);
  });

  test('gets an old page rather than nothing, and the page is refreshed behind', async () => {
    const cache = { freshMs: 100, staleMs: 100, staleIfErrorMs: 60_000 };
    gateway = await spawnGateway(simulator.dataUrl, { settings: { ...FLOOD, cache } });
    await gateway.get(cold('seen'));
    await waitMs(400);
    const flooding = flood(40);
    await waitMs(300);
    const reply = await gateway.get(cold('seen'), { headers: { prefer: 'wait=1' } });
    expect(reply.status).toBe(200);
    expect(reply.headers['cache-status']).toMatch(
      /^amperity-gateway; hit; ttl=-\d+; detail=stale-if-over-budget$/,
    );
    await Promise.all(flooding);
    await eventually(
      'a refresh, once permits are free that no caller needs',
      async () => (await simulator.journal()).filter(({ target }) => target.includes('seen')).length === 2,
    );
  }, 20_000);
});

describe('the RateLimit fields', () => {
  test('tell each team its share by weight, and what is left of it', async () => {
    gateway = await spawnGateway(simulator.dataUrl, { teams: { web: { weight: 3 }, batch: { weight: 1 } } });
    const [web, batch] = [
      await gateway.get(cold('a'), { team: 'web' }),
      await gateway.get(cold('b'), { team: 'batch' }),
    ];
    expect(web.headers['ratelimit-policy']).toBe('"team";q=7;w=1, "upstream";q=10;w=1');
    expect(web.headers.ratelimit).toBe('"team";r=6;t=1');
    expect(batch.headers['ratelimit-policy']).toBe('"team";q=2;w=1, "upstream";q=10;w=1');
    expect(batch.headers.ratelimit).toBe('"team";r=1;t=1');
    // A hit costs nothing.
    const hit = await gateway.get(cold('a'), { team: 'web' });
    expect(hit.headers['cache-status']).toContain('hit');
    expect(hit.headers.ratelimit).toBe('"team";r=6;t=1');
  });

  test('can be turned off', async () => {
    gateway = await spawnGateway(simulator.dataUrl, { settings: { http: { rateLimitHeaders: false } } });
    expect((await gateway.get(cold('off'))).headers).not.toHaveProperty('ratelimit');
  });
});

test('the status has an account for each team that agrees with the journal', async () => {
  gateway = await spawnGateway(simulator.dataUrl, { teams: { web: {}, batch: {} } });
  await gateway.get(cold('x'), { team: 'web' });
  await gateway.get(cold('x'), { team: 'batch' });
  await Promise.all([gateway.get(cold('y'), { team: 'web' }), gateway.get(cold('y'), { team: 'web' })]);
  const { teams } = json(await gateway.admin('/status'));
  expect(teams).toMatchObject({
    web: { spent: { caller: 2, refresh: 0, idle: 0 }, savedByCache: 0, savedBySharing: 1, refused: 0 },
    batch: { spent: { caller: 0, refresh: 0, idle: 0 }, savedByCache: 1, savedBySharing: 0, refused: 0 },
  });
  expect((await simulator.summary()).requests).toBe(2);
});

describe('an allowance that turns out smaller', () => {
  test('is found and kept near, and left again when it grows; nobody is lost', async () => {
    gateway = await spawnGateway(simulator.dataUrl, { settings: FLOOD });
    await simulator.knobs({ 'rate.limit': 6 });
    const flooding = flood(120);
    await waitMs(12_000);
    const cutAt = (await simulator.journal()).at(-1)?.t_ms ?? 0;
    const steady = (await simulator.journal()).filter(({ t_ms, limited }) => t_ms > cutAt - 6000 && !limited);
    expect(steady.length / 6).toBeGreaterThanOrEqual(4);
    expect((await simulator.summary()).max_in_1s.profile?.acme?.value).toBeLessThanOrEqual(10);
    await simulator.knobs({ 'rate.limit': 10 });
    const replies = await Promise.all(flooding);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    const { limited } = await simulator.summary();
    // Each refusal is one event that costs a second; a storm would be hundreds.
    expect(limited).toBeLessThanOrEqual(20);
  }, 60_000);
});
