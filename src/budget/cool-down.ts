import type { Clock } from '../shared/clock.ts';

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/**
 * The pause after Amperity said 429: nobody's call would fare better than the last one. It lasts as long as
 * Amperity asks for, or else one second, doubling up to thirty while the first call after each pause is refused.
 */
export class CoolDown {
  readonly #clock: Clock;
  readonly #listeners: (() => void)[] = [];
  #until = 0;
  #nextMs = FIRST_MS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `listener` whenever a pause begins, whichever replica's call was refused. */
  whenNews(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Milliseconds for which no call should start; 0 when calls may go. */
  remainingMs(): number {
    return Math.max(0, this.#until - this.#clock.monotonic());
  }

  /**
   * A call sent at the monotonic instant `sentAt` was refused. Refusals of calls that were under way before
   * the pause began say nothing new and at most extend it to what Amperity asks for.
   *
   * @returns whether it was news
   */
  refused(sentAt: number, retryAfterMs: number | undefined): boolean {
    const now = this.#clock.monotonic();
    const isNews = sentAt >= this.#until;
    if (isNews) {
      this.#until = now + Math.max(retryAfterMs ?? this.#nextMs, FIRST_MS);
      this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS);
      this.#tell();
    } else if (retryAfterMs !== undefined) {
      this.#until = Math.max(this.#until, now + retryAfterMs);
    }
    return isNews;
  }

  /** Another replica was refused: nobody calls for so long, and the next refusal is one more in a row. */
  pauseFor(ms: number): void {
    const now = this.#clock.monotonic();
    const isNews = now >= this.#until;
    if (isNews) this.#nextMs = Math.min(Math.max(this.#nextMs, 2 * ms), LONGEST_MS);
    this.#until = Math.max(this.#until, now + ms);
    if (isNews) this.#tell();
  }

  /** A call sent at `sentAt` was let through. */
  accepted(sentAt: number): void {
    if (sentAt >= this.#until) this.#nextMs = FIRST_MS;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
