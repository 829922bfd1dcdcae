import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { settingsSchema } from '../../../src/config/schema.ts';
import { browserKey, configOf, liveKey, loadFiles, loadSettings, loadTeam, web } from './settings-fixture.ts';

/** The settings as the interface fixes them; `<tenant>` and the example of a team left out. */
const documented = `
auth: { modes: [apiKey], jwt: [] }        # apiKey | jwt | open (open only on loopback)
budget:
  rate: 10                                # calls per windowMs, whole fleet
  windowMs: 1000
  guardMs: 25                             # jitter allowance added to the window
  pacing: adaptive                        # adaptive | burst | even
  maxInFlight: 64                         # concurrent upstream calls, whole fleet
  whenRedisIsLost: share                  # share | closed
  maxReplicas: 4                          # divisor for 'share'; the chart computes it
queue: { perTeam: 200, total: 1000, maxWaitMs: 10000 }
upstream: { timeoutMs: 60000, connectTimeoutMs: 3000, maxBodyBytes: 8388608, attempts: 3 }
cache:
  freshMs: 60000
  staleMs: 300000                         # answer stale at once, refresh behind
  staleIfErrorMs: 900000                  # answer stale when upstream or budget fails
  totalFreshMs: 300000
  maxRetentionMs: 86400000                # hard cap on all of the above together
  failureMs: 1000                         # a failure is shared this long
  memory: { maxBytes: 67108864, maxEntryBytes: 4194304, preparedBytes: 16777216 }
  prefetch: { enabled: true }             # next page, only from idle budget
  generation: { pollMs: 0 }               # > 0: watch updated_at of hot indexes
  minimise: false
  browserCache: false                     # false: no-store; true: private, no-cache + ETag
cors: { origins: [] }
cursors: { sign: false }
export: { enabled: true, maxProfiles: 1000000, escapeFormulas: true }
drain: { delayMs: 5000, timeoutMs: 25000 }
`;

test('an empty file means the documented defaults', () => {
  const empty = settingsSchema.parse({});
  const { rawBrackets, ...upstream } = empty.upstream;
  const { http, ...rest } = { ...empty, upstream };
  expect(rest).toEqual(parse(documented));
  expect(rawBrackets).toBe(true);
  expect(http).toEqual({
    trustProxy: 0,
    extraQueryParams: [],
    accessLog: { hitsOneIn: 1 },
    compression: true,
    rateLimitHeaders: true,
    errorMediaType: 'application/problem+json',
  });
});

test('writing the documented defaults out is the same as leaving them out', () => {
  expect(settingsSchema.parse(parse(documented))).toEqual(settingsSchema.parse({}));
});

test('a team that says nothing may do nothing but ask for small pages, and is shown nothing', () => {
  const { keys: _, ...rights } =
    configOf(loadSettings({ teams: { web: { keys: [liveKey] } } })).teams.web ?? {};
  expect(rights).toEqual({
    weight: 1,
    jwt: [],
    indexes: [],
    attributes: {},
    filters: [],
    filterOnly: [],
    withTotal: false,
    maxLimit: 100,
    maxFilters: 5,
    export: false,
    bypassCache: false,
    scopes: [],
    profilesPerDay: 50_000,
    revealCache: true,
  });
});

test('what a block of attributes leaves out is empty', () => {
  const { web: team } = configOf(loadTeam({ attributes: { ix: {} } })).teams;
  expect(team?.attributes).toEqual({ ix: { allow: [], mask: [], maskAs: {} } });
});

test('profiles per day are unlimited only for a team that is shown everything and says nothing else', () => {
  const perDay = (rights: object) =>
    configOf(loadSettings({ teams: { web: { keys: [liveKey], indexes: ['ix'], ...rights } } })).teams.web
      ?.profilesPerDay;
  expect(perDay({ attributes: '*' })).toBeUndefined();
  expect(perDay({ attributes: '*', profilesPerDay: 7 })).toBe(7);
  expect(perDay({ attributes: { ix: { allow: ['a'] } } })).toBe(50_000);
  expect(perDay({ attributes: { ix: { allow: ['a'] } }, profilesPerDay: 60_000 })).toBe(60_000);
});

test('the name is the tenant, and the allowance carries the name', () => {
  const plain = configOf(loadSettings({}));
  expect([plain.name, plain.budget.name]).toEqual(['acme', 'acme']);
  const named = configOf(loadSettings({ name: 'eu' }));
  expect([named.name, named.budget.name]).toEqual(['eu', 'eu']);
  const shared = configOf(loadSettings({ name: 'eu', budget: { name: 'all' } }));
  expect([shared.name, shared.budget.name]).toEqual(['eu', 'all']);
});

test('listeners, version and log level have defaults', () => {
  const config = configOf(loadSettings({}));
  expect(config.listen).toEqual({ host: '127.0.0.1', port: 8080 });
  expect(config.admin).toEqual({ host: '127.0.0.1', port: 9090 });
  expect(config.workers).toBe(1);
  expect(config.amperity.apiVersion).toBe('2025-07-31');
  expect(config.log).toEqual({ level: 'info', pretty: false });
});

test('an empty file is an empty set of settings, not an error of its own', () => {
  expect(loadFiles({ 'gateway.yaml': '' }).problems).toEqual([
    'gateway.yaml: teams: no team has a key that works now, so nobody could call; ' +
      'make one with: npm run cli -- keys create --team <name>',
  ]);
});

test('the result is frozen all the way down', () => {
  const keyRing = `a:${Buffer.alloc(32, 1).toString('base64')}`;
  const config = configOf(
    loadSettings(
      {
        teams: {
          web: {
            ...web,
            keys: [liveKey, { ...browserKey, policy: { attributes: { ix: { allow: ['email'] } } } }],
            attributes: { ix: { allow: ['email'], mask: ['phone'], maskAs: { phone: 'hmac' } } },
            filters: { ix: ['email'] },
            indexes: ['ix'],
          },
        },
      },
      {
        AMPERITY_BASE_URL: 'https://app.amperity.com/api',
        AMPERITY_TENANT: 'acme',
        AMPERITY_CLIENT_ID: 'id',
        AMPERITY_CLIENT_SECRET: 'secret',
        AMPERITY_TOKEN_URL: 'https://app.amperity.com/token',
        CACHE_KEYS: keyRing,
        MASK_KEY: Buffer.alloc(32, 2).toString('base64'),
      },
    ),
  );
  expect(thawedPaths(config, 'config')).toEqual([]);
});

function thawedPaths(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  const inner = Object.entries(value).flatMap(([name, member]) => thawedPaths(member, `${path}.${name}`));
  return Object.isFrozen(value) ? inner : [path, ...inner];
}
