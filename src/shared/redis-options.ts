import type { CommonRedisOptions } from 'ioredis';

/** The longest pause between two attempts to reconnect; ms. Cool-downs after a loss of Redis build on it. */
export const LONGEST_RECONNECT_MS = 500;
const SHORTEST_RECONNECT_MS = 50;

/** From half to all of 50, 100, 200, 400, 500 ms, so that the replicas do not all knock at once. */
export function reconnectDelayMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_RECONNECT_MS, SHORTEST_RECONNECT_MS * 2 ** (attempt - 1));
  return Math.round(ceiling * (0.5 + random() / 2));
}

/**
 * What every connection has, to whatever kind of Redis. With the defaults of ioredis, commands wait for a Redis that
 * is gone or frozen, some for ever, and are sent a second time after a reconnect, which counts a permit twice.
 */
export function connectionOptions(clientName: string, commandTimeoutMs: number) {
  return {
    connectionName: clientName,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Runs from each command sent to its reply, so it never ends an idle subscription.
    commandTimeout: commandTimeoutMs,
    connectTimeout: 1000,
    // Runs only while a reply is due; an idle subscription waits for none.
    socketTimeout: 2000,
    // A half-closed connection to a host that is gone would otherwise hold up the next attempt for two seconds.
    disconnectTimeout: 500,
    // An old master that came back as a replica; the next connect finds the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    // redis-subscriptions.ts does it: ioredis forgets channels when a connection dies too early, and leaves a
    // refusal unhandled, which ends the process.
    autoResubscribe: false,
    // CLIENT SETINFO exists from Redis 7.2 only; an ACL that names it keeps a 7.0 from starting.
    disableClientInfo: true,
  } satisfies CommonRedisOptions & { disconnectTimeout: number };
}
