/**
 * Keeps retries to about a tenth of the calls (gRPC proposal A6): a failure costs one token, a success earns a
 * tenth of one, and only while more than half of ten tokens are left may a failed call be tried again. Without it,
 * an upstream in trouble would get three times the calls.
 */
export interface RetryBudget {
  /** Never throws and never waits. */
  succeeded(): void;
  /** Counts a failure and tells whether the call may be tried again. Never rejects. */
  mayRetry(): Promise<boolean>;
}

export const RETRY_TOKENS = { most: 10, perSuccess: 0.1, keptBack: 5 } as const;
