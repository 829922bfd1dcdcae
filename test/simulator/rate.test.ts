import { setTimeout as pass } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { call, type Reply, SANDBOX_HEADERS } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const LIST = '/indexes/idx-loyalty/profiles?limit=1';
const simulator = useSimulator({ 'rate.kind': 'sliding' });

const get = (path = LIST, headers = {}) => call(simulator().dataUrl, path, { headers });
const burst = (count: number, path = LIST, headers = {}) =>
  Promise.all(Array.from({ length: count }, () => get(path, headers)));
const served = (replies: readonly Reply[]) => replies.filter(({ status }) => status === 200).length;

/** A window so long that a burst on a busy machine stays within it. */
const LONG = { 'rate.window_ms': 60_000 };

async function limited(knobs: Record<string, unknown>): Promise<Reply> {
  await simulator().knobs({ ...LONG, 'rate.limit': 1, ...knobs });
  await get();
  const reply = await get();
  expect(reply.status).toBe(429);
  return reply;
}

describe('a burst', () => {
  test('of 40 is served exactly 10 times with a sliding window, and the journal shows all 40', async () => {
    await simulator().knobs({ ...LONG, 'rate.kind': 'sliding' });
    expect(served(await burst(40))).toBe(10);
    const entries = await simulator().journal();
    expect(entries.filter(({ limited }) => !limited).map(({ seq }) => seq)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect((await simulator().summary()).limited).toBe(30);
  });

  test('is served as often as rate.limit says, or not limited at all', async () => {
    await simulator().knobs({ ...LONG, 'rate.limit': 17 });
    expect(served(await burst(40))).toBe(17);
    await simulator().knobs({ 'rate.kind': 'off' });
    expect(served(await burst(40))).toBe(40);
  });

  test('is served exactly the limit in each fixed window', async () => {
    await simulator().knobs({ 'rate.kind': 'fixed', 'rate.window_ms': 86_400_000, 'rate.limit': 10 });
    expect(served(await burst(40))).toBe(10);
    await simulator().knobs({ 'rate.window_ms': 200 });
    await pass(250);
    expect(served(await burst(5))).toBe(5);
  });

  test('is served exactly rate.burst times from a full bucket, which is rate.limit unless set', async () => {
    await simulator().knobs({ ...LONG, 'rate.kind': 'bucket', 'rate.burst': 4 });
    expect(served(await burst(20))).toBe(4);
    await simulator().reset();
    await simulator().knobs({ 'rate.burst': null });
    expect(served(await burst(20))).toBe(10);
  });

  test('is served again when the window has passed', async () => {
    await simulator().knobs({ 'rate.window_ms': 300, 'rate.limit': 3 });
    expect(served(await burst(6))).toBe(3);
    await pass(320);
    expect(served(await burst(6))).toBe(3);
  });
});

describe('whose budget it is', () => {
  const exhaust = async () => expect(served(await burst(12))).toBe(10);

  test('family: a sandbox draws on the same', async () => {
    await simulator().knobs({ ...LONG, 'rate.scope': 'family' });
    await exhaust();
    expect((await get(LIST, SANDBOX_HEADERS)).status).toBe(429);
    expect((await get('/indexes')).status).toBe(429);
  });

  test('tenant: a sandbox has its own', async () => {
    await simulator().knobs({ ...LONG, 'rate.scope': 'tenant' });
    await exhaust();
    expect(served(await burst(12, LIST, SANDBOX_HEADERS))).toBe(10);
    expect((await get('/indexes')).status).toBe(429);
  });

  test('endpoint: every route has its own', async () => {
    await simulator().knobs({ ...LONG, 'rate.scope': 'endpoint' });
    await exhaust();
    expect(served(await burst(12, '/indexes'))).toBe(10);
    expect((await get(LIST, SANDBOX_HEADERS)).status).toBe(429);
  });

  test('what fails an earlier check uses none of it', async () => {
    await simulator().knobs({ ...LONG, 'rate.limit': 1, 'rate.position': 'last' });
    expect((await get('/indexes/idx-loyalty/profiles?limit=0')).status).toBe(400);
    expect((await get('/indexes/idx-none')).status).toBe(404);
    expect((await get()).status).toBe(200);
  });

  test('the token route lies outside', async () => {
    await simulator().knobs({ ...LONG, 'rate.limit': 1 });
    const tokens = [1, 2, 3].map(() =>
      call(simulator().dataUrl, '/v0/oauth2/token', {
        method: 'POST',
        headers: { 'x-amperity-tenant': 'acme', 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials&client_id=sim-client&client_secret=sim-secret',
      }),
    );
    expect(served(await Promise.all(tokens))).toBe(3);
    expect((await get()).status).toBe(200);
  });

  test('a refused request uses budget only where rate.count_rejected is true', async () => {
    const third = async (knobs: Record<string, unknown>) => {
      await simulator().reset();
      await simulator().knobs({ 'rate.limit': 1, 'rate.window_ms': 1000, ...knobs });
      const seen = [(await get()).status];
      for (let round = 0; round < 2; round++) {
        // The second request falls into the window of the first, the third only into that of the second.
        await pass(600);
        seen.push((await get()).status);
      }
      return seen;
    };
    expect(await third({ 'rate.count_rejected': true })).toEqual([200, 429, 429]);
    expect(await third({ 'rate.count_rejected': false })).toEqual([200, 429, 200]);
  });

  test('rate.foreign_rps uses it up from outside', async () => {
    await simulator().knobs({ 'rate.limit': 10, 'rate.window_ms': 1000, 'rate.foreign_rps': 100 });
    await get();
    await pass(300);
    expect(served(await burst(5))).toBe(0);
    await simulator().reset();
    await simulator().knobs({ 'rate.foreign_rps': 0 });
    await get();
    await pass(300);
    expect(served(await burst(5))).toBe(5);
  });
});

describe('the 429', () => {
  test('says when to come back as rate.retry_after says', async () => {
    expect((await limited({ 'rate.retry_after': 'none' })).headers['retry-after']).toBeUndefined();
    expect((await limited({ 'rate.retry_after': 'seconds' })).headers['retry-after']).toBe('1');
    expect((await limited({ 'rate.retry_after_s': 7 })).headers['retry-after']).toBe('7');
    const date = (await limited({ 'rate.retry_after': 'date' })).headers['retry-after'] ?? '';
    expect(new Date(date).toUTCString()).toBe(date);
    const garbage = (await limited({ 'rate.retry_after': 'garbage' })).headers['retry-after'] ?? '';
    expect([Number.isNaN(Number(garbage)), Number.isNaN(Date.parse(garbage))]).toEqual([true, true]);
  });

  test('has the body rate.body says', async () => {
    const json = await limited({ 'rate.body': 'json' });
    expect(json.json<{ status: number }>().status).toBe(429);
    const empty = await limited({ 'rate.body': 'empty' });
    expect([empty.text, empty.headers['content-type']]).toEqual(['', undefined]);
    const text = await limited({ 'rate.body': 'text' });
    expect([text.text, text.headers['content-type']]).toEqual(['429 Too Many Requests\n', 'text/plain']);
    const html = await limited({ 'rate.body': 'html' });
    expect(html.headers['content-type']).toMatch('text/html');
    expect(html.text).toMatch('<h1>429');
  });
});
