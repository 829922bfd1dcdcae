import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '../src/access/api-key.ts';
import { RedisServer } from '../test/support/redis-server.ts';
import { startArguments } from '../test/support/start-command.ts';
import { startChild, stopChild } from './child.ts';

/** What callers talk to: one process, or several that are to act as one. */
export interface Started {
  /** All processes, Redis among them. */
  readonly children: readonly ChildProcess[];
  /** One for each gateway. */
  readonly urls: readonly string[];
  /** Credential headers by team. */
  readonly headers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Such as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
  /** File that takes the log; absent: it is thrown away. */
  readonly out?: string;
  /** Of every team, in place of all. */
  readonly rights?: Readonly<Record<string, unknown>>;
  /** Also for one replica. */
  readonly withRedis?: boolean;
}

const RIGHTS = { indexes: ['*'], attributes: '*', filters: '*', withTotal: true, maxLimit: 1000 };

/**
 * Starts the compiled gateway on free ports, as it would run, with a key for each team. Several replicas share a Redis
 * that is started for them.
 */
export async function startGateways(
  upstreamUrl: string,
  settings: Readonly<Record<string, unknown>>,
  weights: Readonly<Record<string, number>>,
  replicas: number,
  { nodeArgs = [], out, rights = {}, withRedis = replicas > 1 }: StartOptions = {},
): Promise<Started> {
  const { teams, headers } = withKeys(weights, { ...RIGHTS, ...rights });
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const config = join(folder, 'gateway.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ ...settings, teams }));
  const redis = withRedis ? await RedisServer.start() : undefined;
  const shared = redis && {
    REDIS_URL: redis.url,
    CACHE_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  };
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(stopChild));
    await redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const urls: string[] = [];
  try {
    for (let replica = 0; replica < replicas; replica += 1) {
      const { child, ready } = await startChild<{ listen: string }>(
        [...nodeArgs, ...startArguments()],
        {
          GATEWAY_CONFIG: config,
          AMPERITY_BASE_URL: upstreamUrl,
          AMPERITY_TENANT: 'acme',
          AMPERITY_TOKEN: 'sim-token',
          PORT: '0',
          ADMIN_PORT: '0',
          ...shared,
        },
        ({ msg }) => msg === 'listening',
        out,
      );
      children.push(child);
      urls.push(`http://${ready.listen}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { children: [...children, ...(redis ? [redis.child] : [])], urls, headers, stop };
}

function withKeys(weights: Readonly<Record<string, number>>, rights: object) {
  const headers: Record<string, Record<string, string>> = {};
  const teams: Record<string, unknown> = {};
  for (const [team, weight] of Object.entries(weights)) {
    const { key, id, sha256 } = createApiKey({ label: 'bench' });
    const notAfter = new Date(Date.now() + 86_400_000).toISOString();
    teams[team] = { ...rights, weight, keys: [{ id, sha256, notAfter }] };
    headers[team] = { 'x-api-key': key };
  }
  return { teams, headers };
}
