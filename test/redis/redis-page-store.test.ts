import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PageKeys } from '../../src/query/page-key.ts';
import { Envelope, type NamedKey } from '../../src/shared/envelope.ts';
import type { PageRequest } from '../../src/shared/page-request.ts';
import type { RedisClient } from '../../src/shared/redis.ts';
import { Generations } from '../../src/store/generations.ts';
import { LayeredPageStore } from '../../src/store/layered-page-store.ts';
import { MemoryPageStore } from '../../src/store/memory-page-store.ts';
import { toBytes } from '../../src/store/page-bytes.ts';
import { RedisPageStore } from '../../src/store/redis-page-store.ts';
import { RedisPageTags } from '../../src/store/redis-page-tags.ts';
import { totalEntry } from '../../src/store/totals.ts';
import { CONTRACT_MAX_ENTRY_BYTES, pageStoreContract, storedPage } from '../contract/page-store.suite.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { closeClients, openClient, readyClient } from '../support/redis-client.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';

const k1: NamedKey = { kid: 'k1', key: Buffer.alloc(32, 1) };
const k2: NamedKey = { kid: 'k2', key: Buffer.alloc(32, 2) };

let server: RedisServer;
let redis: RedisClient;

beforeAll(async () => {
  server = await RedisServer.start();
  ({ client: redis } = await readyClient(server.url));
});
afterAll(async () => {
  closeClients();
  await server.stop();
});

/** A store under a name of its own, with the names that its pages then have in Redis. */
function storeOn(
  client: RedisClient,
  keys: () => readonly NamedKey[] = () => [k1],
  name: string = randomUUID(),
) {
  const clock = new ManualClock();
  const events: string[] = [];
  const store = new RedisPageStore({
    redis: client,
    root: `agw:${name}:p`,
    sealer: new Envelope('page-value', keys),
    maxEntryBytes: CONTRACT_MAX_ENTRY_BYTES,
    clock,
    onEvent: (event) => events.push(event),
  });
  return { clock, events, store, name, inRedis: (key: string) => `agw:${name}:p:${key}` };
}

pageStoreContract(
  'the page store in Redis',
  async () => {
    const { clock, store } = storeOn(redis);
    return { store, advance: (ms) => clock.advance(ms), now: () => clock.now(), close: async () => {} };
  },
  { knowsSize: false },
);

/** @param memoryEntryBytes what memory keeps of itself */
const layered = async (client: RedisClient, memoryEntryBytes: number) => {
  const { clock, store: shared } = storeOn(client);
  const memory = new MemoryPageStore({ maxBytes: 1_000_000, maxEntryBytes: memoryEntryBytes }, clock);
  const store = new LayeredPageStore(memory, shared, clock);
  return {
    store,
    advance: (ms: number) => clock.advance(ms),
    now: () => clock.now(),
    close: async () => {},
  };
};

pageStoreContract('memory in front of Redis', () => layered(redis, CONTRACT_MAX_ENTRY_BYTES));

pageStoreContract('memory that keeps nothing in front of Redis', () => layered(redis, 1), {
  knowsSize: false,
});

pageStoreContract('memory in front of a Redis that is not there', async () => {
  const { client } = openClient(`redis://127.0.0.1:${await freePort()}`);
  return { ...(await layered(client, CONTRACT_MAX_ENTRY_BYTES)), close: async () => client.disconnect() };
});

describe('a page in Redis', () => {
  test('lies under the name of the gateway and its key, and ends there with its last instant', async () => {
    const { clock, events, inRedis, store } = storeOn(redis);
    const now = clock.now();
    const instants = { freshUntil: now + 0.2, staleUntil: now + 60_000.4, errorUntil: now + 30_000.7 };
    await store.put('k1:mac', storedPage(now, '{"data":[]}', instants));
    const leftMs = await redis.pttl(inRedis('k1:mac'));
    expect(leftMs).toBeGreaterThan(59_000);
    expect(leftMs).toBeLessThanOrEqual(60_001);
    expect(events).toEqual(['stored']);
  });

  test('is not kept, nor the one before it, when it is over already', async () => {
    const { clock, events, inRedis, store } = storeOn(redis);
    await store.put('k', storedPage(clock.now()));
    const over = { freshUntil: clock.now(), staleUntil: clock.now(), errorUntil: clock.now() };
    expect(await store.put('k', storedPage(clock.now(), 'x', over))).toBe(false);
    expect(await redis.exists(inRedis('k'))).toBe(0);
    expect(events).toEqual(['stored']);
  });

  test('ends with the millisecond of its last instant, though Redis may still have it', async () => {
    const { clock, store } = storeOn(redis);
    await store.put('k', storedPage(clock.now()));
    await clock.advance(2999);
    expect(await store.get('k')).toBeDefined();
    await clock.advance(1);
    expect(await store.find('k')).toBe('absent');
  });

  test('takes no more memory, once read, than its body has bytes', async () => {
    const { clock, store } = storeOn(redis);
    await store.put('k', storedPage(clock.now(), 'x'.repeat(1000)));
    const body = (await store.get('k'))?.body;
    expect(body?.buffer.byteLength).toBe(1000);
  });
});

test('a page is judged by what was purged before this connection, however long it takes to learn that', async () => {
  const name = randomUUID();
  const clock = new ManualClock();
  const generations = new Generations();
  const holders = () => ['ann'];
  let inStep = Promise.resolve();
  const store = new RedisPageStore({
    redis,
    root: `agw:${name}:p`,
    sealer: new Envelope('page-value', () => [k1]),
    maxEntryBytes: CONTRACT_MAX_ENTRY_BYTES,
    clock,
    onEvent: () => {},
    purging: {
      tags: new RedisPageTags({ client: redis, root: `agw:{${name}}`, holders }),
      generations,
      holders,
      known: () => inStep,
    },
  });
  await store.put('k', storedPage(clock.now(), undefined, { scope: 's', generation: 1 }));
  expect(await store.find('k')).toMatchObject({ scope: 's' });
  inStep = sleep(200).then(() => {
    generations.learn({ scope: 's', level: 'cut', generation: 2 });
    generations.learnGone({ scope: 's', holder: 'ann', generation: 2 });
  });
  expect(await store.find('k')).toBe('absent');
});

describe('what does not open', () => {
  test('is a miss and told, and stays where it is: moved, damaged, by an unknown key, or none of ours', async () => {
    const { clock, events, inRedis, name, store } = storeOn(redis);
    const page = storedPage(clock.now());
    await store.put('mine', page);
    await redis.rename(inRedis('mine'), inRedis('moved'));
    await store.put('damaged', page);
    await redis.setrange(inRedis('damaged'), 40, 'x');
    await storeOn(redis, () => [k2], name).store.put('foreign', page);
    await redis.set(inRedis('other'), 'nothing of ours');
    await redis.set(inRedis('empty'), '');
    const sealer = new Envelope('page-value', () => [k1]);
    for (const [key, bytes] of [
      ['version', toBytes(page).fill(2, 0, 1)],
      ['short', toBytes(page).subarray(0, 3)],
      ['broken', toBytes(page).subarray(0, 20)],
    ] as const) {
      await redis.set(inRedis(key), await sealer.seal(bytes, inRedis(key)));
    }
    events.length = 0;
    const keys = ['moved', 'damaged', 'foreign', 'other', 'empty', 'version', 'short', 'broken'];
    for (const key of keys) expect([key, await store.find(key)]).toEqual([key, 'absent']);
    expect(events).toEqual(keys.map(() => 'undecryptable'));
    for (const key of keys) expect([key, await redis.exists(inRedis(key))]).toEqual([key, 1]);
  });
});

describe('while keys are rotated', () => {
  const scope = { tenant: 'acme', apiVersion: '2025-07-31' };
  const request: PageRequest = { route: 'profiles', index: 'ix', filters: [], withTotal: false };

  /** A replica with keys of its own, on a Redis that it shares. */
  function replica(keys: readonly NamedKey[], name: string) {
    const names = new PageKeys(scope, () => keys);
    const parts = storeOn(redis, () => keys, name);
    const { store, clock } = parts;
    return {
      ...parts,
      put: (text: string, storedAt = clock.now()) =>
        store.put(names.page(request), storedPage(clock.now(), text, { storedAt })),
      get: async () =>
        (await store.get(names.page(request), () => names.olderPages(request)))?.body.toString(),
      delete: () => store.delete(names.page(request), () => names.olderPages(request)),
    };
  }

  test('every replica finds what every other has stored, at each step', async () => {
    for (const [one, other] of [
      [[k1], [k1, k2]],
      [
        [k1, k2],
        [k2, k1],
      ],
      [[k2, k1], [k2]],
    ] as const) {
      for (const [writer, reader] of [
        [one, other],
        [other, one],
      ] as const) {
        const name = randomUUID();
        await replica(writer, name).put('x');
        expect(await replica(reader, name).get()).toBe('x');
      }
    }
  });

  test('what was stored before the new key was added is found after it has become the first', async () => {
    const name = randomUUID();
    await replica([k1], name).put('x');
    const after = replica([k2, k1], name);
    expect(await after.get()).toBe('x');
    expect(after.events).toEqual([]);
    expect(await replica([k2], name).get()).toBeUndefined();
  });

  test('the newest of a page counts, by whatever key it was named', async () => {
    const name = randomUUID();
    const [first, second] = [replica([k1, k2], name), replica([k2, k1], name)];
    await first.put('older');
    await second.put('newer', second.clock.now() + 1);
    expect([await first.get(), await second.get()]).toEqual(['newer', 'newer']);
    await first.put('newest', first.clock.now() + 2);
    expect([await first.get(), await second.get()]).toEqual(['newest', 'newest']);
  });

  test('what is deleted is gone by every name', async () => {
    const name = randomUUID();
    const [first, second] = [replica([k1, k2], name), replica([k2, k1], name)];
    await first.put('x');
    await second.put('y');
    await second.delete();
    expect([await first.get(), await second.get()]).toEqual([undefined, undefined]);
  });

  test('in a cluster too, where the names belong to different nodes', async () => {
    const cluster = await RedisCluster.start();
    try {
      const { client } = await readyClient(cluster.url);
      // By this name the keys below lie on all three nodes.
      const { clock, events, store } = storeOn(client, () => [k1], 'cluster');
      const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
      for (const key of keys) {
        for (let tries = 0; tries < 20 && !(await store.put(key, storedPage(clock.now(), key))); tries += 1) {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
      events.length = 0;
      for (const key of keys) {
        expect((await store.get('none', () => ['nothing', key, 'nought']))?.body.toString()).toBe(key);
      }
      await store.delete('none', () => keys);
      expect(await store.find('a', () => keys)).toBe('absent');
      // A node that is lost hides some pages, and no others.
      for (const key of keys) await store.put(key, storedPage(clock.now(), key));
      events.length = 0;
      cluster.servers[0]?.freeze();
      const found = await Promise.all(keys.map((key) => store.find(key)));
      cluster.servers[0]?.thaw();
      const away = found.filter((each) => each === 'away').length;
      expect(away).toBeGreaterThan(0);
      expect(found.filter((each) => typeof each === 'object')).toHaveLength(keys.length - away);
      expect(events).toEqual(Array.from({ length: away }, () => 'l2_error'));
    } finally {
      await cluster.stop();
    }
  }, 60_000);
});

describe('a Redis that', () => {
  test('is full keeps nothing and says so', async () => {
    const own = await RedisServer.start(['--maxmemory', '1', '--maxmemory-policy', 'noeviction']);
    try {
      const { clock, events, store } = storeOn((await readyClient(own.url)).client);
      expect(await store.put('k', storedPage(clock.now()))).toBe(false);
      expect(events).toEqual(['l2_error']);
      expect(await store.find('k')).toBe('absent');
    } finally {
      await own.stop();
    }
  });

  test('answers for one name alone gives what it has', async () => {
    const { clock, events, inRedis, store } = storeOn(redis);
    await redis.lpush(inRedis('list'), 'x');
    await store.put('k', storedPage(clock.now()));
    events.length = 0;
    expect(await store.get('list', () => ['k'])).toBeDefined();
    expect(await store.find('list', () => ['none'])).toBe('away');
    expect(events).toEqual(['l2_error', 'l2_error']);
  });
});

describe('whoever reads all of Redis', () => {
  const planted = ['Zsuzsanna', 'Qvistgaard', 'zsuzsanna.q@planted.example', 'ix-planted', '+4915112345678'];

  /** A value as it might shine through: as it is, encoded, or as a plain hash. */
  const traces = (value: string): string[] => {
    const hashes = ['md5', 'sha1', 'sha256'].flatMap((algorithm) => {
      const digest = createHash(algorithm).update(value).digest();
      return [digest.toString('hex'), digest.toString('base64'), digest.toString('latin1')];
    });
    const bare = Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -1);
    return [value, encodeURIComponent(value), Buffer.from(value).toString('hex'), bare, ...hashes];
  };

  const finds = (text: string): string[] =>
    planted.filter((value) =>
      traces(value).some((trace) => text.toLowerCase().includes(trace.toLowerCase())),
    );

  test('finds no name, address or number, in keys or values, however short the page', async () => {
    const own = await RedisServer.start();
    try {
      const { client } = await readyClient(own.url);
      const { clock, store } = storeOn(client, () => [k1], 'shop');
      const keys = new PageKeys({ tenant: 'acme', apiVersion: '2025-07-31' }, () => [k1, k2]);
      const [first, last, email, index = '', phone] = planted;
      const told: string[] = [];
      for (const profiles of [0, 1, 2, 60]) {
        const request: PageRequest = {
          route: 'profiles',
          index,
          filters: [
            ['email', email ?? ''],
            ['last_name', last ?? ''],
          ],
          limit: profiles + 1,
          withTotal: false,
        };
        const profile = { index_id: index, first, last, email, phone };
        const text = JSON.stringify({ data: Array.from({ length: profiles }, () => profile) });
        const cutTotal = { text: '1', at: 1, bytes: Buffer.from(`"total":1,"${phone}":`) };
        await store.put(keys.page(request), storedPage(clock.now(), text, { cutTotal, etag: `W/"${last}"` }));
        await store.put(keys.total(request), totalEntry(phone, storedPage(clock.now())));
        told.push(text, JSON.stringify(request));
      }
      const names = await client.keys('*');
      expect(names).toHaveLength(5);
      for (const name of names) expect(name).toMatch(/^agw:shop:p:k1:[A-Za-z0-9_-]{43}$/);
      const values = await Promise.all(names.map((name) => client.getBuffer(name)));
      const dump = [...names, ...values.map((value) => value?.toString('latin1'))].join('\n');
      expect(finds(dump)).toEqual([]);
      // The same search finds them all where they may be.
      expect(finds(told.join('\n'))).toEqual(planted);
    } finally {
      await own.stop();
    }
  });
});
