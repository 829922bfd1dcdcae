import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../shared/redis.ts';
import type { RedisNames } from '../shared/redis-names.ts';

/** A right that a command needs, and the command, which changes nothing that matters. */
type Probe = readonly [right: string, run: () => Promise<unknown>];

const NO_SCRIPT = '0'.repeat(40);

/**
 * Rights that the user lacks, in words of `ACL SETUSER`. It may not ask for its rights, so each command of
 * docs/redis.md is tried on a key of the doctor's own, and each pattern by a look.
 */
export async function missingRights(
  client: RedisClient,
  subscriber: RedisClient,
  names: RedisNames,
): Promise<readonly string[]> {
  const missing = new Set<string>();
  const probe = async (right: string, pattern: string, run: () => Promise<unknown>): Promise<void> => {
    const said = await run().then(() => '', messagesOf);
    // Anything else says that it was let do it.
    if (said.includes('NOPERM')) missing.add(/\b(key|keys|channels?)\b/.test(said) ? pattern : right);
  };
  for (const [pattern, key] of keyPatterns(names)) await probe('+exists', pattern, () => client.exists(key));
  const scratch = `${names.own}:q:doctor:${randomUUID()}`;
  const scratchPattern = `~${names.own}:q:*`;
  for (const [right, run] of commandProbes(client, scratch)) await probe(right, scratchPattern, run);
  for (const [pattern, channel] of channelPatterns(names)) {
    await probe('+publish', pattern, () => client.publish(channel, ''));
    await probe('+subscribe', pattern, () => subscriber.subscribe(channel));
    await probe('+unsubscribe', pattern, () => subscriber.unsubscribe(channel));
  }
  return [...missing];
}

/** A refused MULTI is told beside what comes of it. */
const messagesOf = (error: Error & { readonly previousErrors?: readonly Error[] }): string =>
  [error, ...(error.previousErrors ?? [])].map(({ message }) => message).join('\n');

const keyPatterns = ({
  own,
  pages,
  handedOver,
  pause,
  limiter,
}: RedisNames): readonly (readonly [string, string])[] => [
  [`~b_${limiter}*`, `b_${limiter}_settings`],
  ...[pause, `${own}:g`, `${own}:g:gone`, `${own}:r`].map((key) => [`~${key}`, key] as const),
  ...['q', 't', 'w', 'u'].map((kind) => [`~${own}:${kind}:*`, `${own}:${kind}:doctor`] as const),
  ...[pages, handedOver].map((root) => [`~${root}:*`, `${root}:doctor`] as const),
];

/** Nobody listens to these. */
const channelPatterns = ({ limiter, signals }: RedisNames): readonly (readonly [string, string])[] => [
  [`&b_${limiter}*`, `b_${limiter}_doctor`],
  [`&${signals}*`, `${signals}:doctor`],
];

/** @param key of nobody else, for a moment */
function commandProbes(client: RedisClient, key: string): readonly Probe[] {
  const [hash, set, sorted] = [`${key}:hash`, `${key}:set`, `${key}:sorted`];
  const lines: readonly (readonly (string | number)[])[] = [
    ['set', key, 1, 'PX', 5000],
    ...[
      ['get', key],
      ['exists', key],
      ['pttl', key],
      ['pexpire', key, 5000],
      ['rename', key, `${key}:new`],
    ],
    ...[
      ['unlink', `${key}:new`],
      ['del', key],
    ],
    ...[
      ['hset', hash, 'a', 1],
      ['hsetnx', hash, 'a', 1],
      ['hmset', hash, 'a', 1],
      ['hincrby', hash, 'a', 1],
    ],
    ...[
      ['hget', hash, 'a'],
      ['hmget', hash, 'a'],
      ['hgetall', hash],
      ['hkeys', hash],
      ['hvals', hash],
    ],
    ...[
      ['hstrlen', hash, 'a'],
      ['hdel', hash, 'a'],
    ],
    ...[
      ['sadd', set, 'a'],
      ['scard', set],
      ['srem', set, 'a'],
    ],
    ...[
      ['zadd', sorted, 1, 'a'],
      ['zincrby', sorted, 1, 'a'],
      ['zcard', sorted],
      ['zscore', sorted, 'a'],
    ],
    ...[
      ['zrange', sorted, 0, 1],
      ['zrangebyscore', sorted, 0, 1],
      ['zremrangebyscore', sorted, 0, 1],
    ],
    ['zrem', sorted, 'a'],
    ...[
      ['eval', 'return 1', 1, key],
      ['evalsha', NO_SCRIPT, 1, key],
    ],
    ...[
      ['script', 'exists', NO_SCRIPT],
      ['script', 'load', 'return 1'],
    ],
    ...[['time'], ['wait', 0, 1], ['ping'], ['info', 'server']],
    ...[
      ['client', 'setname', 'agw-doctor'],
      ['client', 'id'],
    ],
  ];
  return [
    ...lines.map(([command, ...args]): Probe => {
      const right = ['script', 'client'].includes(`${command}`) ? `${command}|${args[0]}` : `${command}`;
      return [`+${right}`, () => client.call(`${command}`, ...args)];
    }),
    ['+multi +exec', () => client.multi().get(key).exec()],
  ];
}
