import { describe, expect, test } from '@jest/globals';
import { PreparedBodies } from '../../src/shared/prepared-bodies.ts';
import { Generations } from '../../src/store/generations.ts';
import { MemoryPageStore } from '../../src/store/memory-page-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { CONTRACT_MAX_ENTRY_BYTES, pageStoreContract, storedPage } from './page-store.suite.ts';

pageStoreContract('the page store in memory', async () => {
  const clock = new ManualClock();
  return {
    store: new MemoryPageStore({ maxBytes: 1_000_000, maxEntryBytes: CONTRACT_MAX_ENTRY_BYTES }, clock),
    advance: (ms) => clock.advance(ms),
    now: () => clock.now(),
    close: async () => {},
  };
});

describe('the page store in memory', () => {
  function small(maxBytes: number) {
    const clock = new ManualClock();
    const events: string[] = [];
    const limits = { maxBytes, maxEntryBytes: maxBytes };
    const store = new MemoryPageStore(limits, clock, (event) => events.push(event));
    const put = (key: string, bytes: number) => store.put(key, storedPage(clock.now(), 'x'.repeat(bytes)));
    return { clock, events, store, put };
  }

  test('never holds more bytes than it may, and tells what it had to let go', async () => {
    const { events, put, store } = small(50_000);
    for (let number = 0; number < 500; number += 1) {
      await put(`k${number}`, (number * 97) % 5000);
      expect(store.size().bytes).toBeLessThanOrEqual(50_000);
    }
    const evicted = events.filter((event) => event === 'evicted').length;
    expect(events.filter((event) => event === 'stored')).toHaveLength(500);
    expect(evicted).toBe(500 - store.size().entries);
    expect(evicted).toBeGreaterThan(400);
  });

  test('lets the page go that was not asked for the longest', async () => {
    const { put, store } = small(13_000);
    for (const key of ['a', 'b', 'c']) await put(key, 2500);
    await store.get('a');
    await put('d', 2500);
    const held = await Promise.all(['a', 'b', 'c', 'd'].map((key) => store.get(key)));
    expect(held.map((page) => page !== undefined)).toEqual([true, false, true, true]);
  });

  test('counts what an entry costs beside its body, so that many small ones do not go unnoticed', async () => {
    const { put, store } = small(100_000);
    for (let number = 0; number < 1000; number += 1) await put(`k${number}`, 0);
    expect(store.size().entries).toBeLessThan(200);
  });

  test('does not call it an eviction when a page is replaced, deleted, over or too large', async () => {
    const { clock, events, put, store } = small(10_000);
    await put('k', 100);
    await put('k', 200);
    await store.delete('k');
    await put('k', 100);
    await clock.advance(10_000);
    await store.get('k');
    expect(await put('k', 20_000)).toBe(false);
    expect(events).toEqual(['stored', 'stored', 'stored']);
  });

  test('answers no page that is older than what is dead, before anybody has removed it', async () => {
    const clock = new ManualClock();
    const generations = new Generations();
    const limits = { maxBytes: 50_000, maxEntryBytes: 10_000 };
    const store = new MemoryPageStore(limits, clock, () => {}, generations);
    for (const [key, generation] of [
      ['older', 49],
      ['newer', 50],
    ] as const) {
      await store.put(key, storedPage(clock.now(), key, { scope: 's', generation }));
    }
    expect(store.held('older')).toBeDefined();
    generations.learn({ scope: 's', level: 'dead', generation: 50 });
    expect([store.held('older'), String(store.held('newer')?.body)]).toEqual([undefined, 'newer']);
    expect(store.size().entries).toBe(1);
  });

  test('gives up the room of a page that is over when it is asked for', async () => {
    const { clock, put, store } = small(10_000);
    await put('k', 100);
    await clock.advance(10_000);
    await store.get('k');
    expect(store.size()).toEqual({ entries: 0, bytes: 0 });
  });

  test('keeps a page from afar only in what is free', async () => {
    const { clock, events, store, put } = small(12_000);
    const far = (key: string, bytes: number) =>
      store.put(key, storedPage(clock.now(), 'x'.repeat(bytes)), 'far');
    await put('a', 4000);
    expect(await far('b', 4000)).toBe(true);
    expect(await far('c', 4000)).toBe(false);
    expect([store.size().entries, events.includes('evicted')]).toEqual([2, false]);
  });

  test('lets go of what is meant, and tells how much it was', async () => {
    const { clock, events, store } = small(10_000);
    for (const key of ['a', 'b', 'c'])
      await store.put(key, storedPage(clock.now(), key, { scope: key === 'b' ? 'kept' : 'purged' }));
    expect(store.deleteWhere(({ scope }) => scope === 'purged')).toBe(2);
    expect(events.filter((event) => event === 'purged')).toHaveLength(2);
    expect([await store.get('a'), (await store.get('b')) !== undefined]).toEqual([undefined, true]);
  });

  test('lets go of what is over although nobody asks for it, and of what was made of it', async () => {
    const clock = new ManualClock();
    const prepared = new PreparedBodies(100_000);
    const limits = { maxBytes: 100_000, maxEntryBytes: 100_000 };
    const store = new MemoryPageStore(limits, clock, () => {}, undefined, prepared);
    const page = storedPage(clock.now(), 'x');
    const { body, etag, errorUntil, storedAt } = page;
    await store.put('k', page);
    prepared.set('made of k', { body, etag, since: storedAt, until: errorUntil });
    await clock.advance(errorUntil - clock.now() - 1);
    store.sweep();
    expect([store.size().entries, prepared.get('made of k')?.etag]).toEqual([1, etag]);
    await clock.advance(1);
    store.sweep();
    expect([store.size().entries, prepared.get('made of k')]).toEqual([0, undefined]);
  });

  test('keeps nothing of what was made of pages when somebody is purged, also from pages that it has no more', () => {
    const prepared = new PreparedBodies(100_000);
    const limits = { maxBytes: 100_000, maxEntryBytes: 100_000 };
    const store = new MemoryPageStore(limits, new ManualClock(), () => {}, undefined, prepared);
    prepared.set('made of k', { body: Buffer.from('x'), etag: '"x"', since: 0, until: 1 });
    expect(store.deleteWhere(() => true)).toBe(0);
    expect(prepared.get('made of k')).toBeUndefined();
  });

  test('ends a page with the millisecond of its last instant', async () => {
    const { clock, put, store } = small(10_000);
    await put('k', 100);
    await clock.advance(2999);
    expect(await store.get('k')).toBeDefined();
    await clock.advance(1);
    expect(await store.get('k')).toBeUndefined();
  });
});
