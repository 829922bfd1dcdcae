import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Clock } from '../../src/shared/clock.ts';

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/** A clock whose time passes only when a test says so. */
export class ManualClock implements Clock {
  /** Wall clock and monotonic clock start apart, so that code which mixes them up shows it. */
  static readonly EPOCH = Date.UTC(2026, 0, 1);
  static readonly MONOTONIC = 5000;
  readonly #timers = new Set<Timer>();
  #elapsedMs = 0;
  #setByMs = 0;

  now(): number {
    return ManualClock.EPOCH + this.#elapsedMs + this.#setByMs;
  }

  monotonic(): number {
    return ManualClock.MONOTONIC + this.#elapsedMs;
  }

  /** Somebody sets the wall clock, forward or, with less than 0, back. */
  set(byMs: number): void {
    this.#setByMs += byMs;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer = { at: this.#elapsedMs + Math.max(0, delayMs), fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets everything that has been promised happen, without any time passing. */
  async settle(): Promise<void> {
    await turnOfTheLoop();
  }

  /** Moves on by `ms`, firing timers at their instants and in their order, also those set on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsedMs + ms;
    await this.settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next);
      this.#elapsedMs = next.at;
      next.fn();
      await this.settle();
    }
    this.#elapsedMs = until;
    await this.settle();
  }

  /** The earliest timer due by then; of several the one set first. */
  #next(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer;
    }
    return first;
  }
}
