import { describe, expect, test } from '@jest/globals';
import type { PageStore, StoredPage } from '../../src/store/page-store.ts';

/** A store under test together with its time, which passes only through `advance` as far as the suite can tell. */
export interface StoreHarness {
  readonly store: PageStore;
  advance(ms: number): Promise<void>;
  /** Epoch ms on the store's own clock. */
  now(): number;
  close(): Promise<void>;
}

/** The largest entry, overhead included, every store under this contract is created with. */
export const CONTRACT_MAX_ENTRY_BYTES = 20_000;

/** A page that is fresh for 1 s, stale for 1 s more, and a fallback for another second. */
export function storedPage(now: number, text = '{"data":[]}', rest: Partial<StoredPage> = {}): StoredPage {
  return {
    status: 200,
    body: Buffer.from(text),
    count: 0,
    etag: `W/"${text.length}"`,
    storedAt: now,
    freshUntil: now + 1000,
    staleUntil: now + 2000,
    errorUntil: now + 3000,
    ...rest,
  };
}

/**
 * What every page store must do; a store is free to forget, but not under so little load as this.
 *
 * @param knowsSize false for a store that holds its pages where others do too, and so cannot say how many there are
 */
export function pageStoreContract(
  name: string,
  create: () => Promise<StoreHarness>,
  { knowsSize = true } = {},
): void {
  const expectEntries = (store: PageStore, entries: number): void =>
    expect(store.size().entries).toBe(knowsSize ? entries : 0);
  const withStore = (run: (harness: StoreHarness) => Promise<void>) => async (): Promise<void> => {
    const harness = await create();
    try {
      await run(harness);
    } finally {
      await harness.close();
    }
  };

  describe(`${name} keeps the contract of a page store:`, () => {
    test(
      'what was put can be had, member by member, byte for byte',
      withStore(async ({ store, now }) => {
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
        const page = storedPage(now(), '', {
          body: bytes,
          count: 7,
          madeAt: now() - 1000,
          cutTotal: { text: '12345678901234567890', at: 1, bytes: Buffer.from('"total":1,') },
        });
        expect(await store.put('k', page)).toBe(true);
        expect(await store.get('k')).toEqual(page);
        expect(await store.get('k')).toEqual(page);
      }),
    );

    test(
      'an absence and an empty total can be kept as well',
      withStore(async ({ store, now }) => {
        const absent = storedPage(now(), '', { status: 404, etag: '' });
        expect(await store.put('k', absent)).toBe(true);
        expect(await store.get('k')).toEqual(absent);
      }),
    );

    test(
      'what was never put, or under another name, is not there',
      withStore(async ({ store, now }) => {
        await store.put('k', storedPage(now()));
        expect(await store.get('K')).toBeUndefined();
        expect(await store.get('')).toBeUndefined();
      }),
    );

    test(
      'the later of two pages of one name is the one that counts',
      withStore(async ({ store, now }) => {
        await store.put('k', storedPage(now(), '{"data":["older"]}'));
        const newer = storedPage(now(), '{"data":[1]}');
        expect(await store.put('k', newer)).toBe(true);
        expect(await store.get('k')).toEqual(newer);
        expectEntries(store, 1);
      }),
    );

    test(
      'a page is there until nobody may be given it any more, and then it is not',
      withStore(async ({ store, now, advance }) => {
        await store.put('error', storedPage(now()));
        await store.put(
          'stale',
          storedPage(now(), 'x', { staleUntil: now() + 3000, errorUntil: now() + 2000 }),
        );
        await store.put(
          'fresh',
          storedPage(now(), 'x', { staleUntil: now() + 1000, errorUntil: now() + 1000 }),
        );
        await advance(2500);
        expect(await store.get('error')).toBeDefined();
        expect(await store.get('stale')).toBeDefined();
        expect(await store.get('fresh')).toBeUndefined();
        await advance(1000);
        expect(await store.get('error')).toBeUndefined();
        expect(await store.get('stale')).toBeUndefined();
      }),
    );

    test(
      'a page lives by its own instants, not by those of the one before it',
      withStore(async ({ store, now, advance }) => {
        await store.put('k', storedPage(now()));
        await store.put(
          'k',
          storedPage(now(), 'x', { staleUntil: now() + 60_000, errorUntil: now() + 60_000 }),
        );
        await advance(5000);
        expect(await store.get('k')).toBeDefined();
        await store.put('k', storedPage(now()));
        await advance(5000);
        expect(await store.get('k')).toBeUndefined();
      }),
    );

    test(
      'what was deleted is gone, and deleting what is not there is no matter',
      withStore(async ({ store, now }) => {
        await store.put('k', storedPage(now()));
        await store.put('other', storedPage(now()));
        await store.delete('k');
        await store.delete('k');
        expect(await store.get('k')).toBeUndefined();
        expect(await store.get('other')).toBeDefined();
        expectEntries(store, 1);
      }),
    );

    test(
      'a page that is too large is not kept, and does not leave the one before it in its place',
      withStore(async ({ store, now }) => {
        await store.put('k', storedPage(now()));
        expect(await store.put('k', storedPage(now(), 'x'.repeat(CONTRACT_MAX_ENTRY_BYTES)))).toBe(false);
        expect(await store.get('k')).toBeUndefined();
        expect(await store.put('k', storedPage(now(), 'x'.repeat(CONTRACT_MAX_ENTRY_BYTES / 2)))).toBe(true);
      }),
    );

    if (!knowsSize) return;
    test(
      'what is held is counted',
      withStore(async ({ store, now }) => {
        expect(store.size()).toEqual({ entries: 0, bytes: 0 });
        await store.put('a', storedPage(now(), 'x'.repeat(1000)));
        await store.put('b', storedPage(now(), 'x'.repeat(2000)));
        expect(store.size().entries).toBe(2);
        expect(store.size().bytes).toBeGreaterThanOrEqual(3000);
        await store.delete('a');
        await store.delete('b');
        expect(store.size()).toEqual({ entries: 0, bytes: 0 });
      }),
    );
  });
}
