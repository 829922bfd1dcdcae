import type { Breakers } from '../budget/breakers.ts';
import type { CoolDown } from '../budget/cool-down.ts';
import type { Claim, FillQueue, Setback } from '../budget/fair-queue.ts';
import type { Finding, FleetHealth } from '../budget/fleet-health.ts';
import type { Pacing } from '../budget/pacing.ts';
import type { RetryBudget } from '../budget/retry-budget.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Signals } from '../signals/signals.ts';
import { freshness, type Instants, instants, type Lifetimes } from '../store/freshness.ts';
import { EVERYTHING, type Generations } from '../store/generations.ts';
import type { Outcome } from '../store/outcome.ts';
import {
  type HandOver,
  type PageStore,
  type Provenance,
  provenanceOf,
  type Reach,
  type StoredPage,
} from '../store/page-store.ts';
import type { StoreKeys } from '../store/store-keys.ts';
import { totalEntry } from '../store/totals.ts';
import type { UpstreamAnswer } from '../upstream/amperity.ts';
import type { Chains } from './chains.ts';
import { retryDelayMs } from './retry-delay.ts';

export interface LandingParts {
  readonly queue: FillQueue;
  readonly store: PageStore;
  readonly handOver?: HandOver;
  readonly signals: Signals<Outcome>;
  readonly coolDown: CoolDown;
  readonly pacing: Pacing;
  readonly breakers: Breakers;
  readonly health: FleetHealth;
  readonly retries: RetryBudget;
  readonly clock: Clock;
  readonly random: () => number;
  readonly lifetimes: Lifetimes;
  readonly totalFreshMs: number;
  /** Calls per flight at most, the first one included. */
  readonly attempts: number;
  readonly keys: StoreKeys;
  readonly generations: Generations;
  /** Makes everything about an index stale; absent where rebuilds are not watched. */
  readonly markStale?: (index: string) => Promise<void>;
  readonly chains: Chains;
  /** Validator of a body (RFC 9110 §8.8.3). */
  readonly etag: (body: Buffer) => string;
}

type Answer<K extends UpstreamAnswer['kind']> = Extract<UpstreamAnswer, { kind: K }>;

/** After Amperity refused our credential for good, one call in this time tries again. */
const REFUSED_MS = 10_000;

/** Tokens are asked for by somebody who keeps a pace of his own: this only keeps flights from failing one by one. */
const TOKENLESS_MS = 1000;

/** How long a call that was let in tells something about the next one. */
const ACCEPTED_MS = 20_000;

/** How long a flight is left to other replicas that this one declines. */
const DECLINED_MS = 100;

/** Answers that say nothing about how Amperity is. */
const SILENT: ReadonlySet<UpstreamAnswer['kind']> = new Set([
  'throttled',
  'tokenless',
  'unauthorized',
  'unsent',
]);

/** An upstream that asks for a longer pause than this is believed, and not asked again for the same flight. */
const LONGEST_PAUSE_MS = 5000;

/** Least time to wait before asking for a page whose flight failed. */
const RETRY_AFTER_FAILURE_MS = 1000;

/** What becomes of a flight once its call has ended: a page for everybody, one more try, or a failure for everybody. */
export class Landing {
  readonly #parts: LandingParts;
  #refused: { readonly failure: GatewayError; readonly forMs: number; until: number } | undefined;
  /** The claim whose call finds out whether our credential is still refused, while it is in the air. */
  #probe: string | undefined;
  /** Indexes in which a cursor counts only with the total, if it was handed out with one. */
  readonly #tiedToTotal = new Set<string | undefined>();
  /** Monotonic instant of the last call that was let in. */
  #acceptedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: LandingParts) {
    this.#parts = parts;
    // Refusals of calls that were under way together are one event, on whichever replica.
    parts.coolDown.whenNews(() => parts.pacing.refused());
    parts.signals.subscribe((signal) => {
      if (signal.kind === 'paused') parts.coolDown.pauseFor(signal.forMs);
    });
  }

  /** The failure every flight gets while Amperity refuses our credential. */
  refusal(): GatewayError | undefined {
    const refused = this.#refused;
    return refused !== undefined && this.#parts.clock.monotonic() < refused.until
      ? refused.failure
      : undefined;
  }

  /** The same for a flight about to be flown. If nothing stands against it, it is the probe of the next 10 s. */
  takeProbe(claimId: string): GatewayError | undefined {
    const refusal = this.refusal();
    if (refusal === undefined && this.#refused !== undefined) {
      this.#refused.until = this.#parts.clock.monotonic() + this.#refused.forMs;
      this.#probe = claimId;
    }
    return refusal;
  }

  /** Whether the calls of this replica are accepted as those of a known client. */
  finding(): Finding {
    const now = this.#parts.clock.monotonic();
    if (this.#refused !== undefined) return { failing: Math.max(0, this.#refused.until - now) };
    return now - this.#acceptedAt < ACCEPTED_MS ? 'well' : 'unknown';
  }

  /** Whether the next call finds out if our credential is still refused. */
  isRefused(): boolean {
    return this.#refused !== undefined;
  }

  /** While a probe is in the air the other flights wait for what it finds. */
  isProbing(): boolean {
    return this.#probe !== undefined;
  }

  /**
   * Whether the page has come meanwhile: another replica may have been taken for gone, or its word that it landed may
   * not have reached the queue. Then the flight ends here, at no call.
   */
  async isThere(claim: Claim): Promise<boolean> {
    const { queue, signals, store } = this.#parts;
    if (claim.request.withTotal) return false;
    const page = await store.get(claim.key);
    if (page === undefined || page.storedAt < claim.enteredAt) return false;
    if (await queue.settle(claim, {}).catch(unheard)) {
      signals.publish({ kind: 'settled', key: claim.key, outcome: { page, stored: true } });
    }
    return true;
  }

  /** The claim with the question as Amperity has to be asked it. */
  async asAsked(claim: Claim): Promise<Claim> {
    const { request } = claim;
    if (request.withTotal || !this.#tiedToTotal.has(request.index)) return claim;
    const origin = await this.#parts.chains.originOf(request);
    return origin?.withTotal ? { ...claim, request: { ...request, withTotal: true } } : claim;
  }

  /** With what is brought back by a call that is made now. */
  provenance({ request }: Claim): Provenance {
    const { generations, keys } = this.#parts;
    const scope = keys.scope(request);
    return { ...(scope !== undefined && { scope }), generation: generations.current(scope ?? EVERYTHING) };
  }

  /**
   * @param sentAt monotonic instant at which the request went on the wire
   * @param provenance as it was then
   */
  async land(claim: Claim, answer: UpstreamAnswer, sentAt: number, provenance: Provenance): Promise<void> {
    const { clock, coolDown, retries, signals } = this.#parts;
    // A probe that tells nothing leaves the next call to find out.
    if (this.#probe === claim.id && this.#refused !== undefined) this.#refused.until = clock.monotonic();
    this.#endProbe(claim);
    this.#recordHealth(claim, answer);
    if (answer.kind === 'throttled') {
      if (coolDown.refused(sentAt, answer.retryAfterMs))
        signals.publish({ kind: 'paused', forMs: coolDown.remainingMs() });
      return this.#again(claim, 'throttled');
    }
    if (answer.kind === 'unsent') return this.#again(claim, 'unsent');
    if (answer.kind === 'tokenless') return this.#refuse(claim, answer.message, TOKENLESS_MS);
    if (answer.kind === 'unauthorized') return this.#landUnauthorized(claim, answer);
    if (answer.kind === 'failed') return this.#landFailed(claim, answer);
    coolDown.accepted(sentAt);
    retries.succeeded();
    this.#refused = undefined;
    this.#acceptedAt = this.#parts.clock.monotonic();
    if (answer.kind === 'refused') return this.#landRefused(claim, answer);
    return this.#landPage(claim, answer, provenance);
  }

  /** Ends the flight with a failure that all its waiters share. */
  async fail(claim: Claim, failure: GatewayError): Promise<void> {
    const { queue, signals } = this.#parts;
    this.#endProbe(claim);
    if (await queue.settle(claim, { failure }).catch(unheard)) {
      signals.publish({ kind: 'settled', key: claim.key, outcome: { failure } });
    }
  }

  /** Leaves the flight to other replicas. */
  decline(claim: Claim): Promise<void> {
    this.#endProbe(claim);
    return this.#again(claim, 'declined', DECLINED_MS);
  }

  /** However a probe ends, the flights that wait for it must not wait for ever. */
  #endProbe({ id }: Claim): void {
    if (this.#probe === id) this.#probe = undefined;
  }

  /** A refusal of the rate or of our credential, or a call of which nothing came, says nothing about how Amperity is. */
  #recordHealth(claim: Claim, answer: UpstreamAnswer): void {
    const breaker = this.#parts.breakers.for(claim.request);
    if (SILENT.has(answer.kind) || (answer.kind === 'failed' && answer.reason === 'auth'))
      breaker.release(claim.id);
    else breaker.record(claim.id, answer.kind === 'failed');
  }

  async #landPage(claim: Claim, answer: Answer<'page' | 'absent'>, provenance: Provenance): Promise<void> {
    const { chains, clock, generations, handOver, keys, lifetimes, random, queue, signals, store } =
      this.#parts;
    const status = answer.kind === 'page' ? 200 : 404;
    const origin = await chains.originOf(claim.request, reachOf(claim));
    const when = instants(clock.now(), lifetimes, status, answer.cacheControl, random(), origin?.head);
    // Purged while it was on its way: whoever waits gets what Amperity says after that. But where somebody is purged
    // again and again, nobody would ever be answered: then it is given to those who wait, and not kept.
    const isOutdated = generations.isOutdated(provenance);
    if (isOutdated && claim.setbacks.outdated < MOST_OUTDATED) return this.#again(claim, 'outdated');
    const isPrefetched = claim.class === 'idle';
    const page = this.#pageOf(answer, {
      ...when,
      ...(await this.#afterRebuild(claim, answer, provenance)),
      ...(isPrefetched && { prefetched: true }),
    });
    const reach = reachOf(claim);
    const mayStore = !answer.cacheControl.noStore && !isOutdated;
    const stored = mayStore && (await store.put(claim.key, page, reach));
    if (stored) await chains.handOut(claim.request, page, origin, reach);
    const counted =
      answer.kind === 'page' && claim.request.withTotal
        ? await this.#keepTotal(claim, answer, page, mayStore)
        : undefined;
    const outcome = { page, stored, ...(counted && { total: counted.total }) };
    const isThere = (entry: StoredPage, kept: boolean) => kept && freshness(entry, clock.now()) === 'fresh';
    if (!isThere(page, stored) || (counted && !isThere(counted.total, counted.stored))) {
      await handOver?.put(claim.key, page);
      if (counted) await handOver?.put(keys.total(claim.request), counted.total);
    }
    // Settled after it was stored: whoever enters from now on has been able to see the page.
    if (await queue.settle(claim, {}).catch(unheard))
      signals.publish({ kind: 'settled', key: claim.key, outcome });
  }

  /** If this answer tells that the index has been rebuilt, everything that is stored about it is stale from now on. */
  async #afterRebuild(
    claim: Claim,
    answer: Answer<'page' | 'absent'>,
    provenance: Provenance,
  ): Promise<Provenance> {
    const { markStale, store } = this.#parts;
    const { index, route } = claim.request;
    if (markStale === undefined || route !== 'index' || index === undefined || answer.kind !== 'page')
      return provenance;
    const before = await store.get(claim.key);
    if (before === undefined || updatedAt(before.body) === updatedAt(answer.page.body)) return provenance;
    await markStale(index).catch(() => undefined);
    return this.provenance(claim);
  }

  #pageOf(
    answer: Answer<'page' | 'absent'>,
    when: Instants & Provenance & Pick<StoredPage, 'prefetched'>,
  ): StoredPage {
    if (answer.kind === 'absent') return { status: 404, body: Buffer.alloc(0), count: 0, etag: '', ...when };
    const { total, ...page } = answer.page;
    const cut = total === undefined ? {} : { cutTotal: total };
    return { status: 200, ...page, ...cut, etag: this.#parts.etag(page.body), ...when };
  }

  async #keepTotal(
    claim: Claim,
    answer: Answer<'page'>,
    page: StoredPage,
    mayStore: boolean,
  ): Promise<{ readonly total: StoredPage; readonly stored: boolean }> {
    const { keys, lifetimes, random, store, totalFreshMs } = this.#parts;
    const longer = { ...lifetimes, freshMs: totalFreshMs };
    const when = instants(page.storedAt, longer, 200, answer.cacheControl, random());
    const total = totalEntry(answer.page.total?.text, { ...when, ...provenanceOf(page) });
    const stored = mayStore && (await store.put(keys.total(claim.request), total, reachOf(claim)));
    return { total, stored };
  }

  /**
   * A cursor that a stored page handed out may be tied to what that page was asked with: where we left the total out
   * because it is known, it is asked for once more with it, and from then on at once. Only then the cursor is dead.
   */
  async #landRefused(claim: Claim, answer: Answer<'refused'>): Promise<void> {
    const { chains } = this.#parts;
    const origin = await chains.originOf(claim.request);
    if (origin === undefined) return this.fail(claim, rejection(answer));
    if (origin.withTotal && !claim.request.withTotal) {
      this.#tiedToTotal.add(claim.request.index);
      return this.#again(claim, 'outdated');
    }
    await chains.drop(claim.request, origin);
    return this.fail(claim, cursorExpired());
  }

  async #landUnauthorized(claim: Claim, answer: Answer<'unauthorized'>): Promise<void> {
    if (answer.renewed && claim.setbacks.unauthorized === 0) return this.#again(claim, 'unauthorized');
    const message = "Amperity does not accept the gateway's own credential. Nothing is wrong with yours.";
    return this.#refuse(claim, message, REFUSED_MS, answer.upstreamRequestId);
  }

  /** Without a credential that is accepted no call is made for so long, and then one to find out. */
  #refuse(claim: Claim, message: string, forMs: number, upstreamRequestId?: string): Promise<void> {
    const { clock, health } = this.#parts;
    const failure = new GatewayError('upstream_auth', message, {
      retryAfterMs: forMs,
      ...(upstreamRequestId !== undefined && { upstreamRequestId }),
    });
    this.#refused = { failure, forMs, until: clock.monotonic() + forMs };
    const isOthers = health.othersMayDoBetter('credential') && mayDecline(claim);
    return isOthers ? this.decline(claim) : this.fail(claim, failure);
  }

  async #landFailed(claim: Claim, answer: Answer<'failed'>): Promise<void> {
    const { attempts, breakers, health, random, retries } = this.#parts;
    const failures = claim.setbacks.failed + 1;
    const pauseMs = answer.retryAfterMs ?? 0;
    const mayRetry = answer.reason !== 'auth' && (await retries.mayRetry());
    if (mayRetry && answer.retryable && failures < attempts && pauseMs <= LONGEST_PAUSE_MS) {
      return this.#again(claim, 'failed', Math.max(retryDelayMs(failures, random()), pauseMs));
    }
    const isBarred = answer.reason !== 'auth' && breakers.for(claim.request).isBarred();
    const isOthers = isBarred && answer.retryable && mayDecline(claim);
    if (isOthers && health.othersMayDoBetter(breakers.kindOf(claim.request))) return this.decline(claim);
    const code = answer.reason === 'auth' ? 'upstream_auth' : 'upstream_error';
    const retryAfterMs = Math.max(pauseMs, RETRY_AFTER_FAILURE_MS);
    const id = answer.upstreamRequestId === undefined ? {} : { upstreamRequestId: answer.upstreamRequestId };
    return this.fail(claim, new GatewayError(code, answer.message, { retryAfterMs, ...id }));
  }

  /** Back to the head of the queue, where it takes a permit of its own, once `restMs` have passed. */
  async #again(claim: Claim, setback: Setback, restMs = 0): Promise<void> {
    const { clock, queue, signals } = this.#parts;
    const { key } = claim;
    // Whoever waits for a flight that a lost queue has forgotten enters it again.
    if (!(await queue.requeue(claim, setback, restMs).catch(unheard))) return;
    signals.publish({ kind: 'requeued', key });
    if (restMs === 0) signals.publish({ kind: 'queued', key });
    else clock.after(Math.ceil(restMs), () => signals.publish({ kind: 'queued', key }));
  }
}

function updatedAt(body: Buffer): unknown {
  return body.length === 0 ? undefined : JSON.parse(body.toString('utf8')).updated_at;
}

/** How often a flight is flown once more because of purges. */
const MOST_OUTDATED = 3;

/** An export of everything must not push out what callers ask for. */
const reachOf = ({ class: flightClass }: Claim): Reach => (flightClass === 'export' ? 'far' : 'near');

/** What fails on replica after replica fails by itself. */
const MOST_DECLINES = 3;

const mayDecline = ({ setbacks }: Claim): boolean => setbacks.declined < MOST_DECLINES;

/** A queue that is away cannot be told how a flight ended, but those who wait on this replica can. */
const unheard = (): boolean => true;

const cursorExpired = (): GatewayError =>
  new GatewayError(
    'cursor_expired',
    'Amperity takes this next_token no more. Ask for the first page again: the same request without next_token.',
  );

function rejection({ message, upstreamRequestId }: Answer<'refused'>): GatewayError {
  const said = message === undefined ? 'Amperity does not accept this request.' : `Amperity: ${message}`;
  return new GatewayError(
    'upstream_rejected',
    said,
    upstreamRequestId === undefined ? {} : { upstreamRequestId },
  );
}
