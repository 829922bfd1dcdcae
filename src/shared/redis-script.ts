import type { RedisClient } from './redis.ts';

/** Runs the script: its keys first, then its arguments. */
export type Script<A extends unknown[], R> = (...args: A) => Promise<R>;

/**
 * Makes a Lua script known to a client and its duplicates. Each run is one call to Redis, which runs it undivided; by
 * its digest (EVALSHA), and whole where Redis does not know it.
 *
 * @param name of the script, which must be unique in the client
 * @typeParam A keys and arguments
 * @typeParam R the reply as Redis gives it
 */
export function defineScript<A extends (string | number)[], R>(
  client: RedisClient,
  name: string,
  numberOfKeys: number,
  lua: string,
): Script<A, R> {
  const command = `agw:${name}`;
  client.defineCommand(command, { numberOfKeys, lua });
  // ioredis gives the client a method of that name, which its types cannot know.
  const commands = client as unknown as { [name: string]: Script<A, R> };
  return (...args) => (commands[command] as Script<A, R>)(...args);
}
