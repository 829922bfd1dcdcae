import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { call } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const LIST = '/indexes/idx-loyalty/profiles';
const simulator = useSimulator();
const get = (path = LIST, headers = {}) => call(simulator().dataUrl, path, { headers });

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(simulator().dataUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

describe('the connection', () => {
  test('is closed by the server when idle for http.keepalive_ms', async () => {
    await simulator().knobs({ 'http.keepalive_ms': 100 });
    const socket = await open();
    socket.write('GET /api/indexes HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    const began = performance.now();
    await once(socket.resume(), 'end');
    const idleMs = performance.now() - began;
    socket.destroy();
    expect(idleMs).toBeGreaterThan(50);
    expect(idleMs).toBeLessThan(3000);
  });

  test('is refused while listen is off, also one that was open, and accepted on the same port afterwards', async () => {
    await simulator().knobs({ listen: 'on' });
    const socket = await open();
    const closed = once(
      socket.resume().on('error', () => undefined),
      'close',
    );
    await simulator().knobs({ listen: 'off' });
    await closed;
    await expect(get()).rejects.toThrow('ECONNREFUSED');
    await simulator().knobs({ listen: 'on' });
    expect((await get()).status).toBe(200);
  });
});

describe('the encoding', () => {
  const encodingFor = async (accepted: string | undefined) =>
    (await get(LIST, { 'accept-encoding': accepted })).headers['content-encoding'];

  test('is gzip where accepted, never, or always', async () => {
    const plain = await get();
    await simulator().knobs({ 'http.encoding': 'accepted' });
    const zipped = await get(LIST, { 'accept-encoding': 'br;q=1, gzip;q=0.5' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    expect([await encodingFor(undefined), await encodingFor('br'), await encodingFor('gzip;q=0')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await simulator().knobs({ 'http.encoding': 'off' });
    expect(await encodingFor('gzip')).toBeUndefined();
    await simulator().knobs({ 'http.encoding': 'gzip' });
    expect(await encodingFor(undefined)).toBe('gzip');
    expect(gunzipSync((await get(`${LIST}?limit=1000`)).body).length).toBeGreaterThan(300_000);
  });
});

describe('the headers', () => {
  test('carry what the knobs add, on errors too', async () => {
    expect((await get()).headers).not.toHaveProperty('deprecation');
    await simulator().knobs({
      'headers.deprecation': '@1788220800',
      'headers.sunset': 'Sat, 31 Jul 2027 00:00:00 GMT',
      'headers.extra': { 'Set-Cookie': ['a=1', 'b=2'], ETag: '"abc"' },
    });
    for (const path of [LIST, '/nowhere']) {
      expect((await get(path)).headers).toMatchObject({
        deprecation: '@1788220800',
        sunset: 'Sat, 31 Jul 2027 00:00:00 GMT',
        'set-cookie': ['a=1', 'b=2'],
        etag: '"abc"',
      });
    }
    await simulator().knobs({ 'headers.deprecation': null, 'headers.sunset': null, 'headers.extra': {} });
    expect((await get()).headers).not.toHaveProperty('sunset');
  });
});

describe('capacity.concurrent', () => {
  test('queues the excess, first come first served', async () => {
    await simulator().knobs({ 'capacity.concurrent': 2, 'latency.table': { 0: [80, 80] } });
    await Promise.all(Array.from({ length: 6 }, () => get()));
    const lasted = (await simulator().journal()).map(({ t_ms, done_ms }) => (done_ms ?? 0) - t_ms);
    for (const [place, ms] of lasted.entries()) {
      expect(ms).toBeGreaterThanOrEqual(80 * (1 + Math.floor(place / 2)) - 2);
    }
  });

  test('gives the place of a caller who left to the next one', async () => {
    await simulator().knobs({ 'capacity.concurrent': 1, 'latency.table': { 0: [60_000, 60_000] } });
    const socket = await open();
    const head =
      'Host: a\r\namperity-tenant: acme\r\napi-version: 2025-07-31\r\nAuthorization: Bearer sim-token\r\n\r\n';
    socket.write(`GET /api/indexes HTTP/1.1\r\n${head}`.repeat(3));
    while ((await simulator().summary()).max_in_flight < 3) await pass(5);
    await simulator().knobs({ 'latency.table': null });
    const next = get('/indexes');
    while ((await simulator().summary()).max_in_flight < 4) await pass(5);
    socket.destroy();
    expect((await next).status).toBe(200);
  });
});

test('latency delays the answer, and a total multiplies it', async () => {
  await simulator().knobs({ 'latency.table': { 0: [100, 100] }, 'latency.total_factor': 3 });
  await get();
  await get(`${LIST}?with_total=true`);
  const [plain = 0, total = 0] = (await simulator().journal()).map(
    ({ t_ms, done_ms }) => (done_ms ?? 0) - t_ms,
  );
  expect(plain).toBeGreaterThanOrEqual(99);
  expect(total).toBeGreaterThanOrEqual(299);
  expect(plain).toBeLessThan(299);
});
