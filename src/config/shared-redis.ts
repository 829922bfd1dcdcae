import { resolve } from 'node:path';
import type { RedisSecret, RedisSettings } from '../shared/redis.ts';
import { parseRedisUrl } from '../shared/redis-url.ts';
import type { VariableName } from './environment.ts';
import { type ReadEnvironment, variableOf } from './read-environment.ts';
import type { ReadFile } from './read-file.ts';
import { tlsFiles } from './tls-files.ts';

const companions = [
  'REDIS_USERNAME',
  'REDIS_PASSWORD',
  'REDIS_SENTINEL_PASSWORD',
  'REDIS_CA_FILE',
  'REDIS_CERT_FILE',
  'REDIS_KEY_FILE',
] as const satisfies VariableName[];

/** Where Redis is and how to get in. Nothing without Redis, or when there is a problem, said here or before. */
export function sharedRedis(
  environment: ReadEnvironment,
  { cwd, readFile }: { cwd: string; readFile: ReadFile },
  problems: string[],
): RedisSettings | undefined {
  const { values, files, given } = environment;
  const where = (name: VariableName) => variableOf(environment, name);
  if (!given.has('REDIS_URL')) {
    for (const name of companions.filter((companion) => given.has(companion))) {
      problems.push(`${where(name)}: is set without REDIS_URL; set REDIS_URL or unset ${where(name)}`);
    }
    return undefined;
  }
  if (!given.has('CACHE_KEYS')) {
    problems.push(
      'CACHE_KEYS: is not set, and what goes to Redis is encrypted with it; ' +
        'make a value by: echo "k1:$(openssl rand -base64 32)"',
    );
  }
  const tls = tlsFiles(environment, { cwd, readFile }, problems);
  if (values.REDIS_URL === undefined) return undefined;
  const url = parseRedisUrl(values.REDIS_URL);
  if ('problem' in url) {
    problems.push(`${where('REDIS_URL')}: ${url.problem}`);
    return undefined;
  }

  for (const [name, inUrl] of [
    ['REDIS_USERNAME', url.username],
    ['REDIS_PASSWORD', url.password],
  ] as const) {
    if (inUrl !== undefined && given.has(name)) {
      problems.push(`${where(name)}: the URL holds one too; keep one of the two`);
    }
  }
  const hasUser = given.has('REDIS_USERNAME') || url.username !== undefined;
  if (hasUser && !given.has('REDIS_PASSWORD') && url.password === undefined) {
    const name = given.has('REDIS_USERNAME') ? 'REDIS_USERNAME' : where('REDIS_URL');
    problems.push(`${name}: a user is named without a password; set REDIS_PASSWORD or REDIS_PASSWORD_FILE`);
  }
  if (given.has('REDIS_SENTINEL_PASSWORD') && url.servers.kind !== 'sentinel') {
    const name = where('REDIS_SENTINEL_PASSWORD');
    problems.push(`${name}: REDIS_URL names no Sentinels; write redis+sentinel:// or unset ${name}`);
  }
  const tlsNames = companions.filter((name) => name.endsWith('_FILE') && given.has(name));
  if (!url.tls) {
    for (const name of tlsNames) {
      problems.push(
        `${name}: REDIS_URL does not ask for TLS; write rediss instead of redis, or unset ${name}`,
      );
    }
  }

  const secret = (name: 'REDIS_PASSWORD' | 'REDIS_SENTINEL_PASSWORD') =>
    secretFrom('file', files.get(name), cwd, values[name]);
  const password =
    secret('REDIS_PASSWORD') ?? secretFrom('urlFile', files.get('REDIS_URL'), cwd, url.password);
  const sentinelPassword = secret('REDIS_SENTINEL_PASSWORD');
  const username = values.REDIS_USERNAME ?? url.username;
  return {
    servers: url.servers,
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...(sentinelPassword && { sentinelPassword }),
    ...(url.tls && { tls }),
  };
}

function secretFrom(
  kind: 'file' | 'urlFile',
  path: string | undefined,
  cwd: string,
  value: string | undefined,
): RedisSecret | undefined {
  if (value === undefined) return undefined;
  return path === undefined ? { kind: 'value', value } : { kind, path: resolve(cwd, path) };
}
