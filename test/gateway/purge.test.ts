import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { json, type Reply } from '../support/http-get.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const LOYALTY = '/api/indexes/idx-loyalty/profiles';
const SHOPPERS = '/api/indexes/idx-shoppers/profiles';

const scene = stage({ preset: 'test', 'rate.kind': 'off' });
let gateway: GatewayHandle;

beforeEach(async () => {
  gateway = await scene.start({
    settings: { budget: { rate: 1000 }, upstream: { attempts: 1 }, cache: { prefetch: { enabled: false } } },
    teams: {
      ops: { scopes: ['purge:profile', 'purge:index', 'purge:all'] },
      narrow: { scopes: ['purge:profile'] },
      plain: {},
    },
  });
});

const cacheOf = ({ headers }: Reply): string => String(headers['cache-status']);
const isStored = async (path: string): Promise<boolean> =>
  (await gateway.get(path, { headers: { 'cache-control': 'only-if-cached' } })).status === 200;

describe('a purge', () => {
  test('of an index takes its pages, profiles and totals, and leaves other indexes alone', async () => {
    const paths = [`${LOYALTY}?limit=5&with_total=true`, `${LOYALTY}/m-00001`, `${SHOPPERS}?limit=5`];
    for (const path of paths) await gateway.get(path);
    const reply = await gateway.purge({ index: 'idx-loyalty' });
    // The page, its total, what is known of the cursor it hands out, and the profile.
    expect([reply.status, json(reply)]).toEqual([
      200,
      { purged: true, pages: 4, generation: expect.any(Number), widened: false, redis_followers: 0 },
    ]);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(await Promise.all(paths.map(isStored))).toEqual([false, false, true]);
    await scene.simulator.clearJournal();
    expect(cacheOf(await gateway.get(`${LOYALTY}?limit=5&with_total=true`))).toContain('fwd=uri-miss');
    expect((await scene.simulator.journal()).map(({ with_total }) => with_total)).toEqual([true]);
  });

  test('of a profile takes the pages that hold it, and no others', async () => {
    const first = `${LOYALTY}?limit=5`;
    const token = encodeURIComponent(String(json(await gateway.get(first)).next_token));
    const paths = [first, `${first}&next_token=${token}`, `${LOYALTY}/m-00003`, `${LOYALTY}/m-00004`];
    for (const path of paths) await gateway.get(path);
    const reply = await gateway.purge({ index: 'idx-loyalty', profile: 'm-00003' }, { team: 'narrow' });
    expect([reply.status, json(reply).pages]).toEqual([200, 2]);
    expect(await Promise.all(paths.map(isStored))).toEqual([false, true, false, true]);
  });

  test('of everything leaves nothing', async () => {
    const paths = ['/api/indexes', '/api/indexes/idx-shoppers', `${SHOPPERS}?limit=5`];
    for (const path of paths) await gateway.get(path);
    const reply = await gateway.purge({ all: true });
    expect(reply.status).toBe(200);
    expect(await Promise.all(paths.map(isStored))).toEqual([false, false, false]);
  });

  test('leaves no old copy for when Amperity fails', async () => {
    await gateway.get(`${LOYALTY}?limit=5`);
    await gateway.purge({ index: 'idx-loyalty' });
    await scene.simulator.faults([{ do: 'status', status: 500 }]);
    expect((await gateway.get(`${LOYALTY}?limit=5`)).status).toBe(502);
  });

  test('is not undone by a call under way: whoever waits for it gets what Amperity says after the purge', async () => {
    await scene.simulator.knobs({ 'latency.table': { 0: [600, 600], 1: [600, 600] } });
    const path = `${LOYALTY}?limit=3`;
    const waiting = gateway.get(path);
    await sleep(300);
    await scene.simulator.erase({ tenant: 'acme', index: 'idx-loyalty', id: 'm-00002' });
    await gateway.purge({ index: 'idx-loyalty', profile: 'm-00002' });
    const reply = await waiting;
    expect(String(reply.body)).not.toContain('m-00002');
    expect(String((await gateway.get(path)).body)).not.toContain('m-00002');
    expect((await scene.simulator.summary()).requests).toBe(2);
  });
});

describe('who may not purge, or does not say what, changes nothing:', () => {
  const refusal = async (reply: Promise<Reply>) => {
    const answer = await reply;
    return [answer.status, json(answer).code];
  };
  beforeEach(() => gateway.get(`${LOYALTY}?limit=5`));
  afterEach(async () => {
    expect(await isStored(`${LOYALTY}?limit=5`)).toBe(true);
  });

  test('rights', async () => {
    const everything = { all: true };
    const keyless = gateway.purge(everything, { headers: { 'x-api-key': 'agw_x' } });
    expect(await refusal(keyless)).toEqual([401, 'unauthenticated']);
    for (const team of ['plain', 'narrow']) {
      const reply = await gateway.purge(everything, { team });
      expect([reply.status, json(reply).code]).toEqual([403, 'forbidden_scope']);
      expect(String(json(reply).detail)).toContain('purge:all');
    }
    expect(await refusal(gateway.purge({ index: 'idx-loyalty' }, { team: 'narrow' }))).toEqual([
      403,
      'forbidden_scope',
    ]);
  });

  test.each([
    ['{}', ['index']],
    ['{"index":"a b"}', ['index']],
    ['{"index":7,"profile":7}', ['index', 'profile']],
    ['{"index":"idx-loyalty","profile":".."}', ['profile']],
    ['{"profile":"cAnArY"}', ['index']],
    ['{"all":false}', ['all']],
    ['{"all":true,"index":"idx-loyalty"}', ['all']],
    ['{"index":"idx-loyalty","cAnArY":1}', ['body']],
    ['[]', ['body']],
    ['"idx-loyalty"', ['body']],
    ['{"index":"cAnArY', ['body']],
  ])('%s', async (body, names) => {
    const reply = await gateway.purge(body);
    expect([reply.status, json(reply).code]).toEqual([400, 'invalid_parameter']);
    expect((json(reply).errors as { name: string }[]).map(({ name }) => name)).toEqual(names);
    expect(String(reply.body)).not.toContain('cAnArY');
  });

  test('the form of the request', async () => {
    const text = { headers: { 'content-type': 'text/plain' } };
    expect(await refusal(gateway.purge({ all: true }, text))).toEqual([415, 'invalid_parameter']);
    const coded = { headers: { 'content-encoding': 'gzip' } };
    expect(await refusal(gateway.purge({ all: true }, coded))).toEqual([415, 'invalid_parameter']);
    const large = gateway.purge({ index: 'x'.repeat(20_000) });
    expect(await refusal(large)).toEqual([413, 'invalid_parameter']);
    const got = await gateway.admin('/purge');
    expect([got.status, got.headers.allow]).toEqual([405, 'POST']);
    const onPublicPort = gateway.ask('/purge', { method: 'POST', headers: { 'x-api-key': gateway.key() } });
    expect((await onPublicPort).status).toBe(404);
  });
});
