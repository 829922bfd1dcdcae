import type { RedisClient } from '../shared/redis.ts';

/** What the limiter's scripts have found missing: everything that was known of leases, or only of this replica. */
export type StateLoss = 'settings' | 'client';

/** How Bottleneck's scripts read the time: as each client's own `Date.now()`, handed in. */
const CLIENT_TIME = 'local now = tonumber(ARGV[1])';
const REDIS_TIME =
  "local clock = redis.call('time')\nlocal now = clock[1] * 1000 + math.floor(clock[2] / 1000)";

/** Scripts that Bottleneck 2.19.5 has; all of them read the time. */
const SCRIPTS = 15;

const LOSSES: Readonly<Record<string, StateLoss>> = {
  SETTINGS_KEY_NOT_FOUND: 'settings',
  UNKNOWN_CLIENT: 'client',
};

/** The parts of Bottleneck's connection that are not in its types. */
export interface ScriptConnection {
  __scriptArgs__(name: string, id: string, args: unknown[], callback: Callback): unknown[];
}

type Callback = (error: Error | null, reply: unknown) => void;

/**
 * Lets the scripts take the time from Redis. 500 ms between the clocks of two replicas halve the rate otherwise. To be
 * called before a connection is built on the client, which is when it defines the scripts.
 *
 * @returns a check that every script was met, for when the connection is ready
 */
export function readTimeInRedis(client: RedisClient): () => void {
  const define = client.defineCommand.bind(client);
  let met = 0;
  client.defineCommand = (name: string, definition: { lua: string; numberOfKeys?: number }) => {
    const lua = definition.lua.replace(CLIENT_TIME, REDIS_TIME);
    if (lua !== definition.lua) met += 1;
    define(name, { ...definition, lua });
  };
  return () => {
    if (met !== SCRIPTS)
      throw new Error(`This is not Bottleneck 2.19.5: ${met} of ${SCRIPTS} scripts read the time.`);
  };
}

/**
 * Bottleneck recovers from lost state by the exact text of its scripts' errors, in front of which Redis 7 writes
 * `ERR `: without this every job is rejected for ever after a restart without data.
 */
export function recogniseErrors(connection: ScriptConnection, onLoss: (loss: StateLoss) => void): void {
  const scriptArgs = connection.__scriptArgs__.bind(connection);
  connection.__scriptArgs__ = (name, id, args, callback) =>
    scriptArgs(name, id, args, (error, reply) => {
      if (error !== null) {
        error.message = error.message.replace(/^ERR /, '');
        const loss = LOSSES[error.message];
        if (loss !== undefined) onLoss(loss);
      }
      callback(error, reply);
    });
}
