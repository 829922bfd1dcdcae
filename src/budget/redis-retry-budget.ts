import type { Clock } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import { defineScript } from '../shared/redis-script.ts';
import { MemoryRetryBudget } from './memory-retry-budget.ts';
import { RETRY_TOKENS, type RetryBudget } from './retry-budget.ts';

/** For how long it is believed that nobody has failed since. */
const FULL_MS = 2000;

/** Adds to the tokens, which nobody has touched for an hour if they are not there, and tells how many there are. */
const CHANGE = `
local tokens = tonumber(redis.call('get', KEYS[1]) or ARGV[2]) + ARGV[1]
tokens = math.max(0, math.min(tokens, tonumber(ARGV[2])))
redis.call('set', KEYS[1], string.format('%.17g', tokens), 'px', 3600000)
return tostring(tokens)
`;

/** The retries of the whole fleet; those of this replica alone while Redis is away. */
export class RedisRetryBudget implements RetryBudget {
  readonly #change: (by: number) => Promise<number>;
  readonly #own = new MemoryRetryBudget();
  readonly #clock: Clock;
  /** Monotonic instant until which the tokens are taken to be all there, so that successes need not be told. */
  #fullUntil = 0;

  /** @param key where the tokens lie */
  constructor(client: RedisClient, key: string, clock: Clock) {
    this.#clock = clock;
    const change = defineScript<[key: string, by: number, most: number], string>(client, 'retry', 1, CHANGE);
    this.#change = async (by) => Number(await change(key, by, RETRY_TOKENS.most));
  }

  succeeded(): void {
    this.#own.succeeded();
    if (this.#clock.monotonic() < this.#fullUntil) return;
    this.#change(RETRY_TOKENS.perSuccess).then(
      (tokens) => {
        if (tokens >= RETRY_TOKENS.most) this.#fullUntil = this.#clock.monotonic() + FULL_MS;
      },
      () => undefined,
    );
  }

  async mayRetry(): Promise<boolean> {
    this.#fullUntil = 0;
    const own = this.#own.mayRetry();
    try {
      return (await this.#change(-1)) > RETRY_TOKENS.keptBack;
    } catch {
      return own;
    }
  }
}
