import type { RedisClient } from '../shared/redis.ts';

/** How Bottleneck's scripts read the time: as each client's own `Date.now()`, handed in. */
const CLIENT_TIME = 'local now = tonumber(ARGV[1])';
const REDIS_TIME =
  "local clock = redis.call('time')\nlocal now = clock[1] * 1000 + math.floor(clock[2] / 1000)";

/** Scripts that Bottleneck 2.19.5 has; all of them read the time. */
const SCRIPTS = 15;

/** When a job expires: counted from the moment it was asked for, though pacing may put its start off. */
const EXPIRES = 'job_expirations_key, now + expiration, index';
const EXPIRES_LATER = 'job_expirations_key, math.max(nextRequest, now) + expiration, index';

/** How the limiter's state begins: the first job may start now. */
const STARTS_NOW = "'nextRequest', now,";

/** Scripts found everything missing that was known of leases, or what was known of this replica. */
const LOSSES: ReadonlySet<string> = new Set(['SETTINGS_KEY_NOT_FOUND', 'UNKNOWN_CLIENT']);

/** The parts of Bottleneck's connection that are not in its types. */
export interface ScriptConnection {
  __scriptArgs__(name: string, id: string, args: unknown[], callback: Callback): unknown[];
}

type Callback = (error: Error | null, reply: unknown) => void;

/**
 * Mends the scripts. To be called before a connection is built on the client, which is when it defines them.
 *
 * - They take the time from Redis: 500 ms between the clocks of two replicas halve the rate otherwise.
 * - State that is made anew lets no job start for a while: leases may be running that Redis has forgotten, and neither
 *   their holders nor a replica that has just started know of them all.
 * - A job's time runs from its start, not from when it was given a place that pacing may have put off.
 *
 * @param coolDownMs how long nothing starts after state was made
 * @returns a check that every script was met, for when the connection is ready
 */
export function mendScripts(client: RedisClient, coolDownMs: number): () => void {
  const define = client.defineCommand.bind(client);
  const startsLater = `'nextRequest', now + ${Math.ceil(coolDownMs)},`;
  let timed = 0;
  let others = 0;
  client.defineCommand = (name: string, definition: { lua: string; numberOfKeys?: number }) => {
    if (definition.lua.includes(CLIENT_TIME)) timed += 1;
    for (const text of [STARTS_NOW, EXPIRES]) if (definition.lua.includes(text)) others += 1;
    const lua = definition.lua
      .replace(CLIENT_TIME, REDIS_TIME)
      .replace(STARTS_NOW, startsLater)
      .replace(EXPIRES, EXPIRES_LATER);
    define(name, { ...definition, lua });
  };
  return () => {
    if (timed === SCRIPTS && others === 2) return;
    throw new Error(
      `This is not Bottleneck 2.19.5: ${timed} of ${SCRIPTS} scripts read the time, ${others} of 2 were mended else.`,
    );
  };
}

/**
 * Bottleneck recovers from lost state by the exact text of its scripts' errors, in front of which Redis 7 writes
 * `ERR `: without this every job is rejected for ever after a restart without data.
 */
export function recogniseErrors(connection: ScriptConnection, onLoss: () => void): void {
  const scriptArgs = connection.__scriptArgs__.bind(connection);
  connection.__scriptArgs__ = (name, id, args, callback) =>
    scriptArgs(name, id, args, (error, reply) => {
      if (error !== null) {
        error.message = error.message.replace(/^ERR /, '');
        if (LOSSES.has(error.message)) onLoss();
      }
      callback(error, reply);
    });
}
