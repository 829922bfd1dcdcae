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

/** How long a refresh may wait for its turn; the next stale answer asks for it again. */
const REFRESH_WAIT_MS = 60_000;

/** An interest is entered a little beyond its first deadline, so that a crowd need not prolong it one by one. */
const INTEREST_SLACK_MS = 1000;

interface Interest {
  waiters: number;
  until: number;
  withTotal: boolean;
  entered: Promise<Entered>;
}

interface LocalFlight {
  readonly waiters: Set<Waiter<Outcome | Ending>>;
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

  /** @param refusal what a caller is told when a bound of the queue is reached */
  constructor(
    queue: AskQueue,
    signals: Signals<Outcome>,
    clock: Clock,
    refusal: (team: QueueTeam, bound: 'team' | 'total') => Promise<GatewayError>,
  ) {
    this.#queue = queue;
    this.#signals = signals;
    this.#clock = clock;
    this.#refusal = refusal;
    signals.subscribe(({ kind, key, ...signal }) => {
      const flight = this.#flights.get(key);
      if (flight === undefined || kind === 'queued') return;
      flight.signals += 1;
      flight.flying = kind === 'claimed';
      if (kind === 'settled') this.#flights.delete(key);
      for (const waiter of flight.waiters) {
        if (kind === 'requeued') waiter.start();
        else waiter.pause();
        if ('outcome' in signal) waiter.land(signal.outcome);
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
    flight.waiters.add(waiter);
    if (!flight.flying) waiter.start();
    const { interest, isFirst } = this.#interest(flight, boarding);
    let collapsed = true;
    try {
      const apply = async (entered: Entered): Promise<void> => {
        if (entered.state === 'settled') waiter.land(entered.ending);
        else if (entered.state === 'refused') waiter.fail(await this.#refusal(team, entered.bound));
        else collapsed = !(isFirst && entered.created);
      };
      interest.entered.then(apply).catch(waiter.fail.bind(waiter));
      const outcome = await waiter.landed;
      waiter.pause();
      return { outcome, waitedMs: waiter.waitedMs(), collapsed };
    } finally {
      waiter.pause();
      signal.removeEventListener('abort', hangUp);
      flight.waiters.delete(waiter);
      interest.waiters -= 1;
      if (interest.waiters === 0) this.#leave(key, flight, team.name);
    }
  }

  /** Whether somebody here waits for all of this already, so that one more costs nothing. */
  isExpected(key: string, withTotal: boolean): boolean {
    const flight = this.#flights.get(key);
    if (flight === undefined || !withTotal) return flight !== undefined;
    return [...flight.interests.values()].some((interest) => interest.withTotal);
  }

  /** Has the page fetched when no caller needs the budget. Nobody waits, nobody learns of a failure. */
  async refresh({ key, request, team, lookedUpAt }: Wish): Promise<void> {
    const until = this.#clock.now() + REFRESH_WAIT_MS;
    const entered = await this.#queue.enter(key, request, { team, class: 'refresh', until }, lookedUpAt);
    if (entered.state === 'aboard' && !entered.flying) this.#signals.publish({ kind: 'queued', key });
  }

  #flightOf(key: string): LocalFlight {
    const known = this.#flights.get(key);
    if (known !== undefined) return known;
    const flight: LocalFlight = { waiters: new Set(), interests: new Map(), flying: false, signals: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  /** The team's interest in the flight, entered into the queue if it is new or would end before this caller's wait. */
  #interest(flight: LocalFlight, boarding: Boarding): { interest: Interest; isFirst: boolean } {
    const until = this.#clock.now() + boarding.maxWaitMs;
    const { withTotal } = boarding.request;
    const known = flight.interests.get(boarding.team.name);
    if (known !== undefined && until <= known.until && withTotal <= known.withTotal) {
      known.waiters += 1;
      return { interest: known, isFirst: false };
    }
    const later = until + INTEREST_SLACK_MS;
    const entered = this.#enter(flight, boarding, later);
    if (known !== undefined) {
      Object.assign(known, { entered, until: later, waiters: known.waiters + 1 });
      known.withTotal ||= withTotal;
      return { interest: known, isFirst: false };
    }
    const interest: Interest = { waiters: 1, until: later, withTotal, entered };
    flight.interests.set(boarding.team.name, interest);
    return { interest, isFirst: true };
  }

  async #enter(flight: LocalFlight, boarding: Boarding, until: number): Promise<Entered> {
    const { key, request, team, lookedUpAt } = boarding;
    const seen = flight.signals;
    const entered = await this.#queue.enter(key, request, { team, class: 'caller', until }, lookedUpAt);
    if (entered.state !== 'aboard') return entered;
    const current = this.#flights.get(key);
    if (current !== flight) {
      // Everybody it was for has been served or has left while the queue was asked; perhaps others came since.
      if (current?.interests.has(team.name) !== true) await this.#queue.leave(key, team.name);
    } else if (flight.signals === seen && entered.flying) {
      flight.flying = true;
      for (const waiter of flight.waiters) waiter.pause();
    } else if (!flight.flying) {
      this.#signals.publish({ kind: 'queued', key });
    }
    return entered;
  }

  #leave(key: string, flight: LocalFlight, team: string): void {
    flight.interests.delete(team);
    if (this.#flights.get(key) !== flight) return;
    if (flight.waiters.size === 0) this.#flights.delete(key);
    this.#queue.leave(key, team).catch(() => undefined);
  }
}
