import { RETRY_TOKENS, type RetryBudget } from './retry-budget.ts';

const { keptBack, most, perSuccess } = RETRY_TOKENS;

/** The retries of one process. */
export class MemoryRetryBudget implements RetryBudget {
  #tokens: number = most;

  succeeded(): void {
    this.#tokens = Math.min(most, this.#tokens + perSuccess);
  }

  async mayRetry(): Promise<boolean> {
    this.#tokens = Math.max(0, this.#tokens - 1);
    return this.#tokens > keptBack;
  }
}
