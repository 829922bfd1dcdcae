import type { Clock } from '../shared/clock.ts';
import type { EffectiveRate } from './effective-rate.ts';
import type { LowerPace } from './fair-queue.ts';
import type { RateLimit, Tuning } from './permits.ts';

/** `adaptive`: bursts while nothing is backlogged, even spacing while something is. */
export type PacingMode = 'adaptive' | 'burst' | 'even';

/** Permits that flights of the lower classes leave alone, so that a caller need not wait behind a refresh. */
const LEASES_FOR_CALLERS = 3;

/** How long calls stay evenly spaced after Amperity refused one. */
const EVEN_AFTER_REFUSAL_MS = 180_000;

/**
 * Decides how permits follow each other. Leases alone let a backlog settle into waves: ten calls, then a second of
 * nothing, in which a team with a single question waits. Spacing them evenly spends the same rate and lets
 * anybody's turn come within a few gaps; but a burst after idleness should go out at once.
 */
export class Pacing {
  readonly #mode: PacingMode;
  readonly #limit: RateLimit;
  readonly #rate: EffectiveRate;
  readonly #clock: Clock;
  /** Monotonic instants at which the present backlog began and was last seen. */
  #backlogSince: number | undefined;
  #backlogSeen = Number.NEGATIVE_INFINITY;
  /** Longer than the pause between two waves of calls, in which nothing is claimed. */
  readonly #overAfterMs: number;
  #even = false;
  #evenUntil = Number.NEGATIVE_INFINITY;

  constructor(mode: PacingMode, limit: RateLimit, rate: EffectiveRate, clock: Clock) {
    this.#mode = mode;
    this.#limit = limit;
    this.#overAfterMs = 1.5 * (limit.windowMs + limit.guardMs);
    this.#rate = rate;
    this.#clock = clock;
  }

  /** @param waiting flights left in the queue after one was claimed */
  observe(waiting: number): void {
    const now = this.#clock.monotonic();
    if (waiting === 0) {
      this.#backlogSince = undefined;
      return;
    }
    // Where other replicas claim as well, one may never see the end of a backlog: it is over when it is not seen.
    if (now - this.#backlogSeen >= this.#overAfterMs) this.#backlogSince = undefined;
    this.#backlogSince ??= now;
    this.#backlogSeen = now;
    if (now - this.#backlogSince >= this.#limit.windowMs) this.#even = true;
  }

  /** Amperity has refused a call. */
  refused(): void {
    this.#rate.decrease();
    this.#evenUntil = this.#clock.monotonic() + EVEN_AFTER_REFUSAL_MS;
  }

  tuning(): Tuning {
    const { rate, windowMs, guardMs } = this.#limit;
    const allowed = this.#rate.current();
    const isEven = this.#isEven() || allowed < rate;
    // Rounded up: with the spacing below, the fraction is kept by time instead of by number.
    return { leases: Math.ceil(allowed), minTimeMs: isEven ? Math.floor((windowMs + guardMs) / allowed) : 0 };
  }

  /**
   * What waits below callers is no backlog of theirs: it is spaced by itself, so that it never takes many leases at
   * once, and callers go out at once from those it leaves. Where every permit is spaced, so is it.
   */
  lowerPace(): LowerPace {
    const { leases, minTimeMs } = this.tuning();
    const windowMs = this.#limit.windowMs + this.#limit.guardMs;
    return {
      below: leases - Math.min(LEASES_FOR_CALLERS, Math.floor(leases / 2)),
      windowMs,
      gapMs: minTimeMs > 0 ? 0 : windowMs / this.#rate.current(),
    };
  }

  #isEven(): boolean {
    if (this.#mode !== 'adaptive') return this.#mode === 'even';
    const now = this.#clock.monotonic();
    if (now - this.#backlogSeen >= this.#limit.windowMs) this.#even = false;
    return this.#even || now < this.#evenUntil;
  }
}
