import { Leases } from '../budget/leases.ts';
import type { Grant, Permits, RateLimit, Tuning } from '../budget/permits.ts';
import { type Clock, sleep } from '../shared/clock.ts';

interface Asked {
  readonly use: (grant: Grant) => Promise<boolean>;
  readonly done: () => void;
}

/**
 * Permits under a clock of one's own. Bottleneck sets timers itself and reads `Date.now()`, so it cannot run faster
 * than time does; this is its lease profile over again: one line, `leases` at most, each held for the window and its
 * guard from the moment `use` says that it sent, and grants at least `minTimeMs` apart. The spacing that holds for a
 * grant is the one that was set when the grant before it was given its instant, as in Bottleneck.
 */
export class LeasePermits implements Permits {
  readonly #clock: Clock;
  readonly #leases: Leases;
  readonly #line: Asked[] = [];
  /** Leases given out, those included whose instant has yet to come. */
  #taken = 0;
  #nextAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** @param bursts whether a backlog is let out in bursts, rather than spread once it has lasted a window */
  constructor(limit: RateLimit, clock: Clock, bursts = false) {
    this.#clock = clock;
    this.#leases = new Leases(limit, clock, bursts);
  }

  acquire(use: (grant: Grant) => Promise<boolean>): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((done) => {
      this.#line.push({ use, done });
      this.#giveOut();
    });
  }

  tune(tuning: Tuning): void {
    this.#leases.tuning = tuning;
    this.#giveOut();
  }

  waitMs(turns: number): number {
    return this.#leases.waitMs(turns);
  }

  held(): number {
    return this.#leases.held();
  }

  close(): void {
    this.#closed = true;
    for (const { done } of this.#line.splice(0)) done();
  }

  #giveOut(): void {
    while (this.#taken < this.#leases.tuning.leases) {
      const asked = this.#line.shift();
      if (asked === undefined) return;
      this.#taken += 1;
      const at = Math.max(this.#clock.monotonic(), this.#nextAt);
      this.#nextAt = at + this.#leases.tuning.minTimeMs;
      this.#clock.after(at - this.#clock.monotonic(), () => void this.#lease(asked));
    }
  }

  async #lease({ use, done }: Asked): Promise<void> {
    if (!this.#closed) {
      const lease = Symbol('lease');
      const grantedAt = this.#leases.grant(lease);
      const sent = await use({ sendBy: grantedAt + this.#leases.holdMs }).catch(() => true);
      if (sent) {
        this.#leases.spend(lease);
        await sleep(this.#clock, this.#leases.holdMs);
      }
      this.#leases.end(lease);
    }
    this.#taken -= 1;
    done();
    this.#giveOut();
  }
}
