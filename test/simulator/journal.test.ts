import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { JournalEntry } from '../../simulator/client.ts';
import { call, SANDBOX_HEADERS } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const LIST = '/indexes/idx-loyalty/profiles';
const simulator = useSimulator();
const get = (path: string, headers = {}) => call(simulator().dataUrl, path, { headers });

/** Sends bytes as they are and resolves with what came back until the end. */
async function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(simulator().dataUrl);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

async function finished(count: number): Promise<JournalEntry[]> {
  for (;;) {
    const entries = await simulator().journal();
    if (entries.length >= count && entries.every(({ done_ms }) => done_ms !== null)) return entries;
    await pass(5);
  }
}

describe('an entry', () => {
  test('tells everything about a request, in the documented order, and never a token', async () => {
    await get(`${LIST}?limit=3&filter[city]=Berlin&with_total=true&next_token=x`, {
      'User-Agent': 'tester/1',
    });
    const [entry] = await finished(1);
    expect(Object.keys(entry ?? {}).join()).toBe(
      'seq,t_ms,at,family,route,target,tenant,index,filters,cursor,with_total,limited,status,fault,in_flight,' +
        'done_ms,bytes,aborted,token,conn,remote,user_agent,header_names',
    );
    expect(entry).toMatchObject({
      seq: 1,
      family: 'profile',
      route: 'GET /indexes/{id}/profiles',
      target: `/api${LIST}?limit=3&filter[city]=Berlin&with_total=true&next_token=x`,
      tenant: 'acme',
      index: 'idx-loyalty',
      filters: 1,
      cursor: true,
      with_total: true,
      limited: false,
      status: 400,
      fault: null,
      in_flight: 1,
      aborted: false,
      token: 'tok-1',
      user_agent: 'tester/1',
      header_names: [
        'amperity-tenant',
        'api-version',
        'authorization',
        'accept',
        'user-agent',
        'host',
        'connection',
      ],
    });
    expect(entry?.remote).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(new Date(entry?.at ?? '').toISOString()).toBe(entry?.at);
    expect(entry?.done_ms).toBeGreaterThan(entry?.t_ms ?? Infinity);
    expect(JSON.stringify(entry)).not.toContain('sim-token');
  });

  test('counts the bytes of the body', async () => {
    const { body } = await get(LIST);
    expect((await finished(1))[0]?.bytes).toBe(body.length);
  });

  test('exists for every request, whatever became of it', async () => {
    await simulator().knobs({ 'rate.kind': 'sliding', 'rate.limit': 1, 'rate.window_ms': 60_000 });
    await get(LIST);
    await get(LIST);
    await get('/nowhere');
    await call(simulator().dataUrl, LIST, { method: 'POST', body: 'x' });
    await call(simulator().dataUrl, '/v0/oauth2/token', { method: 'POST' });
    await call(simulator().dataUrl, LIST, { headers: { expect: 'nonsense' } });
    expect(await raw('GET /api/indexes HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch('HTTP/1.1 401');
    expect(await raw('NONSENSE\r\n\r\n')).toMatch('HTTP/1.1 400');
    expect(await raw('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch('HTTP/1.1 400');
    const long = `GET /api/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    expect(await raw(long)).toMatch('HTTP/1.1 431');
    const entries = await finished(10);
    expect(entries.map(({ family, status }) => `${family} ${status}`)).toEqual([
      'profile 200',
      'profile 429',
      'other 404',
      'profile 405',
      'token 400',
      'profile 429',
      'profile 401',
      'other 400',
      'other 400',
      'other 431',
    ]);
    expect((await simulator().summary()).by_family).toEqual({ profile: 5, other: 4, token: 1 });
  });

  test('marks a caller who went away, also with requests waiting behind the first on one connection', async () => {
    await simulator().knobs({ 'latency.table': { 0: [60_000, 60_000] } });
    const { hostname, port } = new URL(simulator().dataUrl);
    const socket = connect(Number(port), hostname);
    const head =
      'Host: a\r\namperity-tenant: acme\r\napi-version: 2025-07-31\r\nAuthorization: Bearer sim-token\r\n\r\n';
    socket.write(`GET /api/indexes HTTP/1.1\r\n${head}`.repeat(2));
    while ((await simulator().summary()).max_in_flight < 2) await pass(5);
    socket.destroy();
    const entries = await finished(2);
    expect(entries.map(({ aborted, status, in_flight }) => [aborted, status, in_flight])).toEqual([
      [true, null, 1],
      [true, null, 2],
    ]);
    expect((await simulator().summary()).by_status).toEqual({ none: 2 });
    await simulator().knobs({ 'latency.table': null });
    await get(LIST);
    expect((await finished(3)).at(-1)?.in_flight).toBe(1);
  });
});

describe('the journal', () => {
  test('is read from a sequence number on, and in parts', async () => {
    for (let request = 0; request < 6; request++) await get('/indexes');
    const numbers = async (range: { since?: number; limit?: number }) =>
      (await simulator().journal(range)).map(({ seq }) => seq);
    expect(await numbers({ since: 2 })).toEqual([3, 4, 5, 6]);
    expect(await numbers({ since: 2, limit: 3 })).toEqual([3, 4, 5]);
    expect(await numbers({ since: 6 })).toEqual([]);
    expect((await call(simulator().controlUrl, '/journal?since=x')).status).toBe(400);
    expect((await call(simulator().controlUrl, '/journal')).headers['content-type']).toBe(
      'application/x-ndjson',
    );
  });

  test('keeps the newest journal.keep entries while counts and maxima stay exact', async () => {
    await simulator().knobs({ 'journal.keep': 5 });
    await Promise.all(Array.from({ length: 30 }, () => get('/indexes')));
    await get('/indexes', SANDBOX_HEADERS);
    const summary = await simulator().summary();
    expect(summary).toMatchObject({ requests: 31, kept: 5, dropped: 26, by_status: { 200: 31 } });
    expect(summary.max_in_1s.profile?.acme?.value).toBe(31);
    expect((await simulator().journal()).map(({ seq }) => seq)).toEqual([27, 28, 29, 30, 31]);
    expect((await simulator().journal({ since: 10, limit: 3 })).map(({ seq }) => seq)).toEqual([27, 28, 29]);
  });

  test('counts the busiest second as its own entries show it', async () => {
    for (let round = 0; round < 4; round++) {
      await Promise.all(Array.from({ length: 5 + round }, () => get('/indexes')));
      // Spreads the arrivals over more than one window.
      await pass(400);
    }
    const times = (await simulator().journal()).map(({ t_ms }) => Math.round(t_ms * 1000));
    const brute = Math.max(
      ...times.map((from) => times.filter((t) => t >= from && t < from + 1_000_000).length),
    );
    const busiest = (await simulator().summary()).max_in_1s.profile?.acme;
    expect(busiest?.value).toBe(brute);
    expect(brute).toBeLessThan(26);
    expect(times[(busiest?.first_seq ?? 0) - 1]).toBe(Math.round((busiest?.from_ms ?? 0) * 1000));
  });

  test('begins anew when deleted, without losing count of what is under way', async () => {
    await simulator().knobs({ 'latency.table': { 0: [150, 150] } });
    const underWay = get('/indexes');
    while ((await simulator().summary()).max_in_flight === 0) await pass(2);
    await simulator().clearJournal();
    expect(await simulator().summary()).toMatchObject({ requests: 0, by_status: {}, max_in_1s: {} });
    await Promise.all([underWay, get('/indexes')]);
    const [entry, ...more] = await finished(1);
    expect([entry?.seq, entry?.in_flight, more.length]).toEqual([1, 2, 0]);
    expect((await simulator().summary()).by_status).toEqual({ 200: 1 });
  });

  test('is not disturbed by the control port, except by its trap', async () => {
    await call(simulator().controlUrl, '/knobs');
    expect((await simulator().summary()).requests).toBe(0);
    await call(simulator().controlUrl, '/trap?x=1');
    await finished(1);
    expect((await simulator().summary()).by_family).toEqual({ trap: 1 });
  });

  test('tells how long the event loop stood still', async () => {
    const { loop_stall_max_ms } = await simulator().summary();
    expect(loop_stall_max_ms).toBeGreaterThanOrEqual(0);
    expect(loop_stall_max_ms).toBeLessThan(1000);
  });
});

describe('the control port', () => {
  test('lists every knob, changes some, and restores all', async () => {
    const knobs = async () => (await call(simulator().controlUrl, '/knobs')).json<Record<string, unknown>>();
    const before = await knobs();
    expect(before).toMatchObject({
      'rate.kind': 'off',
      'latency.preset': 'off',
      'rate.limit': 10,
      faults: [],
    });
    await simulator().knobs({ 'rate.limit': 3, 'page.last': 'null' });
    await simulator().faults([{ do: 'close', match: { route: 'token' } }]);
    expect(await knobs()).toMatchObject({ 'rate.limit': 3, 'page.last': 'null', faults: [{ do: 'close' }] });
    await simulator().clearFaults();
    expect((await knobs()).faults).toEqual([]);
    await simulator().restoreKnobs();
    expect(await knobs()).toEqual(before);
  });

  test.each([
    ['GET', '/nowhere', undefined, 404],
    ['PUT', '/knobs', undefined, 405],
    ['PATCH', '/knobs', '{', 400],
    ['PATCH', '/knobs', '[]', 400],
    ['PATCH', '/knobs', '{"__proto__":1}', 400],
    ['POST', '/faults', '[{"do":"x"}]', 400],
    ['PATCH', '/knobs', `{"x":"${'x'.repeat(1024 * 1024)}"}`, 413],
    ['GET', '//', undefined, 404],
  ])('%s %s with %.20s is %i and leaves it healthy', async (method, path, body, status) => {
    const reply = await call(simulator().controlUrl, path, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    expect([reply.status, reply.json<{ status: number }>().status]).toEqual([status, status]);
    expect((await call(simulator().controlUrl, '/healthz')).status).toBe(200);
  });
});
