import type { QueueTeam } from '../budget/fair-queue.ts';
import type { Projections } from '../projection/projections.ts';
import type { View } from '../projection/view.ts';
import { type ErrorCode, GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { putTotal } from '../shared/total-member.ts';
import { freshness } from '../store/freshness.ts';
import type { HandOver, StoredPage } from '../store/page-store.ts';
import { accept, type Directives, NO_DIRECTIVES } from './acceptance.ts';
import type { Admission } from './admission.ts';
import type { Flights, Landed } from './flights.ts';
import { type Found, type LookUpParts, lookUp, lookUpHeld, type Named } from './look-up.ts';
import { Refreshes } from './refreshes.ts';

/** A question that was authenticated, parsed and authorised. */
export interface Ask {
  readonly request: PageRequest;
  readonly team: QueueTeam;
  /** What of the answer the caller may see, asked when it is there; throws when nobody is let in any more. */
  readonly view: () => View;
  /** Longest wait for permits. */
  readonly maxWaitMs: number;
  /** `export` takes what callers leave of the budget, and pushes nothing out of memory; absent: `caller`. */
  readonly class?: 'caller' | 'export';
  readonly signal: AbortSignal;
  /** What the caller says about stored answers; absent: nothing. */
  readonly directives?: Directives;
  /** The right to refuse a fresh one. */
  readonly mayRefuseFresh?: boolean;
}

/** What matters of a question when it has been answered. */
export interface Asked extends Pick<Ask, 'request' | 'team' | 'class' | 'directives'> {
  /** Of the page, in the store. */
  readonly key: string;
}

/** How an answer was come by: a closed set, shown in Cache-Status and counted. */
export type Delivery =
  | { readonly cache: 'hit' }
  | {
      readonly cache: 'stale';
      readonly reason: 'stale-while-revalidate' | 'stale-if-error' | 'stale-if-over-budget';
    }
  /** Fetched for this caller; `expired`: a copy was there, but too old. */
  | { readonly cache: 'miss'; readonly expired: boolean; readonly stored: boolean }
  /** Fetched for this caller although there was a copy that would have done for others. */
  | { readonly cache: 'bypass' }
  /** Fetched for somebody else, whom this caller joined. */
  | { readonly cache: 'shared'; readonly expired: boolean };

/** A stored page without its bytes, which are nobody's to deliver. */
export type AnsweredPage = Omit<StoredPage, 'body' | 'etag' | 'cutTotal'>;

export interface Answer {
  readonly page: AnsweredPage;
  /** What the caller may see of it, with the total if it was asked for. */
  readonly body: Buffer;
  readonly delivery: Delivery;
  /** Validator of `body` (RFC 9110 §8.8.3); empty when there is nothing to validate. */
  readonly etag: string;
  /** How long this answer waited for the budget. */
  readonly waitedMs: number;
  /** How long it was expected to, if a flight was made for it. */
  readonly expectedMs?: number;
}

/** Failures that an old page is better than. Not ours or Amperity's refusals: those are answers. */
const EXCUSED: ReadonlySet<ErrorCode> = new Set([
  'upstream_error',
  'upstream_budget',
  'team_budget',
  'shared_budget',
  'deadline_exceeded',
  'unavailable',
]);

const OVER_BUDGET: ReadonlySet<ErrorCode> = new Set(['team_budget', 'shared_budget', 'deadline_exceeded']);

/** Whoever will not wait, and need not by the estimate, is not turned away for the moment that a take-off takes. */
const LEAST_WAIT_MS = 100;

/**
 * A flight may have ended on another replica, so that the queue has to be asked how; its page may be gone from the
 * store at the next look; and it may land without the total. More often it cannot go wrong.
 */
const MAX_FLIGHTS = 4;

export interface AnswersParts extends LookUpParts {
  readonly handOver?: HandOver;
  readonly flights: Flights;
  readonly admission: Admission;
  readonly projections: Projections;
  /** Where cursors are handed out signed. */
  readonly signCursor?: (request: PageRequest, body: Buffer) => Buffer;
  /** Told of every answer that was given. */
  readonly onAnswered?: (asked: Asked, answer: Answer) => void;
}

const HIT: Delivery = { cache: 'hit' };
const STALE: Delivery = { cache: 'stale', reason: 'stale-while-revalidate' };

/** Clocks of two replicas may be so far apart. */
const APART_MS = 1000;

/**
 * The ask side. From the store if it can be, from a flight if it must be, stale if that fails. Never calls
 * Amperity itself.
 */
export class Answers {
  readonly #parts: AnswersParts;
  readonly #refreshes: Refreshes;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
    this.#refreshes = new Refreshes(parts.flights, parts.clock);
  }

  /** Rejects with a GatewayError when there is neither a page nor an old one to excuse its absence. */
  async answer(ask: Ask): Promise<Answer> {
    const key = this.#parts.keys.page(ask.request);
    const answer = await this.#answer(key, ask);
    this.#parts.onAnswered?.({ ...ask, key }, answer);
    return answer;
  }

  named(request: PageRequest): Named {
    const { keys } = this.#parts;
    const totalKey = request.withTotal ? keys.total(request) : undefined;
    return { request, key: keys.page(request), totalKey };
  }

  /**
   * What `answer` would give at once to whoever says nothing about stored answers: a page in memory that is fresh, or
   * stale and refreshed behind. Undefined says nothing. Whoever gives it says so by `given`.
   */
  atOnce(named: Named, view: View): Answer | undefined {
    const found = lookUpHeld(this.#parts, named);
    if (found === undefined || found.page.status !== 200) return undefined;
    const delivery = found.freshness === 'fresh' ? HIT : STALE;
    return this.#deliver({ request: named.request, view: () => view }, found, delivery, 0);
  }

  given({ key, request }: Named, team: QueueTeam, answer: Answer): void {
    if (answer.delivery.cache === 'stale')
      this.#refreshes.ask({ key, request, team, lookedUpAt: this.#parts.clock.now() });
    this.#parts.onAnswered?.({ request, team, key }, answer);
  }

  async #answer(key: string, ask: Ask): Promise<Answer> {
    const { directives = NO_DIRECTIVES, mayRefuseFresh = false } = ask;
    const found = await this.#lookUp(key, ask);
    const { request, team } = ask;
    const refresh = () => this.#refreshes.ask({ key, request, team, lookedUpAt: found.lookedUpAt });
    const accepted = accept(found, directives, mayRefuseFresh);
    if (accepted === 'hit') return this.#deliver(ask, found, HIT, 0);
    if (accepted === 'stale') {
      if (!directives.onlyIfCached) refresh();
      return this.#deliver(ask, found, STALE, 0);
    }
    if (directives.onlyIfCached) throw notCached();
    const insists = accepted === 'insist';
    try {
      return await this.#fetch(key, ask, found, insists);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const failure = this.#parts.admission.explain(error);
      if (insists || found.freshness === 'dead' || !EXCUSED.has(failure.code)) throw failure;
      const reason = OVER_BUDGET.has(failure.code) ? 'stale-if-over-budget' : 'stale-if-error';
      if (reason === 'stale-if-over-budget') refresh();
      const waitedMs = failure.code === 'deadline_exceeded' ? ask.maxWaitMs : 0;
      return this.#deliver(ask, found, { cache: 'stale', reason }, waitedMs);
    }
  }

  /** @param insists whether nothing will do that was stored before this caller came */
  async #fetch(key: string, ask: Ask, before: Found, insists: boolean): Promise<Answer> {
    const expired = before.page !== undefined;
    // A total that is still fresh need not be asked for again, page by page.
    const hasTotal =
      !insists && before.total !== undefined && freshness(before.total, before.lookedUpAt) === 'fresh';
    const request = hasTotal ? { ...ask.request, withTotal: false } : ask.request;
    const isLetIn = ask.class === 'export' || this.#parts.flights.isExpected(key, request.withTotal);
    const expectedMs = isLetIn
      ? undefined
      : await this.#parts.admission.admit(request, ask.team, ask.maxWaitMs);
    let { lookedUpAt } = before;
    let waitedMs = 0;
    // Whether one of the flights was for this caller: the page may be found only at the next look.
    let isOwn = false;
    const arrived = (found: Pick<Found, 'page' | 'total'>, stored: boolean): Answer => {
      if (!isOwn) return this.#deliver(ask, found, { cache: 'shared', expired }, waitedMs);
      const bypasses = insists && before.freshness === 'fresh';
      const delivery: Delivery = bypasses ? { cache: 'bypass' } : { cache: 'miss', expired, stored };
      const answer = this.#deliver(ask, found, delivery, waitedMs);
      return expectedMs === undefined ? answer : { ...answer, expectedMs };
    };
    for (let flight = 0; flight < MAX_FLIGHTS; flight += 1) {
      const landed = await this.#parts.flights.board({
        ...ask,
        key,
        request,
        lookedUpAt,
        maxWaitMs: Math.max(ask.maxWaitMs, LEAST_WAIT_MS) - waitedMs,
      });
      waitedMs += landed.waitedMs;
      isOwn ||= !landed.collapsed;
      const brought = broughtBy(landed, request);
      if (brought !== undefined) {
        const total = hasTotal ? before.total : brought.total;
        return arrived({ page: brought.page, total }, brought.stored);
      }
      const again = await this.#lookUp(key, ask);
      // Not by clocks, of which replicas have one each.
      const isNew = !insists || again.storedAt !== before.storedAt;
      if (again.freshness === 'fresh' && isNew) return arrived(again, true);
      const handed = await this.#handedOver(key, request, before.lookedUpAt);
      if (handed !== undefined) {
        const total = hasTotal ? before.total : handed.total;
        return arrived({ page: handed.page, total }, false);
      }
      // The queue knows how it ended. If that was well, it is nowhere to be found or lacks the total: then only a flight
      // of its own will do.
      if (flight > 0) lookedUpAt = Number.POSITIVE_INFINITY;
    }
    throw new GatewayError('unavailable', 'The page was fetched but could not be kept.', {
      retryAfterMs: 1000,
    });
  }

  /** The one way out: whatever is answered, from wherever, has passed the caller's view here. */
  #deliver(
    { request, view: viewNow }: Pick<Ask, 'request' | 'view'>,
    { page, total }: Pick<Found, 'page' | 'total'>,
    delivery: Delivery,
    waitedMs: number,
  ): Answer {
    if (page === undefined) throw new GatewayError('internal', 'There was no page to deliver.');
    const { projections, signCursor } = this.#parts;
    const view = viewNow();
    const { body: shown, etag } = projections.of(view, request.route, page);
    const isCounted = total !== undefined && page.status !== 404;
    const isSigned = signCursor !== undefined && page.nextToken !== undefined;
    if (!isCounted && !isSigned) return { page, body: shown, etag, delivery, waitedMs };
    // Where it stood in Amperity's bytes it stands in none but those.
    const cut = shown === page.body ? page.cutTotal : undefined;
    const counted = isCounted ? putTotal(shown, cut, total.body.toString('utf8')) : shown;
    const body = isSigned ? signCursor(request, counted) : counted;
    return { page, body, etag: projections.validator(view, body), delivery, waitedMs };
  }

  #lookUp(key: string, { class: askClass, request }: Ask): Promise<Found> {
    return lookUp(this.#parts, key, request, askClass === 'export' ? 'far' : 'near');
  }

  /** What another replica has fetched for a flight that has just ended, if no store may keep it. */
  async #handedOver(
    key: string,
    request: PageRequest,
    since: number,
  ): Promise<Pick<Found, 'page' | 'total'> | undefined> {
    const { handOver, keys } = this.#parts;
    const page = await handOver?.get(key);
    if (page === undefined || page.storedAt < since - APART_MS) return undefined;
    if (!request.withTotal || page.status === 404) return { page, total: undefined };
    const total = await handOver?.get(keys.total(request));
    return total && { page, total };
  }
}

const notCached = (): GatewayError =>
  new GatewayError(
    'not_cached',
    'There is no stored answer that would do, and only such a one was asked for.',
  );

type Brought = Pick<Found, 'page' | 'total'> & { readonly stored: boolean };

/** What the flight brought if that is all this caller needs; throws the failure that all its waiters share. */
function broughtBy({ outcome }: Landed, request: PageRequest): Brought | undefined {
  if ('failure' in outcome && outcome.failure !== undefined) throw outcome.failure;
  if (!('page' in outcome)) return undefined;
  const { page, stored } = outcome;
  const total = request.withTotal && page.status !== 404 ? outcome.total : undefined;
  const lacksTotal = request.withTotal && page.status !== 404 && total === undefined;
  return lacksTotal ? undefined : { page, stored, total };
}
