import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { json, type Reply } from '../support/http-get.ts';
import { cold, Fleet } from './fleet.ts';

let fleet: Fleet;
afterEach(() => fleet?.stop());

test('a page that one replica has fetched is a hit on the others', async () => {
  fleet = await Fleet.start();
  const path = cold('shared');
  const first = await fleet.get(path, 0);
  const others = [await fleet.get(path, 1), await fleet.get(path, 2)];
  expect(first.headers['cache-status']).toContain('stored');
  for (const other of others) {
    expect([other.status, String(other.body)]).toEqual([200, String(first.body)]);
    expect(other.headers['cache-status']).toMatch(/; hit; ttl=/);
    expect(other.headers.etag).toBe(first.headers.etag);
  }
  expect((await fleet.calls()).count).toBe(1);
});

describe('a thousand equal questions on three replicas at once', () => {
  const crowd = (path: string, size = 1000) =>
    Promise.all(Array.from({ length: size }, (_, turn) => fleet.get(path, turn)));

  test.each([
    ['an origin that takes 300 ms', 300],
    ['an origin that takes 6 s', 6000],
  ])(
    '%s: one call',
    async (_origin, ms) => {
      fleet = await Fleet.start({ knobs: { 'latency.table': { 0: [ms, ms], 1: [ms, ms] } } });
      const replies = await crowd(cold(randomUUID()));
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(replies.map(({ body }) => String(body))).size).toBe(1);
      expect((await fleet.calls()).count).toBe(1);
      // Wherever it was flown, it was for one of them.
      const misses = replies.filter(({ headers }) => /; stored$/.test(String(headers['cache-status'])));
      expect(misses).toHaveLength(1);
    },
    60_000,
  );

  test('an origin that answers 503: one call and its retries, and one failure for all', async () => {
    fleet = await Fleet.start();
    await fleet.simulator.faults([{ do: 'status', status: 503 }]);
    const replies = await crowd(cold(randomUUID()));
    expect(new Set(replies.map((reply) => `${reply.status} ${json(reply).code}`))).toEqual(
      new Set(['502 upstream_error']),
    );
    expect((await fleet.calls()).count).toBeLessThanOrEqual(3);
  }, 60_000);

  test('the first caller hangs up: one call', async () => {
    fleet = await Fleet.start({ knobs: { 'latency.table': { 0: [1500, 1500], 1: [1500, 1500] } } });
    const path = cold(randomUUID());
    const first = fleet.get(path, 0, { signal: AbortSignal.timeout(500) }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const others = crowd(path, 999);
    await first;
    expect(new Set((await others).map(({ status }) => status))).toEqual(new Set([200]));
    expect((await fleet.calls()).count).toBe(1);
  }, 60_000);
});

test('a page that may not be stored, or not for long, reaches the callers of every replica by one call', async () => {
  fleet = await Fleet.start({
    knobs: {
      'headers.extra': { 'cache-control': 'no-store' },
      'latency.table': { 0: [500, 500], 1: [500, 500] },
    },
  });
  for (const [calls, header] of ['no-store', 'max-age=0', 'no-store'].entries()) {
    await fleet.simulator.knobs({ 'headers.extra': { 'cache-control': header } });
    const path = `${cold(`${header}-${calls}`)}&with_total=true`;
    const replies = await Promise.all([0, 1, 2, 3, 4, 5].map((turn) => fleet.get(path, turn)));
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    expect(new Set(replies.map(({ body }) => String(body))).size).toBe(1);
    expect(json(replies[0] as Reply)).toHaveProperty('total');
    expect((await fleet.calls()).count).toBe(calls + 1);
  }
}, 30_000);

test('while Amperity fails, retries are rationed for the fleet, not for each replica', async () => {
  fleet = await Fleet.start();
  await fleet.simulator.faults([{ do: 'status', status: 503 }]);
  const calls: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const before = (await fleet.calls()).count;
    expect((await fleet.get(cold(`fails-${turn}`), turn)).status).toBe(502);
    calls.push((await fleet.calls()).count - before);
  }
  // The fifth failure takes the last token that may be spent; ten failures would stop all calls.
  expect(calls).toEqual([3, 2, 1, 1, 1, 1]);
}, 30_000);

test('of a flight that its replica dies with, the callers of the others are answered', async () => {
  fleet = await Fleet.start({ knobs: { 'latency.table': { 0: [2000, 2000], 1: [2000, 2000] } } });
  const path = cold('dies');
  const lost = fleet.get(path, 0).catch(() => undefined);
  while ((await fleet.simulator.summary()).requests === 0) await new Promise(setImmediate);
  const others = Promise.all([1, 2].map((turn) => fleet.get(path, turn)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  fleet.gateways[0]?.child.kill('SIGKILL');
  await lost;
  expect((await others).map(({ status }) => status)).toEqual([200, 200]);
  expect((await fleet.calls()).count).toBeLessThanOrEqual(2);
}, 60_000);

test('a call of a replica that is told to end is left to the others at once, not when it is taken for lost', async () => {
  const name = `left-${process.pid}`;
  fleet = await Fleet.start({
    replicas: 2,
    settings: { name, drain: { delayMs: 0 } },
    knobs: { 'latency.table': { 0: [20_000, 20_000], 1: [20_000, 20_000] } },
  });
  const claims = async () =>
    (await fleet.redis.cli(['hkeys', `agw:{${name}}:q:1:claims`])).trim().split('\n');
  const path = cold('left');
  const gone = new AbortController();
  const first = fleet.get(path, 0, { signal: gone.signal }).catch(() => undefined);
  while ((await fleet.simulator.summary()).requests === 0) await new Promise(setImmediate);
  const other = fleet.get(path, 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  gone.abort();
  await first;
  await fleet.simulator.knobs({ 'latency.table': { 0: [1, 1], 1: [1, 1] } });
  const [claim] = await claims();
  expect(claim).toMatch(/^[\da-f-]{36}$/);
  expect(await fleet.gateways[0]?.stop('SIGTERM')).toBe(0);
  expect(await claims()).not.toContain(claim);
  expect((await other).status).toBe(200);
  expect((await fleet.calls()).count).toBe(2);
}, 60_000);
