import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import { PreparedBodies } from '../shared/prepared-bodies.ts';
import { Generations } from './generations.ts';
import { deleteAt, type NearPageStore, type Reach, type StoredPage } from './page-store.ts';

export interface MemoryLimits {
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
}

export type StoreEvent = 'stored' | 'evicted' | 'purged';

/**
 * What an entry costs beside its body: key, validator, instants, the map's own bookkeeping. These are about 1000 bytes;
 * measured by resident memory after a hundred thousand small pages it is half as much again.
 */
const ENTRY_OVERHEAD_BYTES = 1536;

const USED_EVERY_MS = 1000;

const sizeOf = ({ body }: StoredPage): number => body.length + ENTRY_OVERHEAD_BYTES;

/** Pages in this process's memory, bounded by bytes; the least recently used ones make room. */
export class MemoryPageStore implements NearPageStore {
  readonly #pages: LRUCache<string, StoredPage>;
  /** When it was said last that the page is in use; monotonic. */
  readonly #usedAt = new WeakMap<StoredPage, number>();
  readonly #clock: Clock;
  readonly #generations: Generations;
  readonly #onEvent: (event: StoreEvent) => void;
  readonly #prepared: PreparedBodies;

  constructor(
    limits: MemoryLimits,
    clock: Clock,
    onEvent: (event: StoreEvent) => void = () => {},
    generations = new Generations(),
    prepared = new PreparedBodies(0),
  ) {
    this.#prepared = prepared;
    this.#clock = clock;
    this.#generations = generations;
    this.#onEvent = onEvent;
    this.#pages = new LRUCache({
      maxSize: limits.maxBytes,
      maxEntrySize: limits.maxEntryBytes,
      sizeCalculation: sizeOf,
      dispose: (_page, _key, reason) => {
        if (reason === 'evict') onEvent('evicted');
      },
    });
  }

  async get(key: string): Promise<StoredPage | undefined> {
    return this.held(key);
  }

  held(key: string): StoredPage | undefined {
    const page = this.#pages.peek(key);
    if (page === undefined) return undefined;
    const now = this.#clock.now();
    if (deleteAt(page) <= now || this.#generations.isDead(page)) {
      this.#pages.delete(key);
      return undefined;
    }
    const usedAt = this.#clock.monotonic();
    // To put a page in front of all others takes as long as to find it, and says nothing new each millisecond.
    if (usedAt - (this.#usedAt.get(page) ?? Number.NEGATIVE_INFINITY) >= USED_EVERY_MS) {
      this.#usedAt.set(page, usedAt);
      this.#pages.get(key);
    }
    return page;
  }

  async put(key: string, page: StoredPage, reach: Reach = 'near'): Promise<boolean> {
    if (reach === 'far' && this.#pages.calculatedSize + sizeOf(page) > this.#pages.maxSize) return false;
    this.#pages.set(key, page);
    // lru-cache refuses an entry above maxEntrySize by not holding it, which is all that tells us.
    const kept = this.#pages.peek(key) === page;
    if (kept) this.#onEvent('stored');
    return kept;
  }

  async delete(key: string): Promise<void> {
    this.#pages.delete(key);
  }

  /** With all that was made of any page. Linear in the pages. Returns how many it were. */
  deleteWhere(isMeant: (page: StoredPage) => boolean): number {
    this.#prepared.clear();
    const deleted = this.#drop(isMeant);
    for (let number = 0; number < deleted; number += 1) this.#onEvent('purged');
    return deleted;
  }

  /** Lets go of what is over, whether anybody asks for it or not. Linear in the pages. */
  sweep(): void {
    const now = this.#clock.now();
    this.#prepared.sweep(now);
    this.#drop((page) => deleteAt(page) <= now);
  }

  #drop(isMeant: (page: StoredPage) => boolean): number {
    let dropped = 0;
    for (const [key, page] of this.#pages.entries()) {
      if (isMeant(page) && this.#pages.delete(key)) dropped += 1;
    }
    return dropped;
  }

  size(): { entries: number; bytes: number } {
    return { entries: this.#pages.size, bytes: this.#pages.calculatedSize };
  }
}
