import type { AskQueue, Ending, Entered, QueueTeam } from '../budget/fair-queue.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { Signals } from '../signals/signals.ts';
import type { Outcome } from '../store/outcome.ts';
import { Waiter } from './waiter.ts';

/** A wish to have a page fetched. */
export interface Wish {
  readonly key: string;
  readonly request: PageRequest;
  readonly team: QueueTeam;
  /** Epoch ms at which whoever wishes began to look into the store. */
  readonly lookedUpAt: number;
}

/** A caller's wish, who waits for it. */
export interface Boarding extends Wish {
  /** `export` waits for what callers leave of the budget; absent: `caller`. */
  readonly class?: 'caller' | 'export';
  /** Longest time this caller waits for permits; time in the air does not count. */
  readonly maxWaitMs: number;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
}

export interface Landed {
  /** What the flight brought, or only how it ended when that was before this caller came aboard. */
  readonly outcome: Outcome | Ending;
  /** How long this caller waited for permits. */
  readonly waitedMs: number;
  /** Somebody else's wish had caused the flight. */
  readonly collapsed: boolean;
}

/** How long what nobody waits for may wait for its turn; whoever asks next wishes for it again. */
const BEHIND_WAIT_MS = 60_000;

/** An interest is entered a little beyond its first deadline, so that a crowd need not prolong it one by one. */
const INTEREST_SLACK_MS = 1000;

/** Into how many parts a round of rechecks is cut, where there are enough for that. */
const SLICES = 20;
const LEAST_PER_SLICE = 10;

interface Interest {
  readonly waiters: Set<Waiter<Outcome | Ending>>;
  /** As it was last entered. */
  wish: Wish & Pick<Boarding, 'class'>;
  until: number;
  entered: Promise<Entered>;
}

interface LocalFlight {
  /** By team. */
  readonly interests: Map<string, Interest>;
  flying: boolean;
  /** Signals seen, by which a slower answer of the queue is known to be outdated. */
  signals: number;
}

/**
 * The callers of this replica that wait, by flight. However many wait for one page, the queue knows one interest
 * per team. A caller leaves when its deadline passes in the queue or its connection closes; a flight that nobody
 * waits for leaves the queue, and one in the air goes on for the store's sake.
 */
export class Flights {
  readonly #queue: AskQueue;
  readonly #signals: Signals<Outcome>;
  readonly #clock: Clock;
  readonly #refusal: (team: QueueTeam, bound: 'team' | 'total') => Promise<GatewayError>;
  readonly #flights = new Map<string, LocalFlight>();
  readonly #recheckMs: number | undefined;
  #cancelRecheck: (() => void) | undefined;
  /** Flights that are yet to be rechecked in this round. */
  #due: LocalFlight[] = [];
  #slicesLeft = 0;
  /** Monotonic instant at which this round began. */
  #roundAt = Number.NEGATIVE_INFINITY;

  /**
   * @param refusal what a caller is told when a bound of the queue is reached
   * @param recheckMs how often the queue is asked what has become of flights that are waited for: needed where signals
   *   can get lost and a queue can be away or forget. Undefined: never
   */
  constructor(
    queue: AskQueue,
    signals: Signals<Outcome>,
    clock: Clock,
    refusal: (team: QueueTeam, bound: 'team' | 'total') => Promise<GatewayError>,
    recheckMs?: number,
  ) {
    this.#queue = queue;
    this.#signals = signals;
    this.#clock = clock;
    this.#refusal = refusal;
    this.#recheckMs = recheckMs;
    signals.subscribe((signal) => {
      if (!('key' in signal) || signal.kind === 'queued' || signal.kind === 'offered') return;
      const { kind, key } = signal;
      const flight = this.#flights.get(key);
      if (flight === undefined) return;
      flight.signals += 1;
      flight.flying = kind === 'claimed';
      if (kind === 'settled') this.#flights.delete(key);
      for (const waiter of waitersOf(flight)) {
        if (kind === 'requeued') waiter.start();
        else waiter.pause();
        if (kind === 'settled') waiter.land(signal.outcome ?? {});
      }
    });
  }

  /**
   * Waits for the page. Rejects with the refusal when the queue is full, `deadline_exceeded` when `maxWaitMs`
   * has passed in the queue, and `client_closed` when the caller has gone.
   */
  async board(boarding: Boarding): Promise<Landed> {
    const { key, signal, maxWaitMs, team } = boarding;
    const flight = this.#flightOf(key);
    const waiter = new Waiter<Outcome | Ending>(this.#clock, maxWaitMs);
    const hangUp = (): void => waiter.fail(new GatewayError('client_closed', 'The caller has gone.'));
    signal.addEventListener('abort', hangUp, { once: true });
    if (signal.aborted) hangUp();
    if (!flight.flying) waiter.start();
    const { interest, isFirst } = this.#interest(flight, boarding);
    interest.waiters.add(waiter);
    this.#recheckLater();
    let collapsed = true;
    try {
      const apply = async (entered: Entered): Promise<void> => {
        if (entered.state === 'settled') waiter.land(entered.ending);
        else if (entered.state === 'refused') {
          // Its bound is its own, and whoever exports comes back by himself.
          const isExport = boarding.class === 'export';
          waiter.fail(isExport ? crowded() : await this.#refusal(team, entered.bound));
        } else collapsed = !(isFirst && entered.created);
      };
      interest.entered.then(apply).catch((failure) => {
        // A queue that is away may be back before the deadline.
        if (this.#recheckMs === undefined) waiter.fail(failure);
      });
      const outcome = await waiter.landed;
      waiter.pause();
      return { outcome, waitedMs: waiter.waitedMs(), collapsed };
    } finally {
      waiter.pause();
      signal.removeEventListener('abort', hangUp);
      interest.waiters.delete(waiter);
      if (interest.waiters.size === 0) this.#leave(key, flight, team.name);
    }
  }

  /** Whether somebody here waits for all of this already, so that one more costs nothing. */
  isExpected(key: string, withTotal: boolean): boolean {
    const wishes = [...(this.#flights.get(key)?.interests.values() ?? [])].map(({ wish }) => wish);
    return wishes.some((wish) => wish.class !== 'export' && (!withTotal || wish.request.withTotal));
  }

  /**
   * Has the page fetched when no caller needs the budget. Nobody waits, nobody learns of a failure. Resolves to whether
   * it was this wish that caused the flight.
   */
  async fetchBehind(wish: Wish, flightClass: 'refresh' | 'idle'): Promise<boolean> {
    const { key, request, team, lookedUpAt } = wish;
    const until = this.#clock.now() + BEHIND_WAIT_MS;
    const entered = await this.#queue.enter(key, request, { team, class: flightClass, until }, lookedUpAt);
    if (entered.state !== 'aboard') return false;
    if (!entered.flying) this.#signals.publish({ kind: 'queued', key });
    return entered.created;
  }

  #flightOf(key: string): LocalFlight {
    const known = this.#flights.get(key);
    if (known !== undefined) return known;
    const flight: LocalFlight = { interests: new Map(), flying: false, signals: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  /** The team's interest in the flight, entered into the queue if it is new or would end before this caller's wait. */
  #interest(flight: LocalFlight, boarding: Boarding): { interest: Interest; isFirst: boolean } {
    const until = this.#clock.now() + boarding.maxWaitMs;
    const known = flight.interests.get(boarding.team.name);
    const wantsMore = boarding.request.withTotal && known?.wish.request.withTotal === false;
    const isSooner = boarding.class !== 'export' && known?.wish.class === 'export';
    if (known !== undefined && until <= known.until && !wantsMore && !isSooner)
      return { interest: known, isFirst: false };
    const later = until + INTEREST_SLACK_MS;
    const entered = this.#enter(flight, boarding, later);
    if (known !== undefined) {
      Object.assign(known, { entered, until: later });
      if (wantsMore) known.wish = { ...known.wish, request: boarding.request };
      if (isSooner) known.wish = { ...known.wish, class: 'caller' };
      return { interest: known, isFirst: false };
    }
    const { key, request, team, lookedUpAt } = boarding;
    const wish = { key, request, team, lookedUpAt, class: boarding.class ?? 'caller' };
    const interest: Interest = { waiters: new Set(), wish, until: later, entered };
    flight.interests.set(boarding.team.name, interest);
    return { interest, isFirst: true };
  }

  async #enter(flight: LocalFlight, wish: Interest['wish'], until: number): Promise<Entered> {
    const { key, request, team, lookedUpAt } = wish;
    const seen = flight.signals;
    const entered = await this.#queue.enter(
      key,
      request,
      { team, class: wish.class ?? 'caller', until },
      lookedUpAt,
    );
    if (entered.state !== 'aboard') return entered;
    const current = this.#flights.get(key);
    if (current !== flight) {
      // Everybody it was for has been served or has left while the queue was asked; perhaps others came since.
      if (current?.interests.has(team.name) !== true) await this.#queue.leave(key, team.name);
    } else if (flight.signals === seen && entered.flying) {
      flight.flying = true;
      for (const waiter of waitersOf(flight)) waiter.pause();
    } else if (!flight.flying || (flight.signals === seen && !entered.flying)) {
      // It may have been in the air where it has been forgotten since, or on a replica that is gone.
      if (flight.flying) for (const waiter of waitersOf(flight)) waiter.start();
      flight.flying = false;
      this.#signals.publish({ kind: 'queued', key });
    }
    return entered;
  }

  #leave(key: string, flight: LocalFlight, team: string): void {
    flight.interests.delete(team);
    if (this.#flights.get(key) !== flight) return;
    if (flight.interests.size === 0) this.#flights.delete(key);
    this.#queue.leave(key, team).catch(() => undefined);
  }

  /** Every `recheckMs` a round begins, in slices: hundreds of flights at once would hold up whoever is to be answered. */
  #recheckLater(): void {
    if (this.#recheckMs === undefined || this.#cancelRecheck !== undefined) return;
    const isRound = this.#slicesLeft === 0;
    const sliceMs = this.#recheckMs / SLICES;
    const sinceMs = this.#clock.monotonic() - this.#roundAt;
    // Slices are part of the period: a flight that has ended unheard is known to the queue for seconds only.
    const restMs = sinceMs < this.#recheckMs ? Math.max(sliceMs, this.#recheckMs - sinceMs) : this.#recheckMs;
    this.#cancelRecheck = this.#clock.after(isRound ? restMs : sliceMs, () => {
      this.#cancelRecheck = undefined;
      if (isRound) {
        this.#roundAt = this.#clock.monotonic();
        this.#due = [...this.#flights.values()];
        this.#slicesLeft = SLICES;
      }
      const slice = Math.max(LEAST_PER_SLICE, Math.ceil(this.#due.length / this.#slicesLeft));
      for (const flight of this.#due.splice(0, slice)) this.#recheck(flight);
      this.#slicesLeft = this.#due.length > 0 ? this.#slicesLeft - 1 : 0;
      if (this.#flights.size > 0) this.#recheckLater();
    });
  }

  /** Enters every interest once more: it stands as it was, is made anew if it was forgotten, or has ended unheard. */
  recheck(): void {
    for (const flight of this.#flights.values()) this.#recheck(flight);
    if (this.#flights.size > 0) this.#recheckLater();
  }

  #recheck(flight: LocalFlight): void {
    for (const interest of flight.interests.values()) {
      const { wish, waiters } = interest;
      if (this.#flights.get(wish.key) !== flight) return;
      // Their time stood still while the flight was in the air.
      const longestMs = Math.max(0, ...[...waiters].map((waiter) => waiter.remainingMs()));
      interest.until = Math.max(interest.until, this.#clock.now() + longestMs + INTEREST_SLACK_MS);
      const apply = (entered: Entered): void => {
        if (entered.state !== 'settled') return;
        for (const waiter of waiters) waiter.land(entered.ending);
      };
      this.#enter(flight, wish, interest.until).then(apply, () => undefined);
    }
  }
}

const crowded = (): GatewayError =>
  new GatewayError('shared_budget', 'As many exports wait as may wait.', { retryAfterMs: 1000 });

function* waitersOf({ interests }: LocalFlight): Generator<Waiter<Outcome | Ending>> {
  for (const { waiters } of interests.values()) yield* waiters;
}
