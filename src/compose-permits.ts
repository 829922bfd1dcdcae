import { BottleneckRedisPermits, type RedisPermitsParts } from './budget/bottleneck-redis-permits.ts';
import type { Config } from './config/config.ts';
import { LONGEST_RECONNECT_MS } from './shared/redis.ts';

/** The budget that everybody shares who has the same Redis and gives the same name. */
export const composeFleetPermits = (
  { budget }: Config,
  parts: Pick<RedisPermitsParts, 'clock' | 'connect' | 'onTrouble'>,
): BottleneckRedisPermits =>
  new BottleneckRedisPermits({
    limit: budget,
    name: budget.name,
    bursts: budget.pacing === 'burst',
    maxReplicas: budget.maxReplicas,
    reconnectMs: LONGEST_RECONNECT_MS,
    ...parts,
  });
