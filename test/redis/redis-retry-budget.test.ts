import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RedisRetryBudget } from '../../src/budget/redis-retry-budget.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { closeClients, readyClient } from '../support/redis-client.ts';
import { RedisServer } from '../support/redis-server.ts';

let server: RedisServer;
beforeEach(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  closeClients();
  await server.stop();
});

const clock = new ManualClock();

async function replicas(count: number): Promise<RedisRetryBudget[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => readyClient(server.url)));
  return clients.map(({ client }) => new RedisRetryBudget(client, 'agw:{t}:q:1:retries', clock));
}

test('failures of all replicas draw on one budget, which their successes fill again', async () => {
  const [one, two, three] = await replicas(3);
  const may: (boolean | undefined)[] = [];
  for (const replica of [one, two, three, one, two, three, one]) may.push(await replica?.mayRetry());
  expect(may).toEqual([true, true, true, true, false, false, false]);
  // Three tokens are left, and it takes more than five.
  for (let success = 0; success < 36; success += 1) two?.succeeded();
  // Nobody waits for them, so that another connection may be served first.
  const tokens = async () => Number(await server.cli(['get', 'agw:{t}:q:1:retries']));
  await eventually('told', async () => (await tokens()) > 6.5);
  expect(await three?.mayRetry()).toBe(true);
  expect(await one?.mayRetry()).toBe(false);
});

test('once nobody has failed for a while, successes are not told', async () => {
  const [one] = await replicas(1);
  const calls = async (): Promise<number> =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await server.cli(['info', 'commandstats']))?.[1] ?? 0);
  one?.succeeded();
  await one?.mayRetry();
  for (let success = 0; success < 12; success += 1) {
    one?.succeeded();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const full = await calls();
  for (let success = 0; success < 50; success += 1) one?.succeeded();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await calls()).toBe(full);
});

test('while Redis is away each replica has a budget of its own', async () => {
  const [one] = await replicas(1);
  await server.stop();
  const may: (boolean | undefined)[] = [];
  for (let failure = 0; failure < 6; failure += 1) may.push(await one?.mayRetry());
  expect(may).toEqual([true, true, true, true, false, false]);
  expect(() => one?.succeeded()).not.toThrow();
});
