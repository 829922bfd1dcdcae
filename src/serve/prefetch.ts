import type { Pacing } from '../budget/pacing.ts';
import type { Permits } from '../budget/permits.ts';
import type { Clock } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { PageStore } from '../store/page-store.ts';
import type { StoreKeys } from '../store/store-keys.ts';
import type { Answer, AnsweredPage, Asked } from './answer.ts';
import type { Flights } from './flights.ts';

export type PrefetchOutcome = 'used' | 'wasted';

export interface PrefetchParts {
  readonly store: PageStore;
  readonly keys: StoreKeys;
  readonly flights: Flights;
  readonly permits: Permits;
  readonly pacing: Pacing;
  readonly clock: Clock;
  readonly onOutcome?: (outcome: PrefetchOutcome) => void;
}

/** Permits that have to be left over: more than idle flights must leave to callers anyway. */
const SPARE_PERMITS = 3;

/** Who walks takes the next page within this time, or will not take it. */
const USED_WITHIN_MS = 60_000;

/** Prefetched pages over which waste is judged; no more than these are undecided at a time. */
const SAMPLE = 100;
const PAUSE_MS = 600_000;
const LOOK_EVERY_MS = 1000;

/**
 * Fetches the next page for whoever walks a chain, while the budget has permits to spare. Whether pages are used is
 * watched: when most of a hundred were for nothing, none are fetched for ten minutes.
 */
export class Prefetch {
  readonly #parts: PrefetchParts;
  /** By key, oldest first: the monotonic instant after which the page counts as wasted. */
  readonly #undecided = new Map<string, number>();
  /** Monotonic: until then the page after this one need not be looked for again, however many come this way. */
  readonly #lookAgainAt = new WeakMap<AnsweredPage, number>();
  /** Pages fetched ahead, here or by other replicas, whose use has been counted. */
  readonly #seen = new WeakSet<AnsweredPage>();
  #outcomes: PrefetchOutcome[] = [];
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(parts: PrefetchParts) {
    this.#parts = parts;
  }

  /** A caller was given this answer. */
  answered({ directives, key, request, team }: Asked, { delivery, page }: Answer): void {
    if (request.nextToken === undefined) return;
    this.#countUse(key, page);
    // Who asks for nothing to be fetched gets it, and what is not kept is not there when it is asked for.
    const isKept = delivery.cache !== 'miss' || delivery.stored;
    if (page.nextToken === undefined || directives?.onlyIfCached || !isKept) return;
    const now = this.#parts.clock.monotonic();
    if (now < (this.#lookAgainAt.get(page) ?? 0) || !this.#mayFetch()) return;
    this.#lookAgainAt.set(page, now + LOOK_EVERY_MS);
    const next: PageRequest = { ...request, nextToken: page.nextToken, withTotal: false };
    void this.#fetch(next, team).catch(() => undefined);
  }

  #mayFetch(): boolean {
    const { clock, pacing, permits } = this.#parts;
    this.#countWaste();
    if (clock.monotonic() < this.#pausedUntil || this.#undecided.size >= SAMPLE) return false;
    // What was spent in the last window, and what replicas hold that look for work: more errs on the side of callers.
    const { leases, minTimeMs } = pacing.tuning();
    return minTimeMs === 0 && leases - permits.held() > SPARE_PERMITS;
  }

  async #fetch(request: PageRequest, team: Asked['team']): Promise<void> {
    const { clock, flights, keys, store } = this.#parts;
    const key = keys.page(request);
    const lookedUpAt = clock.now();
    if (this.#undecided.has(key) || (await store.get(key, () => keys.olderPages(request)))) return;
    if (await flights.fetchBehind({ key, request, team, lookedUpAt }, 'idle'))
      this.#undecided.set(key, clock.monotonic() + USED_WITHIN_MS);
  }

  #countUse(key: string, page: AnsweredPage): void {
    if (this.#undecided.delete(key)) {
      this.#seen.add(page);
      this.#decided('used');
    } else if (page.prefetched && !this.#seen.has(page)) {
      this.#seen.add(page);
      // Another replica had it fetched, as this one does for callers that go on there: one for one.
      const [oldest] = this.#undecided.keys();
      if (oldest !== undefined && this.#undecided.delete(oldest)) this.#decided('used');
    }
  }

  #countWaste(): void {
    const now = this.#parts.clock.monotonic();
    for (const [key, until] of this.#undecided) {
      if (now < until) return;
      this.#undecided.delete(key);
      this.#decided('wasted');
    }
  }

  #decided(outcome: PrefetchOutcome): void {
    this.#parts.onOutcome?.(outcome);
    this.#outcomes.push(outcome);
    if (this.#outcomes.length < SAMPLE) return;
    const wasted = this.#outcomes.filter((each) => each === 'wasted').length;
    if (wasted > SAMPLE / 2) this.#pausedUntil = this.#parts.clock.monotonic() + PAUSE_MS;
    this.#outcomes = [];
  }
}
