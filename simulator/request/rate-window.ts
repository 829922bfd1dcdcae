/** One budget. Times are whole microseconds and never go back. */
export interface RateWindow {
  /** Says whether an arrival is admitted, and takes its share of the budget. */
  admit(timeUs: number, limits: RateLimits): boolean;
}

export interface RateLimits {
  readonly limit: number;
  readonly windowUs: number;
  readonly burst: number;
  /** Whether a refused arrival takes budget too. */
  readonly countRejected: boolean;
}

/** At most `limit` arrivals in any half-open window. */
export class SlidingWindow implements RateWindow {
  #times: number[] = [];
  #head = 0;

  admit(timeUs: number, { limit, windowUs, countRejected }: RateLimits): boolean {
    while (this.#head < this.#times.length && (this.#times[this.#head] as number) <= timeUs - windowUs) {
      this.#head++;
    }
    const admitted = this.#times.length - this.#head < limit;
    if (admitted || countRejected) this.#times.push(timeUs);
    // Only the newest `limit` arrivals can refuse another one.
    this.#head = Math.max(this.#head, this.#times.length - limit);
    if (this.#head > 1024 && this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head);
      this.#head = 0;
    }
    return admitted;
  }
}

/** At most `limit` arrivals between two ticks of the window, so up to 2 × limit around one tick. */
export class FixedWindow implements RateWindow {
  #window = -1;
  #count = 0;

  admit(timeUs: number, { limit, windowUs, countRejected }: RateLimits): boolean {
    const window = Math.floor(timeUs / windowUs);
    if (window !== this.#window) this.#count = 0;
    this.#window = window;
    const admitted = this.#count < limit;
    if (admitted || countRejected) this.#count++;
    return admitted;
  }
}

/** `burst` tokens at once, refilled by `limit` per window. */
export class TokenBucket implements RateWindow {
  #tokens: number | undefined;
  #filledUs = 0;

  admit(timeUs: number, { limit, windowUs, burst, countRejected }: RateLimits): boolean {
    const earned = ((timeUs - this.#filledUs) * limit) / windowUs;
    const tokens = Math.min(burst, (this.#tokens ?? burst) + earned);
    // A sum of small refills may end a rounding error below a whole token.
    const admitted = tokens >= 1 - 1e-9;
    this.#filledUs = timeUs;
    this.#tokens = admitted ? Math.max(0, tokens - 1) : countRejected ? 0 : tokens;
    return admitted;
  }
}
