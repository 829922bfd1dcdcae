import type { Clock } from '../shared/clock.ts';
import type { RateLimit, Tuning } from './permits.ts';
import { estimatedWaitMs } from './wait-estimate.ts';

/** How the leases of every replica stood at a moment. Instants are monotonic. */
export interface FleetLeases {
  readonly at: number;
  /** When each lease is expected to end, in any order. */
  readonly ends: readonly number[];
  /** When each runs out by itself, should nobody end it. */
  readonly expirations: readonly number[];
  /** When the next one may be given at the earliest. */
  readonly nextAt: number;
}

interface Lease {
  readonly registeredAt: number;
  /** As expected. */
  end: number;
}

/** The leases of one limiter, as far as it knows them: enough to tell what is held and what a turn has to wait. */
export class Leases {
  readonly holdMs: number;
  readonly #clock: Clock;
  readonly #bursts: boolean;
  /** Its own ones, by the order of their grants. */
  readonly #own = new Map<symbol, Lease>();
  #lastGrant = Number.NEGATIVE_INFINITY;
  #fleet: FleetLeases | undefined;
  tuning: Tuning;

  /** @param bursts whether a backlog is let out in bursts, rather than spread once it has lasted a window */
  constructor(limit: RateLimit, clock: Clock, bursts: boolean) {
    this.holdMs = limit.windowMs + limit.guardMs;
    this.#clock = clock;
    this.#bursts = bursts;
    this.tuning = { leases: limit.rate, minTimeMs: 0 };
  }

  /**
   * A permit is granted; returns the monotonic instant.
   *
   * @param registeredAt since when the lease has been seen by others
   */
  grant(lease: symbol, registeredAt = this.#clock.monotonic()): number {
    this.#lastGrant = this.#clock.monotonic();
    this.#own.set(lease, { registeredAt, end: this.#lastGrant + this.holdMs });
    return this.#lastGrant;
  }

  /** Its request is on the wire, from which the window counts; unless it has ended meanwhile. */
  spend(lease: symbol): void {
    const spent = this.#own.get(lease);
    if (spent !== undefined) spent.end = this.#clock.monotonic() + this.holdMs;
  }

  end(lease: symbol): void {
    this.#own.delete(lease);
  }

  /** Those of all replicas, this one's among them, have been looked up. */
  see(fleet: FleetLeases): void {
    this.#fleet = fleet;
  }

  held(): number {
    // Of an idle process, which is asked this for every answer from memory.
    if (this.#own.size === 0 && this.#fleet === undefined) return 0;
    return this.#ends().length;
  }

  /**
   * Expected time in ms until a permit is granted that `turns` others go before.
   *
   * @param notBefore monotonic instant before which none is granted
   */
  waitMs(turns: number, notBefore = Number.NEGATIVE_INFINITY): number {
    const now = this.#clock.monotonic();
    const { minTimeMs } = this.tuning;
    const nextAt = this.#known()?.nextAt ?? Number.NEGATIVE_INFINITY;
    const from = Math.max(now, notBefore, nextAt);
    const waitMs = estimatedWaitMs(turns, {
      now: from,
      lastGrant: Math.max(this.#lastGrant, nextAt - minTimeMs),
      ends: this.#ends().filter((end) => end > from),
      holdMs: this.holdMs,
      tuning: this.tuning,
      bursts: this.#bursts,
    });
    return from - now + waitMs;
  }

  /** Whether others are known to hold all there are, so that it is no wonder if none is to be had. */
  areTaken(): boolean {
    const now = this.#clock.monotonic();
    const running = this.#known()?.expirations.filter((expiration) => expiration > now) ?? [];
    return running.length >= this.tuning.leases;
  }

  /** What is known of other replicas is of use for a window; after that none of their leases would be left. */
  #known(): FleetLeases | undefined {
    const fleet = this.#fleet;
    return fleet !== undefined && this.#clock.monotonic() - fleet.at <= this.holdMs ? fleet : undefined;
  }

  /** When the leases held now are expected to end: those that were seen and those granted here since. */
  #ends(): number[] {
    const now = this.#clock.monotonic();
    const own = [...this.#own.values()];
    const fleet = this.#known();
    if (fleet === undefined) return own.map(({ end }) => end);
    const since = own.filter(({ registeredAt }) => registeredAt > fleet.at).map(({ end }) => end);
    const seen = fleet.ends.filter((end) => end > now);
    // Its own ones are known for certain: a request may have been slow to get on the wire.
    return seen.length + since.length < own.length ? own.map(({ end }) => end) : [...seen, ...since];
  }
}
