import type { Clock } from '../shared/clock.ts';
import type { MemoryPageStore } from './memory-page-store.ts';
import type { NearPageStore, OlderNames, Reach, SharedPageStore, StoredPage } from './page-store.ts';

/**
 * How long a page in memory goes unconfirmed before the next hit has it looked up: half of the 60 s after which a
 * lost message about it must not matter any more, so that a page in use is never older than those.
 */
const CONFIRM_AFTER_MS = 30_000;

/** How soon another hit tries again when the shared store did not answer. */
const CONFIRM_AGAIN_MS = 1000;

/**
 * This replica's memory in front of the store that all replicas share. A page in memory is answered without asking
 * anybody; behind the answer it is compared with the shared store every now and then, and follows it: what is gone
 * there goes, what is newer there is taken over. While the shared store is away, memory goes on alone.
 */
export class LayeredPageStore implements NearPageStore {
  readonly #memory: MemoryPageStore;
  readonly #shared: SharedPageStore;
  readonly #clock: Clock;
  /** When to compare next; monotonic. */
  readonly #dueAt = new WeakMap<StoredPage, number>();
  /** Pages that the shared store did not take, because it was away: it lacks them, and not because they were deleted. */
  readonly #unshared = new WeakSet<StoredPage>();
  /** Look-ups under way whose page may be taken into memory: whatever happens to the key in the meantime ends that. */
  readonly #fetching = new Map<string, symbol>();

  /** @param memory gives back the very objects that it was given */
  constructor(memory: MemoryPageStore, shared: SharedPageStore, clock: Clock) {
    this.#memory = memory;
    this.#shared = shared;
    this.#clock = clock;
  }

  async get(key: string, older?: OlderNames, reach: Reach = 'near'): Promise<StoredPage | undefined> {
    const page = this.held(key, older);
    if (page !== undefined) return page;
    if (reach === 'near') return this.#fetch(key, older);
    const found = await this.#shared.find(key, older);
    return typeof found === 'string' ? undefined : found;
  }

  held(key: string, older?: OlderNames): StoredPage | undefined {
    const page = this.#memory.held(key);
    if (page === undefined) return undefined;
    if (this.#clock.monotonic() >= (this.#dueAt.get(page) ?? 0)) void this.#confirm(key, page, older);
    return page;
  }

  async put(key: string, page: StoredPage, reach: Reach = 'near'): Promise<boolean> {
    if (reach === 'far') {
      this.forget(key);
      return this.#shared.put(key, page);
    }
    this.#fetching.delete(key);
    const [near, far] = await Promise.all([
      this.#keep(key, page, this.#clock.monotonic()),
      this.#shared.put(key, page),
    ]);
    if (near && !far) this.#unshared.add(page);
    return near || far;
  }

  async delete(key: string, older?: OlderNames): Promise<void> {
    this.forget(key);
    await this.#shared.delete(key, older);
  }

  /** From memory alone: another replica has said that the shared store has a newer one. */
  forget(key: string): void {
    this.#fetching.delete(key);
    void this.#memory.delete(key);
  }

  /** From memory alone, all of these: what is still current is in the shared store. Returns how many it were. */
  forgetWhere(isMeant: (page: StoredPage) => boolean): number {
    this.#fetching.clear();
    return this.#memory.deleteWhere(isMeant);
  }

  /** Of memory. */
  size(): { readonly entries: number; readonly bytes: number } {
    return this.#memory.size();
  }

  async #fetch(key: string, older?: OlderNames): Promise<StoredPage | undefined> {
    const ticket = this.#fetching.get(key) ?? Symbol();
    this.#fetching.set(key, ticket);
    const askedAt = this.#clock.monotonic();
    const found = await this.#shared.find(key, older);
    const isCurrent = this.#fetching.get(key) === ticket;
    if (isCurrent) this.#fetching.delete(key);
    if (typeof found === 'string') return undefined;
    if (isCurrent) await this.#keep(key, found, askedAt);
    return found;
  }

  async #confirm(key: string, page: StoredPage, older?: OlderNames): Promise<void> {
    const askedAt = this.#clock.monotonic();
    this.#dueAt.set(page, askedAt + CONFIRM_AGAIN_MS);
    const found = await this.#shared.find(key, older);
    if (found === 'away') return;
    if (found !== 'absent' && found.storedAt <= page.storedAt) {
      this.#dueAt.set(page, askedAt + CONFIRM_AFTER_MS);
      this.#unshared.delete(page);
      return;
    }
    // Replaced or deleted in the meantime.
    if (this.#memory.held(key) !== page) return;
    if (found === 'absent' && this.#unshared.has(page)) {
      this.#dueAt.set(page, askedAt + CONFIRM_AFTER_MS);
      if (await this.#shared.put(key, page)) this.#unshared.delete(page);
    } else if (found === 'absent') await this.#memory.delete(key);
    else await this.#keep(key, found, askedAt);
  }

  /** @param askedAt monotonic instant at which the page was known to be the current one */
  #keep(key: string, page: StoredPage, askedAt: number): Promise<boolean> {
    this.#dueAt.set(page, askedAt + CONFIRM_AFTER_MS);
    return this.#memory.put(key, page);
  }
}
