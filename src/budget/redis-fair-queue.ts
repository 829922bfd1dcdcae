import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { RedisClient } from '../shared/redis.ts';
import { queueRoot } from '../shared/redis-names.ts';
import type { Sealer } from '../shared/sealer.ts';
import type {
  Claim,
  Claimed,
  Ending,
  Entered,
  FairQueue,
  Interest,
  LowerPace,
  QueueDepth,
  QueueTeam,
  Setback,
} from './fair-queue.ts';
import { type QueueLimits, TIMER_EARLY_MS } from './queue-rules.ts';
import { crashFailure, QueueLink, type QueueNews } from './redis-fair-queue/link.ts';
import { queueScripts, type ToldEnding } from './redis-fair-queue/scripts.ts';
import { SealedTexts } from './redis-fair-queue/sealed-texts.ts';
import { turnsAhead } from './turns-ahead.ts';

export type { QueueNews } from './redis-fair-queue/link.ts';

export interface RedisQueueLimits extends QueueLimits {
  /** How often a flight may be claimed by replicas that never say how it went, before it fails; 3 if absent. */
  readonly maxClaims?: number;
}

export interface RedisFairQueueParts {
  readonly redis: RedisClient;
  /** What the fleet has in common; part of every key. */
  readonly name: string;
  /** Tells this process from every other, one before it in its place included. */
  readonly replica: string;
  readonly limits: RedisQueueLimits;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly onNews?: (news: QueueNews) => void;
}

/** How long a flight is left to other replicas that this one cannot read. */
const UNREADABLE_REST_MS = 500;

/** Unreadable flights put back in one claim, which holds a permit meanwhile. */
const MOST_UNREADABLE = 5;

/**
 * The fair queue of a fleet. Every operation is one script (redis-fair-queue/lua), by the clock of Redis; an error of
 * Redis rejects its promise. From its first use until it is closed the queue says every second that this replica is
 * there: what a silent one has in the air goes back to the others after 3 s, what it waits for is dropped after 5 s.
 */
export class RedisFairQueue implements FairQueue {
  readonly #link: QueueLink;
  readonly #texts: SealedTexts;
  readonly #failureMs: number;
  /** By flight, until all that has been sealed for it is on its way. */
  readonly #sealing = new Map<string, Promise<unknown>>();

  constructor({ redis, name, replica, limits, sealer, clock, onNews }: RedisFairQueueParts) {
    const root = queueRoot(name);
    const { total, maxInFlight, maxClaims = 3, failureMs } = limits;
    // Teams come and go.
    const fixed = () => ({ replica, total, maxInFlight, teams: limits.teams, maxClaims });
    this.#link = new QueueLink(queueScripts(redis, root), fixed, clock, onNews ?? (() => {}));
    this.#texts = new SealedTexts(sealer, root);
    this.#failureMs = failureMs;
  }

  async enter(key: string, request: PageRequest, interest: Interest, lookedUpAt: number): Promise<Entered> {
    const { team } = interest;
    const descriptor = await this.#inTurn(key, this.#texts.sealRequest(key, request));
    const entered = await this.#link.call('enter', {
      key,
      descriptor,
      withTotal: request.withTotal,
      team: team.name,
      weight: team.weight,
      maxFlights: team.maxFlights,
      class: interest.class,
      expiresAt: this.#link.instants.toRedis(interest.until),
      lookedUpAt: Math.min(this.#link.instants.toRedis(lookedUpAt), Number.MAX_SAFE_INTEGER),
    });
    if (entered.state === 'settled') return { state: 'settled', ending: await this.#ending(key, entered) };
    if (entered.state === 'refused') return { state: 'refused', bound: entered.bound };
    return { state: 'aboard', created: entered.created, flying: entered.flying };
  }

  async leave(key: string, team: string): Promise<void> {
    if (this.#sealing.has(key)) await this.#inTurn(key, Promise.resolve());
    await this.#link.call('leave', { key, team });
  }

  async turnsAhead(team: QueueTeam): Promise<number> {
    const { own, rivals = [] } = await this.#link.call('turnsAhead', { team: team.name });
    return turnsAhead(team.weight, own, rivals);
  }

  async claim(id: string, pace?: LowerPace): Promise<Claimed> {
    for (let unreadable = 0; ; ) {
      const { claim, lowerInMs, waiting, more } = await this.#link.call('claim', { id, pace });
      if (more) continue;
      if (claim === undefined) return { lowerInMs, waiting };
      const { descriptor, withTotal, ...told } = claim;
      const request = await this.#texts.openRequest(claim.key, descriptor);
      if (request !== undefined) {
        this.#link.flying.add(id);
        const enteredAt = this.#link.instants.fromRedis(claim.enteredAt);
        return { claim: { ...told, id, enteredAt, request: { ...request, withTotal } }, lowerInMs, waiting };
      }
      await this.#link.call('requeue', {
        id,
        key: claim.key,
        setback: 'declined',
        restMs: UNREADABLE_REST_MS,
      });
      this.#link.tellReturned(claim.key, UNREADABLE_REST_MS);
      unreadable += 1;
      if (unreadable === MOST_UNREADABLE) return { lowerInMs, waiting };
    }
  }

  async requeue({ id, key }: Claim, setback: Setback, restMs = 0): Promise<boolean> {
    const rest = restMs > 0 ? Math.max(0, restMs - TIMER_EARLY_MS) : 0;
    return this.#link.land(
      id,
      async () => (await this.#link.call('requeue', { id, key, setback, restMs: rest })).isBack,
    );
  }

  async settle({ id, key }: Claim, { failure }: Ending): Promise<boolean> {
    const sealed = failure && (await this.#texts.sealFailure(key, failure));
    const ending = { id, key, failure: sealed, failureMs: this.#failureMs };
    return this.#link.land(id, async () => (await this.#link.call('settle', ending)).settled);
  }

  async depths(): Promise<readonly QueueDepth[]> {
    const { depths = [] } = await this.#link.call('depths', {});
    return depths.map(({ oldestAt, ...depth }) => ({
      ...depth,
      oldestAt: oldestAt === undefined ? undefined : this.#link.instants.fromRedis(oldestAt),
    }));
  }

  /** Keeps what this replica has in the air and waits for. Done every second by itself. */
  renew(): Promise<void> {
    return this.#link.renew();
  }

  /** Says no more that this replica is there, and tells no more news. */
  close(): void {
    this.#link.close();
  }

  /** Sealing takes its time, in which whoever leaves must not overtake their own entering. */
  async #inTurn<T>(key: string, sealed: Promise<T>): Promise<T> {
    const before = this.#sealing.get(key)?.catch(() => undefined);
    const turn = Promise.all([sealed, before]);
    this.#sealing.set(key, turn);
    try {
      return (await turn)[0];
    } finally {
      if (this.#sealing.get(key) === turn) this.#sealing.delete(key);
    }
  }

  async #ending(key: string, told: ToldEnding): Promise<Ending> {
    if (told.hasCrashed) return { failure: crashFailure() };
    if (told.failure === undefined) return {};
    const failure = await this.#texts.openFailure(key, told.failure);
    return { failure: failure ?? new GatewayError('upstream_error', 'Amperity failed a moment ago.') };
  }
}
