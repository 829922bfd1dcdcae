import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { json, type Reply } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let gateway: GatewayHandle;

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test', 'latency.preset': 'off', 'rate.kind': 'off' });
  gateway = await spawnGateway(simulator.dataUrl, {
    settings: { budget: { rate: 1000 } },
    teams: { plain: {}, insisting: { bypassCache: true } },
  });
});
afterAll(async () => {
  await gateway.stop();
  await simulator.stop();
});
beforeEach(() => simulator.clearJournal());

let pages = 0;
/** Asks for a page that is stored, and then again with these words about stored answers. */
async function again(team: string, cacheControl: string): Promise<Reply> {
  pages += 1;
  const path = `/api/indexes/idx-loyalty/profiles?limit=${pages}`;
  await gateway.get(path, { team });
  return gateway.get(path, { team, headers: { 'cache-control': cacheControl } });
}

const calls = async (): Promise<number> => (await simulator.summary()).requests;

test.each(['no-cache', 'max-age=0', 'min-fresh=86400'])(
  '%s brings a new answer to a team that may bypass the cache',
  async (said) => {
    const reply = await again('insisting', said);
    expect([reply.status, reply.headers['cache-status']]).toEqual([200, 'amperity-gateway; fwd=bypass']);
    expect(await calls()).toBe(2);
  },
);

test.each(['no-cache', 'max-age=0', 'min-fresh=86400', 'max-stale=5', 'only-if-cached', 'no-cache="'])(
  '%s spends nothing for a team that may not, or is content',
  async (said) => {
    const reply = await again('plain', said);
    expect([reply.status, reply.headers['cache-status']]).toEqual([
      200,
      expect.stringMatching(/; hit; ttl=/),
    ]);
    expect(await calls()).toBe(1);
  },
);

test('only-if-cached says that nothing is stored, and asks nobody', async () => {
  const reply = await gateway.get('/api/indexes/idx-shoppers/profiles?limit=7', {
    team: 'plain',
    headers: { 'cache-control': 'only-if-cached' },
  });
  expect([reply.status, json(reply).code]).toEqual([504, 'not_cached']);
  expect(await calls()).toBe(0);
});
