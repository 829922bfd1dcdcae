import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AccessLog } from '../../../src/http/access-log.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { Metrics } from '../../../src/shared/metrics.ts';

/** More than the system takes for a reader that does not read. */
const LARGE = Buffer.alloc(30_000_000, 'x');

const lines: { status: number; code?: string }[] = [];
const log = new AccessLog({
  log: { isLevelEnabled: () => true },
  lines: { writeSoon: (line) => void lines.push(JSON.parse(line)) },
  metrics: new Metrics([]),
  recorder: { ended: () => {}, problem: () => {} },
  clock: systemClock,
});
/** `/followed` and `/given`, as the log is told of the answer; both `large` or not, and `late`: when its caller has gone. */
const server = http.createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://x');
  const context = log.begun();
  const end = () => {
    res.end(searchParams.has('large') ? LARGE : 'x');
    if (pathname === '/given') log.given(res, context);
  };
  if (pathname === '/followed') log.follow(res, context);
  if (searchParams.has('late')) req.socket.once('close', () => setImmediate(end));
  else end();
});

beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => void server.close());

/** Asks and, once the answer has begun or at once, goes. */
async function left(path: string, when: 'connect' | 'data'): Promise<unknown> {
  lines.length = 0;
  const { port } = server.address() as AddressInfo;
  const socket = net.connect(port, '127.0.0.1');
  socket.on('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`));
  await once(socket, when);
  socket.pause();
  // What was written to the connection is sent before its end.
  await new Promise<void>((resolve) => socket.end(() => resolve()));
  socket.destroy();
  while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return [lines.length, lines[0]?.status, lines[0]?.code];
}

test.each(['/followed', '/given'])('an answer of %s that has been sent has its status', async (path) => {
  expect(await left(path, 'data')).toEqual([1, 200, undefined]);
});

test.each(['/followed?large', '/given?large', '/followed?late', '/given?late'])(
  'an answer of %s that its caller did not wait for is told as 499',
  async (path) => {
    const when = path.endsWith('large') ? 'data' : 'connect';
    expect(await left(path, when)).toEqual([1, 499, 'client_closed']);
  },
);

test('of answers from the cache one in so many has a line, of others each, and all are counted', async () => {
  const metrics = new Metrics([]);
  const written: string[] = [];
  const sampled = new AccessLog({
    log: { isLevelEnabled: () => true },
    lines: { writeSoon: (line) => void written.push(JSON.parse(line).cache) },
    metrics,
    recorder: { ended: () => {}, problem: () => {} },
    clock: systemClock,
    hitsOneIn: 10,
  });
  const kinds = ['hit', 'stale', 'miss', 'hit'] as const;
  const answering = http.createServer((req, res) => {
    const context = sampled.begun();
    context.cache = kinds[Number(req.url?.slice(1)) % kinds.length] ?? 'none';
    if (req.url === '/3') res.statusCode = 404;
    sampled.follow(res, context);
    res.end();
  });
  await once(answering.listen(0, '127.0.0.1'), 'listening');
  const { port } = answering.address() as AddressInfo;
  for (let number = 0; number < 60; number += 1) await fetch(`http://127.0.0.1:${port}/${number}`);
  answering.close();
  const count = (kind: string) => written.filter((cache) => cache === kind).length;
  // 44 of 45 that are answers from the cache, and one that says that there is none.
  expect(count('miss')).toBe(15);
  expect(count('hit') + count('stale')).toBe(5 + 1);
  const counted = await metrics.registry.metrics();
  const numbers = [...counted.matchAll(/^gateway_requests_total\{.*\} (\d+)$/gm)].map(([, value]) =>
    Number(value),
  );
  expect(numbers.reduce((sum, value) => sum + value, 0)).toBe(60);
});
