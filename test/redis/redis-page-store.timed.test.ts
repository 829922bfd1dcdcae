import { afterEach, expect, test } from '@jest/globals';
import { Envelope } from '../../src/shared/envelope.ts';
import { RedisPageStore } from '../../src/store/redis-page-store.ts';
import { CONTRACT_MAX_ENTRY_BYTES, storedPage } from '../contract/page-store.suite.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { closeClients, readyClient } from '../support/redis-client.ts';
import { RedisServer } from '../support/redis-server.ts';

const older = () => ['k1', 'k2'];

let server: RedisServer | undefined;

afterEach(async () => {
  closeClients();
  await server?.stop();
});

test.each<[string, (server: RedisServer) => unknown]>([
  ['is frozen', (redis) => redis.freeze()],
  ['was stopped', (redis) => redis.stop()],
])('a Redis that %s is a miss or a no within the time that a command may take, told once', async (_, end) => {
  server = await RedisServer.start();
  const { client } = await readyClient(server.url);
  const clock = new ManualClock();
  const events: string[] = [];
  const store = new RedisPageStore({
    redis: client,
    root: 'agw:test:p',
    sealer: new Envelope('page-value', () => [{ kid: 'k1', key: Buffer.alloc(32, 1) }]),
    maxEntryBytes: CONTRACT_MAX_ENTRY_BYTES,
    clock,
    onEvent: (event) => events.push(event),
  });
  const page = storedPage(clock.now());
  expect(await store.put('k', page)).toBe(true);
  await end(server);
  events.length = 0;
  for (const [work, answer] of [
    [() => store.find('k', older), 'away'],
    [() => store.get('k', older), undefined],
    [() => store.put('k', page), false],
    [() => store.put('k', { ...page, staleUntil: 0, errorUntil: 0 }), false],
    [() => store.delete('k', older), undefined],
  ] as const) {
    const from = performance.now();
    const result: unknown = await work();
    expect(performance.now() - from).toBeLessThan(800);
    expect(result).toBe(answer);
  }
  expect(events).toEqual(['l2_error', 'l2_error', 'l2_error', 'l2_error', 'l2_error']);
});
