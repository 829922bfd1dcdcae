import { describe, expect, test } from '@jest/globals';
import { configOf, goodEnvironment, loadSettings, loadTeam } from './settings-fixture.ts';

describe('the cap on retention', () => {
  test.each(['freshMs', 'staleMs', 'staleIfErrorMs', 'totalFreshMs'])(
    'is not exceeded by a written %s',
    (name) => {
      const with60 = (value: number) =>
        loadSettings({ cache: { maxRetentionMs: 60_000, [name]: value } }).problems;
      expect(with60(60_000)).toEqual([]);
      expect(with60(60_001)).toEqual([expect.stringMatching(`^gateway.yaml: cache.${name}: is longer than`)]);
    },
  );

  test('shortens defaults without a word', () => {
    expect(loadSettings({ cache: { maxRetentionMs: 1000 } })).toMatchObject({ problems: [], warnings: [] });
  });
});

test('the largest entry fits into memory', () => {
  expect(loadSettings({ cache: { memory: { maxBytes: 5_000_000 } } }).problems).toEqual([]);
  expect(loadSettings({ cache: { memory: { maxBytes: 4_000_000 } } }).problems).toEqual([
    expect.stringMatching(/^gateway\.yaml: cache\.memory\.maxEntryBytes: is larger than/),
  ]);
});

test('the two listeners do not share a port of one address', () => {
  const load = (env: NodeJS.ProcessEnv) =>
    loadSettings({}, { ...goodEnvironment, PORT: '7000', ADMIN_PORT: '7000', ...env });
  const clash = [expect.stringMatching(/^ADMIN_PORT: is the same as PORT;/)];
  expect(load({}).problems).toEqual(clash);
  expect(load({ HOST: '0.0.0.0' }).problems).toEqual(clash);
  expect(load({ HOST: '127.0.0.2' }).problems).toEqual([]);
  expect(load({ PORT: '0', ADMIN_PORT: '0' }).problems).toEqual([]);
});

describe('a wait above a minute is a warning, not a problem', () => {
  test('for everybody', () => {
    expect(loadSettings({ queue: { maxWaitMs: 60_000 } }).warnings).toEqual([]);
    const { config, warnings } = loadSettings({ queue: { maxWaitMs: 300_000 } });
    expect(config?.queue.maxWaitMs).toBe(300_000);
    expect(warnings).toEqual([
      expect.stringMatching(/^gateway\.yaml: queue\.maxWaitMs: .*; consider 60000 or less$/),
    ]);
  });

  test('for one team', () => {
    expect(loadTeam({ maxWaitMs: 60_001 }).warnings).toEqual([
      expect.stringMatching(/^gateway\.yaml: teams\.web\.maxWaitMs: /),
    ]);
  });
});

describe('what is set as it may be', () => {
  test('every setting is taken without a warning', () => {
    const outcome = loadSettings({
      name: 'eu',
      budget: { name: 'all', rate: 10, windowMs: 1000, guardMs: 25, maxInFlight: 64 },
      queue: { perTeam: 200, total: 1000, maxWaitMs: 10_000 },
      upstream: {
        timeoutMs: 60_000,
        connectTimeoutMs: 3000,
        maxBodyBytes: 8_388_608,
        attempts: 3,
        rawBrackets: false,
      },
      cache: { freshMs: 1, failureMs: 1, browserCache: true, memory: { preparedBytes: 0 } },
      cors: { origins: ['https://a.example'] },
      drain: { delayMs: 0, timeoutMs: 0 },
      http: {
        trustProxy: ['10.0.0.0/8'],
        rateLimitHeaders: false,
        extraQueryParams: ['x'],
        problemDocsUrl: 'https://a.example',
        errorMediaType: 'application/json',
      },
    });
    expect(configOf(outcome).budget.name).toBe('all');
    expect(outcome.warnings).toEqual([]);
  });
});

describe('several workers', () => {
  const keys = `k:${Buffer.alloc(32, 1).toString('base64')}`;
  const load = (env: NodeJS.ProcessEnv, settings: object = {}) =>
    loadSettings(settings, {
      ...goodEnvironment,
      WORKERS: '4',
      REDIS_URL: 'redis://127.0.0.1',
      CACHE_KEYS: keys,
      ...env,
    });

  test('share a Redis, and count as replicas', () => {
    expect(configOf(load({})).workers).toBe(4);
    expect(load({ REDIS_URL: '' }).problems).toEqual([
      expect.stringMatching(/^WORKERS: 4 processes without Redis .*; set REDIS_URL, or WORKERS=1$/),
    ]);
    expect(load({}, { budget: { maxReplicas: 3 } }).problems).toEqual([
      expect.stringMatching(/^WORKERS: each of the 4 is a replica; set budget.maxReplicas to 4 or more/),
    ]);
  });

  test('have a port each for the admin listener, none of which is the public one', () => {
    for (const port of ['9090', '9091', '9093']) {
      expect(load({ PORT: port }).problems).toEqual([expect.stringMatching(/^ADMIN_PORT: .*;/)]);
    }
    expect(load({ PORT: '9094' }).problems).toEqual([]);
    expect(load({ PORT: '9091', HOST: '127.0.0.2' }).problems).toEqual([]);
    expect(load({ ADMIN_PORT: '65533' }).problems).toEqual([expect.stringMatching(/^ADMIN_PORT: .*;/)]);
    expect(load({ ADMIN_PORT: '65532' }).problems).toEqual([]);
  });
});
