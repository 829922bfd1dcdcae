import Bottleneck from 'bottleneck';
import { type Clock, sleep } from '../shared/clock.ts';
import { Leases } from './leases.ts';
import { type Grant, type Permits, type RateLimit, SEND_WITHIN_MS, type Tuning } from './permits.ts';

/**
 * Permits from a Bottleneck limiter used in the lease profile: `maxConcurrent` jobs, each of which is one permit
 * and holds its slot for the window. Neither reservoir (fixed windows let twice the rate through) nor `minTime`
 * alone (it binds a job to its slot on arrival) keeps a sliding limit.
 */
export class BottleneckPermits implements Permits {
  readonly #limiter: Bottleneck;
  readonly #leases: Leases;
  readonly #clock: Clock;

  /** @param bursts whether a backlog is let out in bursts, rather than spread once it has lasted a window */
  constructor(limit: RateLimit, clock: Clock, bursts = false) {
    this.#clock = clock;
    this.#leases = new Leases(limit, clock, bursts);
    this.#limiter = new Bottleneck({ maxConcurrent: limit.rate, minTime: 0 });
    hasten(this.#limiter);
  }

  async acquire(use: (grant: Grant) => Promise<boolean>): Promise<void> {
    const lease = Symbol('lease');
    try {
      await this.#limiter.schedule({ expiration: this.#leases.holdMs + SEND_WITHIN_MS }, () =>
        this.#hold(lease, use),
      );
    } catch (error) {
      // An expired job has given its slot back already, and a stopped limiter grants nothing: neither is news.
      if (!(error instanceof Bottleneck.BottleneckError)) throw error;
    } finally {
      this.#leases.end(lease);
    }
  }

  async #hold(lease: symbol, use: (grant: Grant) => Promise<boolean>): Promise<void> {
    const grantedAt = this.#leases.grant(lease);
    const sent = await use({ sendBy: grantedAt + SEND_WITHIN_MS }).catch(() => true);
    if (!sent) return;
    this.#leases.spend(lease);
    await sleep(this.#clock, this.#leases.holdMs);
  }

  tune(tuning: Tuning): void {
    const { leases, minTimeMs } = this.#leases.tuning;
    if (tuning.leases === leases && tuning.minTimeMs === minTimeMs) return;
    this.#leases.tuning = tuning;
    void this.#limiter.updateSettings({ maxConcurrent: tuning.leases, minTime: tuning.minTimeMs });
  }

  waitMs(turns: number): number {
    return this.#leases.waitMs(turns);
  }

  held(): number {
    return this.#leases.held();
  }

  close(): void {
    void this.#limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
  }
}

interface Job {
  doExecute(limiter: unknown, clear: () => void, run: (wait: number) => void, free: () => void): void;
}

/** The members of Bottleneck that are not in its types. */
interface Inside {
  readonly _store?: { yieldLoop?: () => Promise<void> };
  readonly _limiter: unknown;
  readonly _scheduled: Record<string, { timeout: NodeJS.Timeout }>;
  _run(index: string, job: Job, wait: number): void;
  _clearGlobalState(index: string): void;
  _free(index: string, job: Job, ...rest: unknown[]): void;
}

/**
 * Bottleneck's local store lets the event loop turn at each of its steps, and before each job, by a timer of at least a
 * millisecond: ten permits of an idle budget took 35 ms that way. `setImmediate` lets the loop turn as well and takes
 * a tenth of that.
 */
function hasten(limiter: Bottleneck): void {
  const inside = limiter as unknown as Inside;
  const { _store: store } = inside;
  if (store?.yieldLoop === undefined || inside._run === undefined)
    throw new Error('This is not Bottleneck 2.19.5.');
  store.yieldLoop = () => new Promise((resolve) => setImmediate(resolve));
  const run = inside._run.bind(inside);
  inside._run = (index, job, wait) => {
    run(index, job, wait);
    const scheduled = inside._scheduled[index];
    if (wait > 0 || scheduled === undefined) return;
    clearTimeout(scheduled.timeout);
    const clear = inside._clearGlobalState.bind(inside, index);
    const free = inside._free.bind(inside, index, job);
    setImmediate(() => job.doExecute(inside._limiter, clear, inside._run.bind(inside, index, job), free));
  };
}
