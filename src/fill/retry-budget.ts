const MOST = 10;
const PER_SUCCESS = 0.1;

/**
 * Keeps retries to about a tenth of the calls (gRPC proposal A6): a failure costs one token, a success earns a
 * tenth of one, and only while more than half of ten tokens are left may a failed call be tried again. Without it,
 * an upstream in trouble would get three times the calls.
 */
export class RetryBudget {
  #tokens = MOST;

  succeeded(): void {
    this.#tokens = Math.min(MOST, this.#tokens + PER_SUCCESS);
  }

  /** Counts a failure and tells whether the call may be tried again. */
  mayRetry(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1);
    return this.#tokens > MOST / 2;
  }
}
