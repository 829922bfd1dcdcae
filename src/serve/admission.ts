import { type Breakers, upstreamFailing } from '../budget/breakers.ts';
import type { CoolDown } from '../budget/cool-down.ts';
import type { AskQueue, QueueTeam } from '../budget/fair-queue.ts';
import type { FleetHealth } from '../budget/fleet-health.ts';
import type { Permits, RateLimit } from '../budget/permits.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';

export interface AdmissionParts {
  readonly queue: Pick<AskQueue, 'turnsAhead'>;
  readonly permits: Permits;
  readonly coolDown: CoolDown;
  readonly breakers: Breakers;
  readonly health: FleetHealth;
  readonly limit: RateLimit;
  readonly maxReplicas: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Whether no permits are to be had for as long as Redis is away. */
  readonly isClosed?: () => boolean;
}

/** Callers who were told the same time would only meet again: up to this share is added to each. */
const JITTER = 0.1;

/** Who comes back must find a little more room than it needs: this share of its longest wait, half a window at most. */
const MARGIN = 0.2;

/** Other replicas may take some before what is known of them here is known again. */
const SPARE_PERMITS = 3;

/**
 * Tells how long the budget would keep a caller waiting. Whoever would wait in vain is turned away at once, with a
 * time after which it is worth coming back.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  /** Monotonic instants at which callers were let in without asking the queue, oldest first. */
  #unasked: number[] = [];
  /** By team: the monotonic instant that was told to the last caller turned away. */
  readonly #told = new Map<string, number>();

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Estimated wait, in ms, of a new flight of this team for its permit. */
  async waitMs(team: QueueTeam): Promise<number> {
    const { coolDown, permits, queue } = this.#parts;
    // A queue that is away for a moment turns nobody away.
    const turns = await queue.turnsAhead(team).catch(() => 0);
    return coolDown.remainingMs() + permits.waitMs(turns);
  }

  /**
   * Lets a caller in who has reason to wait, and resolves with the estimate; else rejects with `unavailable` while
   * Amperity is failing, or with `upstream_budget`, `team_budget` or `shared_budget`.
   */
  async admit(request: PageRequest, team: QueueTeam, maxWaitMs: number): Promise<number> {
    const { breakers, coolDown, health, isClosed } = this.#parts;
    if (isClosed?.()) throw closed();
    const openMs = breakers.for(request).remainingMs();
    if (openMs > 0 && !health.othersMayDoBetter(breakers.kindOf(request))) throw upstreamFailing(openMs);
    const estimateMs = this.#mayGoUnasked(maxWaitMs) ? 0 : await this.waitMs(team);
    if (estimateMs <= maxWaitMs) return estimateMs;
    if (coolDown.remainingMs() > maxWaitMs) throw pausing(coolDown.remainingMs() - maxWaitMs);
    const marginMs = Math.min(maxWaitMs * MARGIN, this.#parts.limit.windowMs / 2);
    throw this.#refusal(team, 'total', estimateMs - maxWaitMs + marginMs);
  }

  /**
   * Whether a permit can be had at once, also after those whom this replica has let in so in the last window; then the
   * queue is spared a question. All replicas may do so at once: whoever is let in has time for that.
   */
  #mayGoUnasked(maxWaitMs: number): boolean {
    const { clock, coolDown, limit, maxReplicas, permits } = this.#parts;
    // While there is a pause, permits are free and flights wait for its end.
    if (coolDown.remainingMs() > 0 || maxWaitMs < limit.windowMs * maxReplicas) return false;
    const now = clock.monotonic();
    this.#unasked = this.#unasked.filter((at) => now - at < limit.windowMs);
    if (permits.waitMs(this.#unasked.length + SPARE_PERMITS) > 0) return false;
    this.#unasked.push(now);
    return true;
  }

  /** What a caller is told when a bound of the queue is reached. */
  async refusal(team: QueueTeam, bound: 'team' | 'total'): Promise<GatewayError> {
    return this.#refusal(team, bound, await this.waitMs(team));
  }

  /** A deadline that passed while Amperity had us pause is Amperity's refusal, not the queue's. */
  explain(failure: GatewayError): GatewayError {
    const pauseMs = this.#parts.coolDown.remainingMs();
    return failure.code === 'deadline_exceeded' && pauseMs > 0 ? pausing(pauseMs) : failure;
  }

  /** Times are handed out one turn apart, so that those who come back as told find room one after another. */
  #refusal(team: QueueTeam, bound: 'team' | 'total', sufficientMs: number): GatewayError {
    const { clock, limit, random } = this.#parts;
    const now = clock.monotonic();
    const turnMs = (limit.windowMs + limit.guardMs) / limit.rate;
    const at = Math.max(now + sufficientMs, (this.#told.get(team.name) ?? 0) + turnMs);
    this.#told.set(team.name, at);
    const retryAfterMs = (at - now) * (1 + JITTER * random());
    return bound === 'team'
      ? new GatewayError('team_budget', 'Your team has as many requests waiting as it may have.', {
          retryAfterMs,
          violatedPolicies: ['team'],
        })
      : new GatewayError('shared_budget', 'The shared budget has no turn for this request in time.', {
          retryAfterMs,
          violatedPolicies: ['upstream'],
        });
  }
}

/** How soon Redis may be back. */
const CLOSED_RETRY_MS = 5000;

const closed = (): GatewayError =>
  new GatewayError('unavailable', 'Amperity is not called while the gateway cannot share its budget.', {
    retryAfterMs: CLOSED_RETRY_MS,
  });

const pausing = (retryAfterMs: number): GatewayError =>
  new GatewayError('upstream_budget', 'Amperity refuses further calls for the moment.', {
    retryAfterMs,
    violatedPolicies: ['upstream'],
  });
