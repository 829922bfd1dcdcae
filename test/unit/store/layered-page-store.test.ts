import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { LayeredPageStore } from '../../../src/store/layered-page-store.ts';
import { MemoryPageStore } from '../../../src/store/memory-page-store.ts';
import type { OlderNames, SharedFound, SharedPageStore, StoredPage } from '../../../src/store/page-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const HOUR = 3_600_000;
const older: OlderNames = () => ['old:k'];

/** The shared store, whose answers a test gives. */
class Scripted implements SharedPageStore {
  readonly asked: string[] = [];
  readonly pages = new Map<string, StoredPage>();
  isAway = false;
  /** While set, answers wait for it, made from what was there when they were asked for. */
  held: Promise<void> | undefined;

  async find(key: string, names: OlderNames = () => []): Promise<SharedFound> {
    this.asked.push([key, ...names()].join(' '));
    const found = this.isAway ? 'away' : (this.pages.get(key) ?? 'absent');
    await this.held;
    return found;
  }

  async get(): Promise<StoredPage | undefined> {
    throw new Error('tells less than find');
  }

  async put(key: string, page: StoredPage): Promise<boolean> {
    if (this.isAway) return false;
    this.pages.set(key, page);
    return true;
  }

  async delete(key: string, names: OlderNames = () => []): Promise<void> {
    for (const each of [key, ...names()]) this.pages.delete(each);
  }

  size(): { entries: number; bytes: number } {
    throw new Error('does not know');
  }
}

function setUp(maxEntryBytes = 10_000) {
  const clock = new ManualClock();
  const shared = new Scripted();
  const memory = new MemoryPageStore({ maxBytes: 100_000, maxEntryBytes }, clock);
  const store = new LayeredPageStore(memory, shared, clock);
  const page = (text: string, storedAt = clock.now()): StoredPage => ({
    status: 200,
    body: Buffer.from(text),
    count: 0,
    etag: `W/"${text}"`,
    storedAt,
    freshUntil: storedAt + HOUR,
    staleUntil: storedAt + HOUR,
    errorUntil: storedAt + HOUR,
  });
  /** What a hit brings, and all that happens behind it. */
  const hit = async (names?: OlderNames): Promise<string | undefined> => {
    const found = await store.get('k', names);
    await clock.settle();
    return found?.body.toString();
  };
  /** Holds the answers of the shared store back until it is called. */
  const hold = (): (() => Promise<void>) => {
    let release = (): void => {};
    shared.held = new Promise((resolve) => {
      release = resolve;
    });
    return async () => {
      shared.held = undefined;
      release();
      await clock.settle();
    };
  };
  return { clock, shared, memory, store, page, hit, hold };
}

describe('a page in memory', () => {
  test('is answered without asking anybody, for half a minute', async () => {
    const { clock, hit, page, shared, store } = setUp();
    await store.put('k', page('a'));
    for (let second = 0; second < 30; second += 1) {
      expect(await hit()).toBe('a');
      await clock.advance(999);
    }
    expect(shared.asked).toEqual([]);
  });

  test('is answered while the shared store is asked about it, once, however many ask', async () => {
    const { clock, hit, hold, page, shared, store } = setUp();
    await store.put('k', page('a'));
    await clock.advance(30_000);
    const release = hold();
    for (let times = 0; times < 5; times += 1) expect(await hit(older)).toBe('a');
    expect(shared.asked).toEqual(['k old:k']);
    await release();
    await clock.advance(29_999);
    await hit();
    expect(shared.asked).toHaveLength(1);
    await clock.advance(1);
    await hit();
    expect(shared.asked).toHaveLength(2);
  });

  test('that the shared store did not take while it was away is given to it when it is back, and stays', async () => {
    const { clock, hit, page, shared, store } = setUp();
    shared.isAway = true;
    expect(await store.put('k', page('a'))).toBe(true);
    await clock.advance(30_000);
    expect(await hit()).toBe('a');
    shared.isAway = false;
    await clock.advance(1000);
    expect(await hit()).toBe('a');
    expect(shared.pages.get('k')?.body.toString()).toBe('a');
    // From then on it is one like any other.
    shared.pages.clear();
    await clock.advance(30_000);
    await hit();
    expect(await hit()).toBeUndefined();
  });

  test('goes when it is not in the shared store any more', async () => {
    const { clock, hit, page, shared, store } = setUp();
    await store.put('k', page('a'));
    shared.pages.clear();
    await clock.advance(30_000);
    expect(await hit()).toBe('a');
    expect(store.size().entries).toBe(0);
    expect(await hit()).toBeUndefined();
  });

  test('follows a newer one, which then counts as compared', async () => {
    const { clock, hit, page, shared, store } = setUp();
    await store.put('k', page('a'));
    await clock.advance(30_000);
    shared.pages.set('k', page('b'));
    expect(await hit()).toBe('a');
    expect(await hit()).toBe('b');
    await clock.advance(29_999);
    expect(await hit()).toBe('b');
    expect(shared.asked).toHaveLength(1);
  });

  test('stays when an older one is there, and counts as compared: nobody has deleted that', async () => {
    const { clock, hit, page, shared, store } = setUp();
    const before = page('before');
    await clock.advance(1);
    await store.put('k', page('a'));
    shared.pages.set('k', before);
    await clock.advance(30_000);
    for (let times = 0; times < 3; times += 1) expect(await hit()).toBe('a');
    expect(shared.asked).toHaveLength(1);
  });

  test('stays while the shared store is away, which is asked again every second', async () => {
    const { clock, hit, page, shared, store } = setUp();
    await store.put('k', page('a'));
    shared.isAway = true;
    await clock.advance(30_000);
    for (let tick = 0; tick < 100; tick += 1) {
      expect(await hit()).toBe('a');
      await clock.advance(100);
    }
    expect(shared.asked).toHaveLength(10);
    shared.isAway = false;
    shared.pages.clear();
    await hit();
    expect(await hit()).toBeUndefined();
  });

  test('that is in use is not answered 60 s after a purge of which no message came', async () => {
    for (const everyMs of [50, 700, 9000, 29_000, 30_000]) {
      const { clock, hit, page, shared, store } = setUp();
      await store.put('k', page('a'));
      for (let passed = 0; passed < 90_000; passed += everyMs) {
        await clock.advance(everyMs);
        await hit();
      }
      shared.pages.clear();
      const purgedAt = clock.now();
      let answeredAt = purgedAt;
      for (; (await hit()) !== undefined; await clock.advance(everyMs)) answeredAt = clock.now();
      expect(answeredAt - purgedAt).toBeLessThan(60_000);
    }
  });

  test('is not undone by the answer to a question from before it was put', async () => {
    for (const answer of ['absent', 'newer'] as const) {
      const { clock, hit, hold, page, shared, store } = setUp();
      await store.put('k', page('a'));
      await clock.advance(30_000);
      if (answer === 'absent') shared.pages.clear();
      else shared.pages.set('k', page('b'));
      const release = hold();
      await hit();
      await clock.advance(1);
      await store.put('k', page('c'));
      await release();
      expect(await hit()).toBe('c');
    }
  });
});

describe('a page that is not in memory', () => {
  test('comes from the shared store, by all its names, and stays in memory', async () => {
    const { hit, page, shared } = setUp();
    shared.pages.set('k', page('a'));
    expect(await hit(older)).toBe('a');
    expect(await hit(older)).toBe('a');
    expect(shared.asked).toEqual(['k old:k']);
  });

  test('counts as compared when it was asked for, not when it came', async () => {
    const { clock, hit, hold, page, shared } = setUp();
    shared.pages.set('k', page('a'));
    const release = hold();
    const found = hit();
    await clock.advance(400);
    await release();
    await found;
    await clock.advance(29_599);
    await hit();
    expect(shared.asked).toHaveLength(1);
    await clock.advance(1);
    await hit();
    expect(shared.asked).toHaveLength(2);
  });

  test('is a miss when the shared store has none, or is away', async () => {
    const { hit, shared, store } = setUp();
    expect(await hit()).toBeUndefined();
    shared.isAway = true;
    expect(await hit()).toBeUndefined();
    expect(store.size().entries).toBe(0);
  });

  test('does not come back into memory when it was purged or forgotten while it was fetched', async () => {
    for (const drop of ['delete', 'forget'] as const) {
      const { clock, hit, hold, page, shared, store } = setUp();
      shared.pages.set('k', page('a'));
      const release = hold();
      const found = hit();
      await clock.settle();
      await store[drop]('k');
      await release();
      await found;
      expect(store.size().entries).toBe(0);
      shared.pages.delete('k');
      expect(await hit()).toBeUndefined();
    }
  });

  test('does not take the place of one that was put while it was fetched', async () => {
    const { clock, hit, hold, page, shared, store } = setUp();
    shared.pages.set('k', page('a'));
    const release = hold();
    const found = hit();
    await clock.settle();
    await store.put('k', page('b'));
    await release();
    await found;
    expect(await hit()).toBe('b');
  });

  test('is kept by a look-up that began after it was forgotten, though one from before ends later', async () => {
    const { clock, hit, hold, page, shared, store } = setUp();
    shared.pages.set('k', page('a'));
    const release = hold();
    const early = hit();
    await clock.settle();
    store.forget('k');
    shared.pages.set('k', page('b'));
    const late = hit();
    await release();
    expect([await early, await late]).toEqual(['a', 'b']);
    expect(await hit()).toBe('b');
    expect(shared.asked).toHaveLength(2);
  });
});

test('misses leave nothing behind', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const { shared, store } = setUp();
  const held = (): number => {
    shared.asked.length = 0;
    collect();
    return process.memoryUsage().heapUsed;
  };
  const miss = async (from: number, to: number) => {
    for (let number = from; number < to; number += 1) await store.get(`some key of a usual length ${number}`);
  };
  await miss(0, 1000);
  const before = held();
  await miss(1000, 100_000);
  // A hundred bytes for each would be ten times as much.
  expect(held() - before).toBeLessThan(1_000_000);
});

describe('a page that is asked for or put from afar', () => {
  test('goes past memory, which it would only crowd', async () => {
    const { store, shared, page, memory } = setUp();
    shared.pages.set('there', page('there'));
    expect((await store.get('there', undefined, 'far'))?.body.toString()).toBe('there');
    expect(await store.put('new', page('new'), 'far')).toBe(true);
    expect([memory.size().entries, shared.pages.has('new')]).toEqual([0, true]);
  });

  test('takes the place of an older one in memory by making it go', async () => {
    const { store, page } = setUp();
    await store.put('k', page('old'));
    await store.put('k', page('new'), 'far');
    expect((await store.get('k'))?.body.toString()).toBe('new');
  });

  test('comes from memory where it is there', async () => {
    const { store, shared, page } = setUp();
    await store.put('k', page('here'));
    shared.asked.length = 0;
    expect((await store.get('k', undefined, 'far'))?.body.toString()).toBe('here');
    expect(shared.asked).toEqual([]);
  });
});

test('what is forgotten by what it is goes from memory alone, also where it was just being fetched', async () => {
  const { clock, hold, store, shared, page, memory } = setUp();
  await store.put('a', { ...page('a'), scope: 'x' });
  await store.put('b', { ...page('b'), scope: 'y' });
  shared.pages.set('c', page('c'));
  const release = hold();
  const fetching = store.get('c');
  await clock.settle();
  expect(store.forgetWhere(({ scope }) => scope === 'x')).toBe(1);
  await release();
  await fetching;
  expect([await memory.get('a'), await memory.get('c')]).toEqual([undefined, undefined]);
  expect([shared.pages.has('a'), (await memory.get('b')) !== undefined]).toEqual([true, true]);
});

describe('both stores', () => {
  test('get what is put, and it is kept when one of them keeps it', async () => {
    const { memory, page, shared, store } = setUp(2000);
    expect(await store.put('k', page('a'))).toBe(true);
    expect([await memory.get('k'), shared.pages.get('k')].map((each) => `${each?.body}`)).toEqual(['a', 'a']);
    expect(await store.put('large', page('x'.repeat(2000)))).toBe(true);
    shared.isAway = true;
    expect(await store.put('k', page('b'))).toBe(true);
    expect(await store.put('large', page('x'.repeat(2000)))).toBe(false);
  });

  test('lose what is deleted, by all its names', async () => {
    const { hit, page, shared, store } = setUp();
    await store.put('k', page('a'));
    await store.put('other', page('b'));
    shared.pages.set('old:k', page('older'));
    await store.delete('k', older);
    expect([...shared.pages.keys()]).toEqual(['other']);
    expect(await hit()).toBeUndefined();
    expect(store.size().entries).toBe(1);
  });

  test('are asked anew for what was forgotten, which only memory forgets', async () => {
    const { hit, page, shared, store } = setUp();
    await store.put('k', page('a'));
    shared.pages.set('k', page('b'));
    store.forget('k');
    expect(await hit()).toBe('b');
    expect(shared.pages.size).toBe(1);
  });
});
