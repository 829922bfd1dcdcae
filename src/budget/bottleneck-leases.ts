import type { RedisClient } from '../shared/redis.ts';
import { defineScript } from '../shared/redis-script.ts';

/** How the leases of a whole fleet stood when Redis was asked. */
export interface LeaseReading {
  /** Until another job may start, in ms. */
  readonly nextInMs: number;
  /** Until each lease runs out by itself, in ms, in any order. */
  readonly expireInMs: readonly number[];
}

/** By the clock of Redis, which is that of the limiter's scripts. */
const READ = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = { math.max(0, tonumber(redis.call('hget', KEYS[1], 'nextRequest') or 0) - now) }
local expirations = redis.call('zrangebyscore', KEYS[2], now, '+inf', 'WITHSCORES')
for at = 2, #expirations, 2 do table.insert(reply, expirations[at] - now) end
return reply
`;

/** Reads the state of the Bottleneck limiter `id` where Bottleneck keeps it. Rejects while Redis is away. */
export function leaseReader(client: RedisClient, id: string): () => Promise<LeaseReading> {
  const read = defineScript<[settings: string, expirations: string], number[]>(client, 'leases', 2, READ);
  return async () => {
    const [nextInMs = 0, ...expireInMs] = await read(`b_${id}_settings`, `b_${id}_job_expirations`);
    return { nextInMs, expireInMs };
  };
}
