import { afterAll, beforeAll } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisServer } from '../../support/redis-server.ts';
import { Fleet } from './fleet.ts';

/** A Redis for the tests of one file; what is returned opens a fleet for a test and ends it afterwards. */
export function fleets() {
  let server: RedisServer;
  let redis: Redis;

  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.url);
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  return (run: (fleet: Fleet, redis: Redis) => Promise<void>) => async (): Promise<void> => {
    const fleet = new Fleet(redis);
    try {
      await run(fleet, redis);
    } finally {
      fleet.close();
    }
  };
}
