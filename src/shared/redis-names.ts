export interface RedisNames {
  /** Of what has names of its own below: `g`, `r`, `t:…`, `u:…`, `w:…`. */
  readonly own: string;
  readonly queue: string;
  /** A channel; others begin like it. */
  readonly signals: string;
  readonly pages: string;
  readonly handedOver: string;
  readonly pause: string;
  /** Bottleneck puts `b_` before it. */
  readonly limiter: string;
}

/**
 * How every name begins that a release has in Redis; docs/redis.md gives rights by them. What stands in braces chooses
 * the slot in a cluster (hash tags): what one script touches stands together, pages are spread.
 *
 * @param name of the release (`name`), alone with what it keeps
 * @param budgetName of the allowance (`budget.name`), which releases may share
 */
export function redisNames(name: string, budgetName: string): RedisNames {
  const own = `agw:{${name}}`;
  return {
    own,
    queue: queueRoot(name),
    signals: `${own}:s`,
    pages: `agw:${name}:p`,
    handedOver: `agw:${name}:h`,
    pause: `agw:{${budgetName}}:pause`,
    limiter: limiterId(budgetName),
  };
}

/** With the version of what lies there. */
export const queueRoot = (name: string): string => `agw:{${name}}:q:1`;

export const limiterId = (budgetName: string): string => `{agw-${budgetName}}`;
