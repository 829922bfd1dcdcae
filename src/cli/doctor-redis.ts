import type { Config } from '../config/config.ts';
import { type Clock, sleep } from '../shared/clock.ts';
import { connectRedis, type RedisClient } from '../shared/redis.ts';
import { redisNames } from '../shared/redis-names.ts';
import { type Finding, findingsAbout } from './doctor-finding.ts';
import { missingRights } from './doctor-redis-rights.ts';
import { examineRedisServer } from './doctor-redis-server.ts';

const { fine, note, wrong } = findingsAbout('Redis');

/** Longer than a few connects take that are tried again. */
const CONNECT_MS = 3000;

/** Whether Redis can be reached, is one of use, and lets the gateway do what it has to. */
export async function* examineRedis(config: Config, clock: Clock): AsyncGenerator<Finding> {
  const { budget, name, redis } = config;
  if (redis === undefined) {
    yield note('REDIS_URL is not set, so one replica may run and no more');
    return;
  }
  let trouble: string | undefined;
  const connect = (): RedisClient =>
    connectRedis(redis, {
      clientName: 'agw-doctor',
      onError: (error) => {
        trouble ??= wordFor(error);
      },
    });
  const [client, subscriber] = [connect(), connect()];
  try {
    const isReady = await Promise.all([ready(client, clock), ready(subscriber, clock)]);
    if (isReady.includes(false)) {
      yield wrong(`cannot be used (${trouble ?? 'no answer'}); ${toMend(trouble)}`);
      return;
    }
    for (const node of nodesOf(client)) {
      const { host, port } = node.options;
      yield* examineRedisServer(client.isCluster ? `Redis ${host}:${port}` : 'Redis', node, clock);
    }
    const missing = await missingRights(client, subscriber, redisNames(name, budget.name));
    yield missing.length === 0
      ? fine('the user has every right that is needed')
      : wrong(
          `the user lacks rights; give them by ACL SETUSER <user> ${missing.join(' ')} (docs/redis.md has the whole line)`,
        );
    if (redis.username === undefined)
      yield note('the user is default; docs/redis.md has one with fewer rights');
  } finally {
    subscriber.disconnect();
    client.disconnect();
  }
}

const nodesOf = (client: RedisClient) => ('nodes' in client ? client.nodes('master') : [client]);

async function ready(client: RedisClient, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + CONNECT_MS;
  while (client.status !== 'ready' && clock.monotonic() < until) await sleep(clock, 10);
  return client.status === 'ready';
}

/** Codes of Node and of Redis; a message would tell more than is meant for everybody. */
function wordFor(error: Error): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return /^[A-Z]{3,}/.exec(error.message)?.[0] ?? (typeof code === 'string' ? code : undefined);
}

function toMend(trouble: string | undefined): string {
  if (trouble === 'WRONGPASS' || trouble === 'NOAUTH') return 'check REDIS_USERNAME and REDIS_PASSWORD';
  if (trouble === 'NOPERM')
    return 'the user lacks a right without which there is no connection: see docs/redis.md';
  return 'check that it runs, that REDIS_URL names it, TLS, and what goes out from here';
}
