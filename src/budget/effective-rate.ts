import type { Clock } from '../shared/clock.ts';

/** What is left of the rate after Amperity has refused a call. */
const DECREASE = 0.7;
/** Up to this share of the rate that was refused last, recovery is quick: it went well before. */
const KNOWN_SHARE = 0.9;
/** Shares of the configured rate gained each second, below and above what is known to go well. */
const QUICK_PER_S = 0.05;
const SLOW_PER_S = 0.01;

/**
 * The rate that Amperity turns out to allow: additive increase, multiplicative decrease, never above the
 * configured rate. Others draw on the same allowance, so it may be less than what was agreed.
 */
export class EffectiveRate {
  readonly #configured: number;
  readonly #clock: Clock;
  #base: number;
  #refusedAt: number;
  #since: number;

  /** @param configured calls per window */
  constructor(configured: number, clock: Clock) {
    this.#configured = configured;
    this.#clock = clock;
    this.#base = configured;
    this.#refusedAt = configured;
    this.#since = clock.monotonic();
  }

  /** Calls per window, at least 1. */
  current(): number {
    const seconds = (this.#clock.monotonic() - this.#since) / 1000;
    const known = this.#refusedAt * KNOWN_SHARE;
    const quick = this.#configured * QUICK_PER_S;
    const quickSeconds = Math.min(seconds, Math.max(0, known - this.#base) / quick);
    const slow = this.#configured * SLOW_PER_S * (seconds - quickSeconds);
    return Math.min(this.#configured, this.#base + quick * quickSeconds + slow);
  }

  /** Amperity has refused calls; once for all that were under way together. */
  decrease(): void {
    this.#refusedAt = this.current();
    this.#base = Math.max(1, this.#refusedAt * DECREASE);
    this.#since = this.#clock.monotonic();
  }
}
