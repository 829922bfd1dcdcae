import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';

/**
 * One caller waiting for a flight. Its deadline bounds the time spent waiting for permits, summed over retries,
 * so the watch stands still while the flight is in the air.
 *
 * @typeParam T what the flight brings
 */
export class Waiter<T> {
  readonly landed: Promise<T>;
  readonly #clock: Clock;
  readonly #maxWaitMs: number;
  #resolve: (value: T) => void = () => {};
  #reject: (error: GatewayError) => void = () => {};
  #waitedMs = 0;
  #since: number | undefined;
  #cancelTimer: () => void = () => {};

  constructor(clock: Clock, maxWaitMs: number) {
    this.#clock = clock;
    this.#maxWaitMs = maxWaitMs;
    this.landed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The flight waits for a permit. */
  start(): void {
    if (this.#since !== undefined) return;
    this.#since = this.#clock.monotonic();
    this.#cancelTimer = this.#clock.after(this.#maxWaitMs - this.#waitedMs, () => {
      this.fail(
        new GatewayError('deadline_exceeded', 'The shared budget had no turn for this request in time.'),
      );
    });
  }

  /** The flight is in the air, or over. */
  pause(): void {
    if (this.#since === undefined) return;
    this.#cancelTimer();
    this.#waitedMs += this.#clock.monotonic() - this.#since;
    this.#since = undefined;
  }

  waitedMs(): number {
    return this.#waitedMs;
  }

  /** What is left of its wait. */
  remainingMs(): number {
    const running = this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since;
    return Math.max(0, this.#maxWaitMs - this.#waitedMs - running);
  }

  land(value: T): void {
    this.#resolve(value);
  }

  fail(error: GatewayError): void {
    this.#reject(error);
  }
}
