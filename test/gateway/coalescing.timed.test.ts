import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { json } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let gateway: GatewayHandle;

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test' });
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.restoreKnobs();
  await simulator.clearFaults();
  await simulator.reset();
  gateway = await spawnGateway(simulator.dataUrl);
});
afterEach(async () => {
  await gateway.stop();
});

const PATH = '/api/indexes/idx-loyalty/profiles?limit=25';
const crowd = (size: number) => Promise.all(Array.from({ length: size }, () => gateway.get(PATH)));
const statuses = (replies: readonly { status: number }[]) => new Set(replies.map(({ status }) => status));

describe('1000 equal questions at once', () => {
  test('cost one call, and say how each was answered', async () => {
    const replies = await crowd(1000);
    expect(statuses(replies)).toEqual(new Set([200]));
    expect(new Set(replies.map(({ body }) => String(body))).size).toBe(1);
    expect((await simulator.summary()).requests).toBe(1);
    const made = replies.map(({ headers }) => headers['cache-status']);
    expect(made.filter((status) => status === 'amperity-gateway; fwd=uri-miss; stored')).toHaveLength(1);
    expect(
      made.every((status) => /fwd=uri-miss; (stored|collapsed)$|; hit; ttl=\d+$/.test(String(status))),
    ).toBe(true);
  });

  test('cost one call when Amperity takes 6 seconds', async () => {
    await simulator.knobs({ 'latency.preset': 'off', 'latency.table': { 0: [6000, 6000] } });
    const replies = await crowd(1000);
    expect(statuses(replies)).toEqual(new Set([200]));
    expect((await simulator.summary()).requests).toBe(1);
  }, 20_000);

  test('cost one call and its retries when Amperity answers 503, and all get the same problem', async () => {
    await simulator.faults([{ do: 'status', status: 503 }]);
    const replies = await crowd(1000);
    expect(statuses(replies)).toEqual(new Set([502]));
    for (const reply of replies) {
      expect(json(reply)).toMatchObject({ code: 'upstream_error', status: 502, title: 'Amperity failed' });
      expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    }
    const { requests } = await simulator.summary();
    expect(requests).toBeGreaterThanOrEqual(1);
    expect(requests).toBeLessThanOrEqual(3);
  }, 20_000);

  test('cost one call when the first caller hangs up', async () => {
    await simulator.knobs({ 'latency.table': { 0: [800, 800] } });
    const leaving = new AbortController();
    const first = gateway.get(PATH, { signal: leaving.signal }).catch(() => 'gone');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const others = crowd(1000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    leaving.abort();
    expect(await first).toBe('gone');
    expect(statuses(await others)).toEqual(new Set([200]));
    expect((await simulator.summary()).requests).toBe(1);
  });

  test('cost no second call however the callers meet the end of the flight, 50 times over', async () => {
    for (let round = 0; round < 50; round += 1) {
      const path = `/api/indexes/idx-shoppers/profiles/${encodeURIComponent(`nobody-${round}`)}`;
      // Spread over the few ms in which the flight takes off and lands.
      const replies = await Promise.all(
        Array.from({ length: 50 }, async (_, caller) => {
          await new Promise((resolve) => setTimeout(resolve, caller % 10));
          return gateway.get(path);
        }),
      );
      expect(statuses(replies)).toEqual(new Set([404]));
    }
    expect((await simulator.summary()).requests).toBe(50);
  }, 30_000);
});
