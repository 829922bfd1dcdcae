import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { json } from '../support/http-get.ts';
import { FLOOD, type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let gateway: GatewayHandle;

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test' });
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.reset();
  gateway = await spawnGateway(simulator.dataUrl, { settings: FLOOD });
});
afterEach(async () => {
  await gateway.stop();
});

/** Follows the chain from the first page to the last and returns the ids in order. */
async function walk(query: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  do {
    const reply = await gateway.get(`/api/indexes/idx-loyalty/profiles?${query}${cursor}`);
    expect(reply.status).toBe(200);
    const page = json(reply) as { data: { id: string }[]; next_token?: string };
    ids.push(...page.data.map(({ id }) => id));
    cursor = page.next_token ? `&next_token=${encodeURIComponent(page.next_token)}` : '';
  } while (cursor !== '');
  return ids;
}

describe('a walk over all 10 000 profiles', () => {
  test('meets every id exactly once, and costs nothing while it is fresh', async () => {
    const ids = await walk('limit=100');
    expect(ids).toHaveLength(10_000);
    expect(new Set(ids).size).toBe(10_000);
    expect((await simulator.summary()).requests).toBe(100);

    expect(await walk('limit=100')).toEqual(ids);
    expect((await simulator.summary()).requests).toBe(100);
  }, 60_000);

  test('made by 20 callers at once costs one call a page', async () => {
    const walks = await Promise.all(Array.from({ length: 20 }, () => walk('limit=100')));
    for (const ids of walks) expect(new Set(ids).size).toBe(10_000);
    const { requests, limited } = await simulator.summary();
    expect({ requests, limited }).toEqual({ requests: 100, limited: 0 });
  }, 60_000);

  test('with the total on every page asks Amperity for the total once', async () => {
    const ids = await walk('limit=1000&with_total=true');
    expect(new Set(ids).size).toBe(10_000);
    const journal = await simulator.journal();
    expect(journal).toHaveLength(10);
    expect(journal.filter((entry) => entry.with_total)).toHaveLength(1);
  }, 60_000);
});
