import type { RedisClient } from './redis.ts';

/** How long followers of Redis are waited for. Commands of the connection wait as long. */
const FOLLOWERS_MS = 300;

/**
 * Waits until every follower, one of which may take over from Redis, has what was written on this connection. Resolves
 * to how many there are; rejects when one has not confirmed. In a cluster, where each shard has followers of its own,
 * none is waited for.
 */
export async function awaitFollowers(client: RedisClient): Promise<number> {
  if (client.isCluster) return 0;
  const followers = Number(/^connected_slaves:(\d+)/m.exec(await client.info('replication'))?.[1] ?? 0);
  const acknowledged = followers === 0 ? 0 : await client.wait(followers, FOLLOWERS_MS);
  if (acknowledged < followers) throw new Error('Not every follower has confirmed.');
  return acknowledged;
}
