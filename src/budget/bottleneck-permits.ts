import Bottleneck from 'bottleneck';
import { type Clock, sleep } from '../shared/clock.ts';
import type { Grant, Permits, RateLimit, Tuning } from './permits.ts';
import { estimatedWaitMs } from './wait-estimate.ts';

/**
 * How long after its grant a request may still reach the wire. With the default window this makes Bottleneck's
 * job expiration 4000 ms: long enough for a slow connect, short enough that a stuck job gives its lease back.
 */
const SEND_WITHIN_MS = 2975;

/**
 * Permits from a Bottleneck limiter used in the lease profile: `maxConcurrent` jobs, each of which is one permit
 * and holds its slot for the window. Neither reservoir (fixed windows let twice the rate through) nor `minTime`
 * alone (it binds a job to its slot on arrival) keeps a sliding limit.
 */
export class BottleneckPermits implements Permits {
  readonly #limiter: Bottleneck;
  readonly #holdMs: number;
  readonly #clock: Clock;
  /** Monotonic instants at which the leases held now are expected to end, by the order of their grants. */
  readonly #ends = new Map<symbol, number>();
  #lastGrant = Number.NEGATIVE_INFINITY;
  #tuning: Tuning;

  readonly #bursts: boolean;

  /** @param bursts whether a backlog is let out in bursts, rather than spread once it has lasted a window */
  constructor(limit: RateLimit, clock: Clock, bursts = false) {
    this.#bursts = bursts;
    this.#clock = clock;
    this.#holdMs = limit.windowMs + limit.guardMs;
    this.#tuning = { leases: limit.rate, minTimeMs: 0 };
    this.#limiter = new Bottleneck({ maxConcurrent: limit.rate, minTime: 0 });
    hasten(this.#limiter);
  }

  async acquire(use: (grant: Grant) => Promise<boolean>): Promise<void> {
    const lease = Symbol('lease');
    try {
      await this.#limiter.schedule({ expiration: this.#holdMs + SEND_WITHIN_MS }, () =>
        this.#hold(lease, use),
      );
    } catch (error) {
      // An expired job has given its slot back already, and a stopped limiter grants nothing: neither is news.
      if (!(error instanceof Bottleneck.BottleneckError)) throw error;
    } finally {
      this.#ends.delete(lease);
    }
  }

  async #hold(lease: symbol, use: (grant: Grant) => Promise<boolean>): Promise<void> {
    this.#lastGrant = this.#clock.monotonic();
    this.#ends.set(lease, this.#lastGrant + this.#holdMs);
    const sent = await use({ sendBy: this.#lastGrant + SEND_WITHIN_MS }).catch(() => true);
    if (!sent) return;
    // Unless it has expired meanwhile.
    if (this.#ends.has(lease)) this.#ends.set(lease, this.#clock.monotonic() + this.#holdMs);
    await sleep(this.#clock, this.#holdMs);
  }

  tune(tuning: Tuning): void {
    const { leases, minTimeMs } = this.#tuning;
    if (tuning.leases === leases && tuning.minTimeMs === minTimeMs) return;
    this.#tuning = tuning;
    void this.#limiter.updateSettings({ maxConcurrent: tuning.leases, minTime: tuning.minTimeMs });
  }

  waitMs(turns: number): number {
    return estimatedWaitMs(turns, {
      now: this.#clock.monotonic(),
      lastGrant: this.#lastGrant,
      ends: [...this.#ends.values()],
      holdMs: this.#holdMs,
      tuning: this.#tuning,
      bursts: this.#bursts,
    });
  }

  held(): number {
    return this.#ends.size;
  }

  close(): void {
    void this.#limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
  }
}

/**
 * Bottleneck's local store lets the event loop turn at each of its steps, by a timer of at least a millisecond: ten
 * permits of an idle budget took 35 ms that way. `setImmediate` lets the loop turn as well and takes 15 ms.
 */
function hasten(limiter: Bottleneck): void {
  const { _store: store } = limiter as unknown as { _store?: { yieldLoop?: () => Promise<void> } };
  if (store?.yieldLoop === undefined) throw new Error('This is not Bottleneck 2.19.5.');
  store.yieldLoop = () => new Promise((resolve) => setImmediate(resolve));
}
