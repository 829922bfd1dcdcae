import type { Breakers } from '../budget/breakers.ts';
import type { CoolDown } from '../budget/cool-down.ts';
import type { Claim, FillQueue, Setback } from '../budget/fair-queue.ts';
import type { FleetHealth } from '../budget/fleet-health.ts';
import type { Pacing } from '../budget/pacing.ts';
import type { RetryBudget } from '../budget/retry-budget.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Signals } from '../signals/signals.ts';
import type { Outcome } from '../store/outcome.ts';
import type { Provenance } from '../store/page-store.ts';
import type { UpstreamAnswer } from '../upstream/amperity.ts';
import type { Chains } from './chains.ts';
import type { Credential } from './credential.ts';
import type { PageKeeper } from './page-keeper.ts';
import { retryDelayMs } from './retry-delay.ts';

export interface LandingParts {
  readonly queue: FillQueue;
  readonly signals: Signals<Outcome>;
  readonly coolDown: CoolDown;
  readonly pacing: Pacing;
  readonly breakers: Breakers;
  readonly health: FleetHealth;
  readonly retries: RetryBudget;
  readonly clock: Clock;
  readonly random: () => number;
  /** Calls per flight at most, the first one included. */
  readonly attempts: number;
  readonly credential: Credential;
  readonly keeper: PageKeeper;
  readonly chains: Chains;
}

type Answer<K extends UpstreamAnswer['kind']> = Extract<UpstreamAnswer, { kind: K }>;

/** After Amperity refused our credential for good, one call in this time tries again. */
const REFUSED_MS = 10_000;

/** Tokens are asked for by somebody who keeps a pace of his own: this only keeps flights from failing one by one. */
const TOKENLESS_MS = 1000;

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
  constructor(parts: LandingParts) {
    this.#parts = parts;
    // Refusals of calls that were under way together are one event, on whichever replica.
    parts.coolDown.whenNews(() => parts.pacing.refused());
    parts.signals.subscribe((signal) => {
      if (signal.kind === 'paused') parts.coolDown.pauseFor(signal.forMs);
    });
  }

  /**
   * Whether the page has come meanwhile: another replica may have been taken for gone, or its word that it landed may
   * not have reached the queue. Then the flight ends here, at no call.
   */
  async isThere(claim: Claim): Promise<boolean> {
    const { keeper, queue, signals } = this.#parts;
    if (claim.request.withTotal) return false;
    const page = await keeper.comeMeanwhile(claim);
    if (page === undefined) return false;
    if (await queue.settle(claim, {}).catch(unheard)) {
      signals.publish({ kind: 'settled', key: claim.key, outcome: { page, stored: true } });
    }
    return true;
  }

  /**
   * Said just before the call is made, for what is purged from then on. Whoever makes it says to what is returned how it
   * ended, and the monotonic instant at which the request went on the wire.
   */
  takeOff(claim: Claim): (answer: UpstreamAnswer, sentAt: number) => Promise<void> {
    const provenance = this.#parts.keeper.provenance(claim);
    return (answer, sentAt) => this.#land(claim, answer, sentAt, provenance);
  }

  async #land(claim: Claim, answer: UpstreamAnswer, sentAt: number, provenance: Provenance): Promise<void> {
    const { coolDown, credential, retries, signals } = this.#parts;
    credential.landed(claim.id);
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
    credential.accepted();
    if (answer.kind === 'refused') return this.#landRefused(claim, answer);
    return this.#landPage(claim, answer, provenance);
  }

  /** Ends the flight with a failure that all its waiters share. */
  async fail(claim: Claim, failure: GatewayError): Promise<void> {
    const { credential, queue, signals } = this.#parts;
    credential.endProbe(claim.id);
    if (await queue.settle(claim, { failure }).catch(unheard)) {
      signals.publish({ kind: 'settled', key: claim.key, outcome: { failure } });
    }
  }

  /** Leaves the flight to other replicas. */
  decline(claim: Claim): Promise<void> {
    this.#parts.credential.endProbe(claim.id);
    return this.#again(claim, 'declined', DECLINED_MS);
  }

  /** A refusal of the rate or of our credential, or a call of which nothing came, says nothing about how Amperity is. */
  #recordHealth(claim: Claim, answer: UpstreamAnswer): void {
    const breaker = this.#parts.breakers.for(claim.request);
    if (SILENT.has(answer.kind) || (answer.kind === 'failed' && answer.reason === 'auth'))
      breaker.release(claim.id);
    else breaker.record(claim.id, answer.kind === 'failed');
  }

  async #landPage(claim: Claim, answer: Answer<'page' | 'absent'>, provenance: Provenance): Promise<void> {
    const { keeper, queue, signals } = this.#parts;
    // Purged while it was on its way: whoever waits gets what Amperity says after that. But where somebody is purged
    // again and again, nobody would ever be answered: then it is given to those who wait, and not kept.
    const mayAskAgain = claim.setbacks.outdated < MOST_OUTDATED;
    const outcome = await keeper.keep(claim, answer, provenance, mayAskAgain);
    if (outcome === 'outdated') return this.#again(claim, 'outdated');
    // Settled after it was stored: whoever enters from now on has been able to see the page.
    if (await queue.settle(claim, {}).catch(unheard))
      signals.publish({ kind: 'settled', key: claim.key, outcome });
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
      chains.tieToTotal(claim.request);
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
    const { credential, health } = this.#parts;
    const failure = new GatewayError('upstream_auth', message, {
      retryAfterMs: forMs,
      ...(upstreamRequestId !== undefined && { upstreamRequestId }),
    });
    credential.refuse(failure, forMs);
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

/** How often a flight is flown once more because of purges. */
const MOST_OUTDATED = 3;

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
