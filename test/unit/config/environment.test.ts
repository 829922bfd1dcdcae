import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import {
  configOf,
  directoryWith,
  goodEnvironment,
  loadFiles,
  loadSettings,
  now,
  web,
} from './settings-fixture.ts';

const withVariables = (extra: NodeJS.ProcessEnv) => loadSettings({}, { ...goodEnvironment, ...extra });

describe('a wrong variable is the only problem, and the problem names it', () => {
  test.each<[name: string, values: string[]]>([
    ['PORT', ['8080x', '1e3', ' 80', '80 ', '-1', '65536', '0x50', '080', '8.5']],
    ['WORKERS', ['0', '-1', '1.5', 'auto', '100']],
    ['ADMIN_PORT', ['9090x', '65536', '+1']],
    ['HOST', ['[::1]', 'a b', 'http://x']],
    ['ADMIN_HOST', ['a/b']],
    ['LOG_LEVEL', ['INFO', 'verbose']],
    ['LOG_PRETTY', ['yes', '1', 'TRUE']],
    ['AMPERITY_ALLOW_HTTP', ['yes']],
    ['AMPERITY_TENANT', ['a b', '-a', 'a\r\nx: y', 'ä', 'a'.repeat(129)]],
    ['AMPERITY_API_VERSION', ['2025 07', 'a\nb']],
    ['AMPERITY_TOKEN', ['a b', 'a\n', 'a\rb', 'tökén', '\u0000']],
    [
      'AMPERITY_BASE_URL',
      [
        'app.amperity.com',
        'ftp://app.amperity.com',
        'https://app.amperity.com?x=1',
        'https://app.amperity.com?',
        'https://app.amperity.com#x',
        'https://app.amperity.com/#',
        'https://u@app.amperity.com',
        'https://u:p@app.amperity.com',
        ' https://app.amperity.com',
        'https://app.amperity\n.com',
        'http://app.amperity.com',
        'http://127.0.0.1.example',
        'http://localhost.example',
        'http://10.0.0.1',
      ],
    ],
    [
      'CACHE_KEYS',
      [
        'a',
        'a:',
        `a:${'A'.repeat(42)}==`,
        `:${Buffer.alloc(32).toString('base64')}`,
        `a:${Buffer.alloc(31).toString('base64')}`,
        `a:${Buffer.alloc(33).toString('base64')}`,
        `a:${Buffer.alloc(32).toString('base64')},a:${Buffer.alloc(32, 1).toString('base64')}`,
        `a:${Buffer.alloc(32).toString('base64')},`,
        `a:${'A'.repeat(42)}B=`,
      ],
    ],
    [
      'MASK_KEY',
      [
        'a',
        Buffer.alloc(31).toString('base64'),
        Buffer.alloc(33).toString('base64'),
        Buffer.alloc(32).toString('base64').replace('=', ''),
        `${Buffer.alloc(32).toString('base64')} `,
        `${'A'.repeat(42)}B=`,
        Buffer.alloc(32, 255).toString('base64url'),
        Buffer.alloc(32).toString('hex'),
      ],
    ],
    ['GATEWAY_CONFIG', ['missing.yaml', '/']],
    ['TEAMS_FILE', ['missing.yaml', '/']],
    ['REDIS_HOST', ['localhost']],
    ['REDIS_USERNAME_FILE', ['x']],
    ['AMPERITY_TENANT_FILE', ['x']],
    ['AMPERITY_SECRET', ['x']],
  ])('%s', (name, values) => {
    const env = { ...goodEnvironment, [name]: '' };
    for (const value of values) {
      const files = name === 'TEAMS_FILE' ? {} : { teams: { web } };
      const { problems } = loadFiles({ 'gateway.yaml': files }, { ...env, [name]: value });
      expect({ value, problems }).toEqual({
        value,
        problems: [expect.stringMatching(new RegExp(`^${name}: .+[;?]`))],
      });
    }
  });
});

describe('values that are taken', () => {
  test('ports from 0 to 65535', () => {
    const { listen, admin } = configOf(withVariables({ PORT: '0', ADMIN_PORT: '65535', HOST: '::1' }));
    expect([listen, admin]).toEqual([
      { host: '::1', port: 0 },
      { host: '127.0.0.1', port: 65535 },
    ]);
  });

  test('an empty string counts as not set', () => {
    const config = configOf(
      withVariables({ PORT: '', LOG_LEVEL: '', REDIS_URL: '', AMPERITY_TYPO: '', TEAMS_FILE: '' }),
    );
    expect(config.listen.port).toBe(8080);
  });

  test.each([
    ['https://app.amperity.com/api', 'https://app.amperity.com/api'],
    ['https://app.amperity.com/api/', 'https://app.amperity.com/api'],
    ['https://app.amperity.com//', 'https://app.amperity.com'],
    ['http://localhost:4010', 'http://localhost:4010'],
    ['http://127.8.9.1:4010/api', 'http://127.8.9.1:4010/api'],
    ['http://[::1]:4010', 'http://[::1]:4010'],
  ])('base URL %s', (written, baseUrl) => {
    expect(configOf(withVariables({ AMPERITY_BASE_URL: written })).amperity.baseUrl).toBe(baseUrl);
  });

  test('plain http to another host, when it is allowed', () => {
    const env = { AMPERITY_BASE_URL: 'http://amperity.test/api', AMPERITY_ALLOW_HTTP: 'true' };
    expect(configOf(withVariables(env)).amperity.baseUrl).toBe('http://amperity.test/api');
    expect(withVariables({ ...env, AMPERITY_ALLOW_HTTP: 'false' }).problems).toHaveLength(1);
  });

  test('cache keys, the first of which encrypts', () => {
    const ring = `new:${Buffer.alloc(32, 7).toString('base64')}, old-1:${Buffer.alloc(32, 8).toString('base64')}`;
    expect(configOf(withVariables({ CACHE_KEYS: ring })).cacheKeys).toEqual([
      { kid: 'new', key: Buffer.alloc(32, 7) },
      { kid: 'old-1', key: Buffer.alloc(32, 8) },
    ]);
    expect(configOf(withVariables({})).cacheKeys).toBeUndefined();
  });

  test('the key of masks', () => {
    const key = Buffer.alloc(32, 7);
    const config = configOf(withVariables({ MASK_KEY: key.toString('base64') }));
    expect([config.maskKey, config.maskKeyPath]).toEqual([key, undefined]);
    expect(configOf(withVariables({})).maskKey).toBeUndefined();
  });

  test('variables of others are ignored, also those Kubernetes makes for services called like us', () => {
    const { problems } = withVariables({
      PATH: '/bin',
      TEST_REDIS_URL: 'redis://localhost',
      AMPERITY_GATEWAY_SERVICE_HOST: '10.0.0.7',
      AMPERITY_GATEWAY_SERVICE_PORT: '80',
      AMPERITY_GATEWAY_SERVICE_PORT_HTTP: '80',
      AMPERITY_GATEWAY_PORT: 'tcp://10.0.0.7:80',
      AMPERITY_GATEWAY_PORT_80_TCP_ADDR: '10.0.0.7',
      REDIS_PORT: 'tcp://10.0.0.8:6379',
      REDIS_PORT_6379_TCP: 'tcp://10.0.0.8:6379',
    });
    expect(problems).toEqual([]);
  });
});

describe('values in files', () => {
  const { AMPERITY_TOKEN: _, ...withoutToken } = goodEnvironment;
  const key = Buffer.alloc(32, 9).toString('base64');

  test.each([`a:${key}`, `a:${key}\n`, `a:${key}\r\n`])(
    'one newline at the end is dropped: %j',
    (content) => {
      const { config } = loadFiles(
        { 'gateway.yaml': { teams: { web } }, keys: content },
        { ...goodEnvironment, CACHE_KEYS_FILE: 'keys' },
      );
      expect(config?.cacheKeys).toEqual([{ kid: 'a', key: Buffer.alloc(32, 9) }]);
    },
  );

  test.each([
    { name: 'CACHE_KEYS', text: `a:${key}`, path: 'cacheKeysPath' },
    { name: 'MASK_KEY', text: key, path: 'maskKeyPath' },
  ] as const)(
    '$name comes with the absolute path of its file, to be read again later',
    ({ name, text, path }) => {
      const cwd = directoryWith({ 'gateway.yaml': { teams: { web } }, 'a.key': `${text}\n` });
      const read = (file: string) => loadConfig({ ...goodEnvironment, [`${name}_FILE`]: file }, { cwd, now });
      for (const file of ['a.key', `${cwd}/a.key`]) {
        expect(read(file)).toMatchObject({ config: { [path]: `${cwd}/a.key` } });
      }
      expect(configOf(withVariables({ [name]: text }))).not.toHaveProperty(path);
    },
  );

  test('the key of masks is read from its file', () => {
    const files = { 'gateway.yaml': { teams: { web } }, mask: `${key}\n` };
    const { config } = loadFiles(files, { ...goodEnvironment, MASK_KEY_FILE: 'mask' });
    expect(config?.maskKey).toEqual(Buffer.alloc(32, 9));
  });

  test.each(['token\n\n', ' token', '', '\n'])('anything more is a problem of the file: %j', (content) => {
    const { problems } = loadFiles(
      { 'gateway.yaml': { teams: { web } }, token: content },
      { ...withoutToken, AMPERITY_TOKEN_FILE: 'token' },
    );
    expect(problems).toEqual([expect.stringMatching(/^AMPERITY_TOKEN_FILE: the value is not allowed/)]);
  });

  test.each(['missing', '.'])('a file that cannot be read is named: %s', (path) => {
    expect(withVariables({ CACHE_KEYS_FILE: path }).problems).toEqual([
      expect.stringMatching(
        new RegExp(`^CACHE_KEYS_FILE: the file ${path.replace('.', '\\.')} (does not exist|cannot be read);`),
      ),
    ]);
  });

  test.each(['AMPERITY_TOKEN', 'AMPERITY_CLIENT_SECRET', 'CACHE_KEYS', 'MASK_KEY'])(
    '%s and its file are not both taken',
    (name) => {
      const { problems } = withVariables({ [name]: 'x', [`${name}_FILE`]: 'y' });
      expect(problems).toContain(`${name}: ${name}_FILE is set too; unset one of the two`);
    },
  );
});

describe('the file of the teams', () => {
  const env = { ...goodEnvironment, TEAMS_FILE: 'teams.yaml' };

  test('is used instead of the teams of the main file', () => {
    const { config } = loadFiles({ 'gateway.yaml': 'name: eu', 'teams.yaml': { teams: { web } } }, env);
    expect(Object.keys(config?.teams ?? {})).toEqual(['web']);
  });

  test('is named in the problems and warnings of what stands in it', () => {
    const wrong = { ...web, weight: -1 };
    expect(loadFiles({ 'gateway.yaml': '', 'teams.yaml': { teams: { web: wrong } } }, env).problems).toEqual([
      expect.stringMatching(/^teams\.yaml: teams\.web\.weight: /),
    ]);
    expect(loadFiles({ 'gateway.yaml': '', 'teams.yaml': { teams: {} } }, env).problems).toEqual([
      expect.stringMatching(/^teams\.yaml: teams: no team has a key that works now/),
    ]);
    const silent = { ...web, attributes: {} };
    expect(loadFiles({ 'gateway.yaml': '', 'teams.yaml': { teams: { web: silent } } }, env).warnings).toEqual(
      [expect.stringMatching(/^teams\.yaml: teams\.web\.attributes: the team is shown no attribute;/)],
    );
  });

  test('is known by its absolute path, to be followed later', () => {
    const cwd = directoryWith({ 'gateway.yaml': '', 'teams.yaml': { teams: { web } } });
    for (const file of ['teams.yaml', './teams.yaml', `${cwd}/teams.yaml`]) {
      expect(loadConfig({ ...goodEnvironment, TEAMS_FILE: file }, { cwd, now })).toMatchObject({
        config: { teamsPath: `${cwd}/teams.yaml` },
      });
    }
    expect(configOf(loadSettings({}))).not.toHaveProperty('teamsPath');
  });

  test('has its own problems told beside those of the main file, wrong as that may be', () => {
    const shop = { ...web, keys: [], attributes: {}, filters: ['email'] };
    const teams = { teams: { web: { ...web, filters: [7] }, shop } };
    for (const main of ['budget: {', 'budget: { rate: 0 }', '- 7']) {
      expect(loadFiles({ 'gateway.yaml': main, 'teams.yaml': teams }, env).problems).toEqual([
        expect.stringMatching(/^gateway\.yaml: /),
        expect.stringMatching(/^teams\.yaml: teams\.web\.filters\[0\]: 7 is not allowed/),
        expect.stringMatching(/^teams\.yaml: teams\.shop\.filters: email is not shown/),
      ]);
    }
  });

  test('holds teams and nothing else', () => {
    const { problems } = loadFiles({ 'gateway.yaml': '', 'teams.yaml': { web } }, env);
    expect(problems).toEqual([
      expect.stringMatching(/^teams\.yaml: teams: is missing; write a map from team name to its rights$/),
      expect.stringMatching(/^teams\.yaml: web: is not a setting;/),
    ]);
  });

  test('and the main file do not both hold teams', () => {
    const files = { 'gateway.yaml': { teams: { web } }, 'teams.yaml': { teams: { web } } };
    expect(loadFiles(files, env).problems).toEqual([
      'gateway.yaml: teams: the teams are in TEAMS_FILE; remove teams here or unset TEAMS_FILE',
    ]);
  });
});

test('settings are read from the file that GATEWAY_CONFIG names, absolute or from the working directory', () => {
  const elsewhere = directoryWith({ 'eu.yaml': { name: 'eu', teams: { web } } });
  expect(withVariables({ GATEWAY_CONFIG: `${elsewhere}/eu.yaml` }).config?.name).toBe('eu');
  const here = loadFiles(
    { 'us.yaml': { name: 'us', budget: { rate: 0 } } },
    { ...goodEnvironment, GATEWAY_CONFIG: './us.yaml' },
  );
  expect(here.problems[0]).toMatch(/^us\.yaml: budget\.rate: /);
});
