import type { Clock } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import type { Sealer } from '../shared/sealer.ts';
import type { Generations } from './generations.ts';
import { fromBytes, toBytes } from './page-bytes.ts';
import {
  deleteAt,
  type OlderNames,
  type SharedFound,
  type SharedPageStore,
  type StoredPage,
} from './page-store.ts';
import type { RedisPageTags } from './redis-page-tags.ts';

export type RedisStoreEvent = 'stored' | 'undecryptable' | 'l2_error';

export interface RedisPageStoreParts {
  /** Fails commands at once while Redis is away, and after a time-out of its own while it does not answer. */
  readonly redis: RedisClient;
  readonly sealer: Sealer;
  /** What the names of its keys begin with. */
  readonly root: string;
  /** The largest page that is kept, before compression. */
  readonly maxEntryBytes: number;
  readonly clock: Clock;
  readonly onEvent: (event: RedisStoreEvent) => void;
  /** Absent where pages are never purged, because they do not last. */
  readonly purging?: {
    readonly tags: RedisPageTags;
    readonly generations: Generations;
    /** Names of the profiles in the page, in its scope. */
    readonly holders: (page: StoredPage) => Iterable<string>;
    /** Resolves when whatever was purged before this connection is known. */
    readonly known: () => Promise<void>;
  };
  /** Keeps every page for so long, whatever its own instants say. */
  readonly keepMs?: number;
}

const isPurged = (
  page: StoredPage,
  { generations, holders }: NonNullable<RedisPageStoreParts['purging']>,
): boolean => generations.isDead(page) || generations.holdsGone(page, () => holders(page));

const none: OlderNames = () => [];

/**
 * Pages that all replicas share, sealed, as `<root>:<key>`. Redis forgets each by itself at its last instant.
 * Nothing here throws, or waits longer than the client does for one command.
 */
export class RedisPageStore implements SharedPageStore {
  readonly #parts: RedisPageStoreParts;

  constructor(parts: RedisPageStoreParts) {
    this.#parts = parts;
  }

  async get(key: string, older?: OlderNames): Promise<StoredPage | undefined> {
    const found = await this.find(key, older);
    return typeof found === 'string' ? undefined : found;
  }

  /** Of a page that lies there under several keys the newest: replicas change over to another key one by one. */
  async find(key: string, older = none): Promise<SharedFound> {
    // One by one, sent together: in a cluster the names belong to different nodes, which MGET refuses.
    const replies = await Promise.all([key, ...older()].map((each) => this.#read(this.#name(each))));
    let newest: StoredPage | undefined;
    for (const reply of replies) {
      if (typeof reply === 'string') continue;
      if (newest === undefined || reply.storedAt > newest.storedAt) newest = reply;
    }
    const isAway = replies.includes('away');
    if (isAway) this.#parts.onEvent('l2_error');
    return newest ?? (isAway ? 'away' : 'absent');
  }

  async put(key: string, page: StoredPage): Promise<boolean> {
    const { clock, keepMs, maxEntryBytes, onEvent, purging, redis, sealer } = this.#parts;
    const lifetimeMs = keepMs ?? Math.ceil(deleteAt(page) - clock.now());
    const plain = toBytes(page);
    if (lifetimeMs <= 0 || plain.length > maxEntryBytes) {
      // What was there before is older still.
      await this.delete(key);
      return false;
    }
    try {
      const name = this.#name(key);
      const sealed = await sealer.seal(plain, name);
      // Sent together: a purge in between finds a page that nobody is given any more, by its generation.
      const [, isCurrent] = await Promise.all([
        redis.set(name, sealed, 'PX', lifetimeMs),
        purging?.tags.note(name, page, lifetimeMs),
      ]);
      if (isCurrent === false) {
        await this.delete(key);
        return false;
      }
    } catch {
      onEvent('l2_error');
      return false;
    }
    onEvent('stored');
    return true;
  }

  async delete(key: string, older = none): Promise<void> {
    try {
      await Promise.all([key, ...older()].map((each) => this.#parts.redis.unlink(this.#name(each))));
    } catch {
      this.#parts.onEvent('l2_error');
    }
  }

  /** Nothing is held here, and what Redis holds is Redis's to tell. */
  size(): { entries: number; bytes: number } {
    return { entries: 0, bytes: 0 };
  }

  async #read(name: string): Promise<SharedFound> {
    const { clock, keepMs, onEvent, purging, redis, sealer } = this.#parts;
    let sealed: Buffer | null;
    try {
      await purging?.known();
      sealed = await redis.getBuffer(name);
    } catch {
      return 'away';
    }
    if (sealed === null) return 'absent';
    const plain = await sealer.open(sealed, name);
    const page = plain && fromBytes(plain);
    if (page !== undefined) {
      const isOver = keepMs === undefined && deleteAt(page) <= clock.now();
      return isOver || (purging && isPurged(page, purging)) ? 'absent' : page;
    }
    // Left where it is: another replica may have the key, which this one has not got yet or not any more.
    onEvent('undecryptable');
    return 'absent';
  }

  #name(key: string): string {
    return `${this.#parts.root}:${key}`;
  }
}
