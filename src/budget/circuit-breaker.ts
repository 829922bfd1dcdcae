import type { Clock } from '../shared/clock.ts';
import type { HealthFinding } from './fleet-health.ts';

const WINDOW_MS = 20_000;
const LEAST_CALLS = 10;
const FAILURE_SHARE = 0.5;
const FIRST_OPEN_MS = 5000;
const LONGEST_OPEN_MS = 60_000;

export type BreakerState = 'closed' | 'open' | 'half_open';

/**
 * Stops calling an upstream that fails: open once at least half of at least ten calls of the last 20 s have failed, or
 * the last ten of them, however many went well before.
 * After 5 s one call probes; if it fails too, the pause doubles, up to a minute. Refusals by rate (429) and calls
 * that we ended ourselves say nothing about the upstream's health and are not to be recorded.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  #calls: { readonly at: number; readonly failed: boolean }[] = [];
  #succeededAt = Number.NEGATIVE_INFINITY;
  #openUntil: number | undefined;
  #openMs = FIRST_OPEN_MS;
  /** The call that probes, while it is under way. */
  #probe: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  state(): BreakerState {
    if (this.#openUntil === undefined) return 'closed';
    return this.#clock.monotonic() < this.#openUntil ? 'open' : 'half_open';
  }

  /** Milliseconds until a call may be tried; 0 unless open. */
  remainingMs(): number {
    return Math.max(0, (this.#openUntil ?? 0) - this.#clock.monotonic());
  }

  /** Whether no call may be made now, not even one that probes. */
  isBarred(): boolean {
    return this.remainingMs() > 0 || this.#probe !== undefined;
  }

  /** What the calls of the last 20 s, or those that opened it, tell. */
  finding(): HealthFinding {
    // One whose probe is under way makes no other call.
    if (this.#probe !== undefined) return { failing: Math.max(1, this.remainingMs()) };
    if (this.#openUntil !== undefined && this.#clock.monotonic() - this.#openUntil < WINDOW_MS) {
      return { failing: this.remainingMs() };
    }
    return this.#clock.monotonic() - this.#succeededAt < WINDOW_MS ? 'well' : 'unknown';
  }

  /** Others have found that calls fail: none are made for so long, and then one probes. */
  adopt(forMs: number): void {
    if (this.#openUntil === undefined) this.#openUntil = this.#clock.monotonic() + forMs;
  }

  /** Whether the call `id` may be made now. While half open only one may be; it has to be recorded or released. */
  admit(id: string): boolean {
    const state = this.state();
    if (state === 'closed') return true;
    if (state === 'open' || this.#probe !== undefined) return false;
    this.#probe = id;
    return true;
  }

  /** A call that was admitted has ended without saying anything about the upstream. */
  release(id: string): void {
    if (this.#probe === id) this.#probe = undefined;
  }

  /** A call that was admitted has been answered, or has failed by the upstream's fault. */
  record(id: string, failed: boolean): void {
    if (!failed) this.#succeededAt = this.#clock.monotonic();
    if (this.#openUntil !== undefined) {
      // Calls from before the pause come in late; only the probe decides.
      if (this.#probe !== id) return;
      this.#probe = undefined;
      if (failed) this.#open(Math.min(this.#openMs * 2, LONGEST_OPEN_MS));
      else this.#close();
      return;
    }
    const now = this.#clock.monotonic();
    this.#calls = [...this.#calls.filter(({ at }) => now - at < WINDOW_MS), { at: now, failed }];
    const failures = this.#calls.filter((call) => call.failed).length;
    const isBroken = this.#calls.slice(-LEAST_CALLS).every((call) => call.failed);
    const trips =
      this.#calls.length >= LEAST_CALLS && (isBroken || failures >= this.#calls.length * FAILURE_SHARE);
    if (trips) this.#open(FIRST_OPEN_MS);
  }

  #open(forMs: number): void {
    this.#openMs = forMs;
    this.#openUntil = this.#clock.monotonic() + forMs;
  }

  #close(): void {
    this.#openUntil = undefined;
    this.#openMs = FIRST_OPEN_MS;
    this.#calls = [];
  }
}
