import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { parseRedisUrl } from '../../../src/shared/redis-url.ts';
import { TestAuthority } from '../../support/redis-tls.ts';
import { directoryWith, goodEnvironment, now, web } from './settings-fixture.ts';

const canary = 'cAnArY7Qm2';
const CACHE_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
let authority: TestAuthority;
let pem: Record<'ca' | 'cert' | 'key' | 'otherKey' | 'lockedKey', string>;

beforeAll(() => {
  authority = new TestAuthority();
  const { cert, key } = authority.issue('gateway');
  const lockedKey = join(authority.folder, 'locked.key');
  execFileSync('openssl', ['pkey', '-in', key, '-aes256', '-passout', 'pass:x', '-out', lockedKey]);
  pem = { ca: authority.cert, cert, key, otherKey: authority.issue('other').key, lockedKey };
});
afterAll(() => authority.remove());

interface Outcome {
  readonly redis: Config['redis'];
  readonly problems: readonly string[];
  readonly cwd: string;
}

/** What the environment makes of Redis, read as at the start but for the refusal of this version. */
function read(env: NodeJS.ProcessEnv, files: Record<string, string> = {}): Outcome {
  const cwd = directoryWith({ 'gateway.yaml': { teams: { web } }, ...files });
  const loaded = loadConfig({ ...goodEnvironment, CACHE_KEYS, ...env }, { cwd, now });
  return 'problems' in loaded
    ? { redis: undefined, problems: loaded.problems, cwd }
    : { redis: loaded.config.redis, problems: [], cwd };
}

/** The problems, after seeing that each is one line of the usual form and none tells a secret. */
function problemsOf(env: NodeJS.ProcessEnv, files: Record<string, string> = {}): readonly string[] {
  const { problems } = read(env, files);
  for (const problem of problems) expect(problem).toMatch(/^[A-Z_]+: [^\n;]+; [^\n]+$/);
  expect(problems.join()).not.toContain(canary);
  return problems;
}

const standalone = (host: string, port: number, db = 0) => ({
  kind: 'standalone',
  address: { host, port },
  db,
});

describe('a Redis URL', () => {
  test.each<[url: string, expected: object]>([
    ['redis://cache', { servers: standalone('cache', 6379), tls: false }],
    ['redis://cache/', { servers: standalone('cache', 6379), tls: false }],
    ['REDIS://cache:7000/12', { servers: standalone('cache', 7000, 12), tls: false }],
    ['rediss://[::1]:7000/0', { servers: standalone('::1', 7000), tls: true }],
    [
      'redis://agw:pw@cache',
      { servers: standalone('cache', 6379), tls: false, username: 'agw', password: 'pw' },
    ],
    ['redis://:p%40w%2F:%25@cache', { servers: standalone('cache', 6379), tls: false, password: 'p@w/:%' }],
    ['redis://agw@cache', { servers: standalone('cache', 6379), tls: false, username: 'agw' }],
    ['redis://:@cache', { servers: standalone('cache', 6379), tls: false }],
    [
      'redis+sentinel://:pw@a:1,b/my-master.1',
      {
        servers: {
          kind: 'sentinel',
          sentinels: [
            { host: 'a', port: 1 },
            { host: 'b', port: 26379 },
          ],
          master: 'my-master.1',
        },
        tls: false,
        password: 'pw',
      },
    ],
    [
      'rediss+sentinel://[fd00::1]:2/m',
      { servers: { kind: 'sentinel', sentinels: [{ host: 'fd00::1', port: 2 }], master: 'm' }, tls: true },
    ],
    [
      'rediss+cluster://a,b:65535/',
      {
        servers: {
          kind: 'cluster',
          nodes: [
            { host: 'a', port: 6379 },
            { host: 'b', port: 65535 },
          ],
        },
        tls: true,
      },
    ],
  ])('%s', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual(expected);
    expect(
      problemsOf({ REDIS_URL: url }).filter((problem) => !problem.includes('without a password')),
    ).toEqual([]);
  });

  test.each<[url: string, why: RegExp]>([
    [canary, /is not valid/],
    [`http://:${canary}@cache`, /is not valid/],
    [`redis:/:${canary}@cache`, /is not valid/],
    ['redis://', /is not valid/],
    [`redis+cluster+x://:${canary}@a`, /is not valid/],
    [`redis://:${canary}@x@cache`, /is not valid/],
    [`redis://:${canary}/x@cache`, /is not valid/],
    [`redis://:${canary}#x@cache`, /holds a space/],
    [`redis://cache?password=${canary}`, /holds a space/],
    [`redis://:${canary} x@cache`, /holds a space/],
    [`redis://:${canary}%@cache`, /percent-encoded/],
    [`redis://:${canary}%ff@cache`, /percent-encoded/],
    ['redis://cache:0', /host or port/],
    ['redis://cache:65536', /host or port/],
    ['redis://cache:x', /host or port/],
    ['redis://ca$che', /host or port/],
    ['redis://[cache]', /host or port/],
    ['redis://::1', /host or port/],
    ['redis+cluster://a,,b', /host or port/],
    ['redis+cluster://a,', /host or port/],
    ['redis://a,b', /several hosts/],
    ['redis://a/x', /number of the database/],
    ['redis://a/01', /number of the database/],
    ['redis://a/1/2', /is not valid/],
    ['redis+cluster://a/1', /no numbered databases/],
    ['redis+sentinel://a', /name of the master/],
    ['redis+sentinel://a/', /name of the master/],
    ['redis+sentinel://a/my%20master', /name of the master/],
  ])('that is refused: %s', (url, why) => {
    expect(problemsOf({ REDIS_URL: url })).toEqual([expect.stringMatching(why)]);
    expect(problemsOf({ REDIS_URL_FILE: 'url' }, { url })).toEqual([
      expect.stringMatching(new RegExp(`^REDIS_URL_FILE: .*${why.source}`)),
    ]);
  });
});

describe('what is taken', () => {
  test('nothing without Redis, where cache keys stay a choice', () => {
    expect(read({ CACHE_KEYS: '' })).toMatchObject({ redis: undefined, problems: [] });
  });

  test('credentials from their variables', () => {
    const { redis } = read({ REDIS_URL: 'redis://cache', REDIS_USERNAME: 'agw', REDIS_PASSWORD: 'p w:/@' });
    expect(redis).toEqual({
      servers: standalone('cache', 6379),
      username: 'agw',
      password: { kind: 'value', value: 'p w:/@' },
    });
    expect(Object.isFrozen(redis?.password)).toBe(true);
  });

  test('secrets in files, by absolute path, to be read again later', () => {
    const { redis, cwd } = read(
      {
        REDIS_URL: 'redis+sentinel://a/m',
        REDIS_PASSWORD_FILE: 'password',
        REDIS_SENTINEL_PASSWORD_FILE: 'sentinel',
      },
      { password: `${canary}\n`, sentinel: canary },
    );
    expect(redis?.password).toEqual({ kind: 'file', path: join(cwd, 'password') });
    expect(redis?.sentinelPassword).toEqual({ kind: 'file', path: join(cwd, 'sentinel') });
  });

  test('a password in the URL, fixed or to be read again with its file', () => {
    expect(read({ REDIS_URL: 'redis://u:pw@cache' }).redis).toMatchObject({
      username: 'u',
      password: { kind: 'value', value: 'pw' },
    });
    const { redis, cwd } = read({ REDIS_URL_FILE: 'url' }, { url: 'redis://u:pw@cache\n' });
    expect(redis).toMatchObject({ username: 'u', password: { kind: 'urlFile', path: join(cwd, 'url') } });
  });

  test('the user in the URL with its password in a file', () => {
    const { redis, cwd } = read(
      { REDIS_URL: 'redis://agw@cache', REDIS_PASSWORD_FILE: 'password' },
      { password: 'pw' },
    );
    expect(redis).toMatchObject({ username: 'agw', password: { kind: 'file', path: join(cwd, 'password') } });
  });

  test('TLS, with an authority and a client certificate by absolute path', () => {
    expect(read({ REDIS_URL: 'rediss://cache' }).redis?.tls).toEqual({});
    expect(read({ REDIS_URL: 'redis://cache' }).redis).not.toHaveProperty('tls');
    const files = { REDIS_CA_FILE: pem.ca, REDIS_CERT_FILE: pem.cert, REDIS_KEY_FILE: pem.key };
    expect(read({ REDIS_URL: 'rediss+cluster://cache', ...files }).redis?.tls).toEqual({
      caFile: pem.ca,
      certFile: pem.cert,
      keyFile: pem.key,
    });
  });
});

describe('what does not fit together is a problem', () => {
  const url = 'redis://cache';
  test.each<[what: string, env: () => NodeJS.ProcessEnv, expected: RegExp[]]>([
    [
      'no cache keys',
      () => ({ REDIS_URL: url, CACHE_KEYS: '' }),
      [/^CACHE_KEYS: .*; make a value by: echo "k1:\$\(openssl rand -base64 32\)"$/],
    ],
    [
      'wrong cache keys',
      () => ({ REDIS_URL: url, CACHE_KEYS: canary }),
      [/^CACHE_KEYS: the value is not allowed/],
    ],
    [
      'two passwords',
      () => ({ REDIS_URL: `redis://:${canary}@cache`, REDIS_PASSWORD: canary }),
      [/^REDIS_PASSWORD: the URL holds one too/],
    ],
    [
      'two passwords, one in a file',
      () => ({ REDIS_URL: `redis://:${canary}@cache`, REDIS_PASSWORD_FILE: 'password' }),
      [/^REDIS_PASSWORD_FILE: the URL holds one too/],
    ],
    [
      'two users',
      () => ({ REDIS_URL: `redis://u:${canary}@cache`, REDIS_USERNAME: 'u' }),
      [/^REDIS_USERNAME: the URL holds one too/],
    ],
    [
      'a user without a password',
      () => ({ REDIS_URL: url, REDIS_USERNAME: 'u' }),
      [/^REDIS_USERNAME: a user is named without a password/],
    ],
    [
      'a user in the URL without a password',
      () => ({ REDIS_URL: 'redis://u@cache' }),
      [/^REDIS_URL: a user is named without a password/],
    ],
    [
      'a Sentinel password without Sentinels',
      () => ({ REDIS_URL: 'redis+cluster://cache', REDIS_SENTINEL_PASSWORD: canary }),
      [/^REDIS_SENTINEL_PASSWORD: REDIS_URL names no Sentinels/],
    ],
    [
      'certificates without TLS',
      () => ({ REDIS_URL: url, REDIS_CA_FILE: pem.ca, REDIS_CERT_FILE: pem.cert, REDIS_KEY_FILE: pem.key }),
      [
        /^REDIS_CA_FILE: REDIS_URL does not ask for TLS/,
        /^REDIS_CERT_FILE: REDIS_URL does not ask for TLS/,
        /^REDIS_KEY_FILE: REDIS_URL does not ask for TLS/,
      ],
    ],
    [
      'a certificate without its key',
      () => ({ REDIS_URL: 'rediss://cache', REDIS_CERT_FILE: pem.cert }),
      [/^REDIS_CERT_FILE: is set without REDIS_KEY_FILE/],
    ],
    [
      'a key without its certificate',
      () => ({ REDIS_URL: 'rediss://cache', REDIS_KEY_FILE: pem.key }),
      [/^REDIS_KEY_FILE: is set without REDIS_CERT_FILE/],
    ],
    [
      'the key of another certificate',
      () => ({ REDIS_URL: 'rediss://cache', REDIS_CERT_FILE: pem.cert, REDIS_KEY_FILE: pem.otherKey }),
      [/^REDIS_KEY_FILE: is not the key of REDIS_CERT_FILE/],
    ],
    [
      'a key under a passphrase',
      () => ({ REDIS_URL: 'rediss://cache', REDIS_CERT_FILE: pem.cert, REDIS_KEY_FILE: pem.lockedKey }),
      [/^REDIS_KEY_FILE: the file holds no private key without a passphrase/],
    ],
    [
      'files that hold something else',
      () => ({
        REDIS_URL: 'rediss://cache',
        REDIS_CA_FILE: 'password',
        REDIS_CERT_FILE: 'password',
        REDIS_KEY_FILE: 'password',
      }),
      [
        /^REDIS_CA_FILE: the file holds no certificate/,
        /^REDIS_CERT_FILE: the file holds no certificate/,
        /^REDIS_KEY_FILE: the file holds no private key/,
      ],
    ],
    [
      'files that are not there',
      () => ({ REDIS_URL: 'rediss://cache', REDIS_CA_FILE: 'nowhere', REDIS_PASSWORD_FILE: 'nowhere' }),
      [
        /^REDIS_PASSWORD_FILE: the file nowhere does not exist/,
        /^REDIS_CA_FILE: the file nowhere does not exist/,
      ],
    ],
    [
      'a password of two lines',
      () => ({ REDIS_URL: url, REDIS_PASSWORD: `${canary}\n${canary}` }),
      [/^REDIS_PASSWORD: the value is not allowed \(it is not shown here\)/],
    ],
    [
      'an empty password file',
      () => ({ REDIS_URL: url, REDIS_PASSWORD_FILE: 'empty' }),
      [/^REDIS_PASSWORD_FILE: the value is not allowed/],
    ],
    [
      'value and file of one secret',
      () => ({ REDIS_URL: url, REDIS_URL_FILE: 'password' }),
      [/^REDIS_URL: REDIS_URL_FILE is set too/],
    ],
    [
      'anything without a URL',
      () => ({
        REDIS_USERNAME: 'u',
        REDIS_PASSWORD_FILE: 'password',
        REDIS_SENTINEL_PASSWORD: canary,
        REDIS_CA_FILE: pem.ca,
        REDIS_CERT_FILE: pem.cert,
        REDIS_KEY_FILE: pem.key,
      }),
      [
        /^REDIS_USERNAME: is set without REDIS_URL/,
        /^REDIS_PASSWORD_FILE: is set without REDIS_URL; set REDIS_URL or unset REDIS_PASSWORD_FILE$/,
        /^REDIS_SENTINEL_PASSWORD: is set without REDIS_URL/,
        /^REDIS_CA_FILE: is set without REDIS_URL/,
        /^REDIS_CERT_FILE: is set without REDIS_URL/,
        /^REDIS_KEY_FILE: is set without REDIS_URL/,
      ],
    ],
    [
      'several of these at once',
      () => ({
        REDIS_URL: `redis://u:${canary}@cache`,
        REDIS_USERNAME: 'u',
        REDIS_PASSWORD: canary,
        REDIS_CERT_FILE: pem.cert,
        CACHE_KEYS: '',
      }),
      [
        /^CACHE_KEYS: is not set/,
        /^REDIS_CERT_FILE: is set without REDIS_KEY_FILE/,
        /^REDIS_USERNAME: the URL holds one too/,
        /^REDIS_PASSWORD: the URL holds one too/,
        /^REDIS_CERT_FILE: REDIS_URL does not ask for TLS/,
      ],
    ],
  ])('%s', (_, env, expected) => {
    const problems = problemsOf(env(), { password: canary, empty: '' });
    expect(problems).toEqual(expected.map((line) => expect.stringMatching(line)));
  });

  test('a misspelt variable', () => {
    expect(problemsOf({ REDIS_PASSWORT: canary })).toEqual([
      'REDIS_PASSWORT: is not a variable of the gateway; did you mean REDIS_PASSWORD?',
    ]);
  });
});
