import { describe, expect, test } from '@jest/globals';
import {
  amperityToken,
  liveKey,
  loadFiles,
  loadSettings,
  loadTeam,
  sha256,
  web,
} from './settings-fixture.ts';

describe('all problems are reported at once', () => {
  const { problems } = loadFiles(
    {
      'gateway.yaml': `
budget: { rate: fast, rate: 0, ratee: 1 }
queue: { total: -1 }
cache: { memory: { maxBytes: 2000 }, freshMs: 5000, maxRetentionMs: 1000 }
auth: { modes: [open, apiKey] }
teams:
  Web: { keys: [{ id: 3f9k2m, notAfter: 2027-06-01 }], attributes: '*', weight: 0 }
  shop: { attributes: [email], maxWaitMs: soon }
`,
      'token.txt': 'two words\n',
    },
    {
      AMPERITY_BASE_URL: 'http://app.amperity.com',
      AMPERITY_TENNANT: 'acme',
      AMPERITY_TOKEN_FILE: 'token.txt',
      REDIS_URL: 'redis://localhost',
      REDIS_USERNAME: 'agw',
      REDIS_KEY_FILE: 'nowhere.key',
      HOST: '0.0.0.0',
      PORT: '8080x',
      LOG_LEVEL: 'loud',
      CACHE_KEYS: 'a:short',
    },
  );

  test.each([
    /^gateway\.yaml: line 2: rate is written twice;/,
    /^gateway\.yaml: budget\.rate: 0 is not allowed; write an integer from 1 to 100000$/,
    /^gateway\.yaml: budget\.ratee: is not a setting; did you mean rate\?$/,
    /^gateway\.yaml: queue\.total: -1 is not allowed;/,
    /^gateway\.yaml: cache\.memory\.maxEntryBytes: is larger than cache\.memory\.maxBytes;/,
    /^gateway\.yaml: cache\.freshMs: is longer than cache\.maxRetentionMs;/,
    /^gateway\.yaml: auth\.modes: open cannot stand beside another mode;/,
    /^gateway\.yaml: teams\.Web: this is not a team name;/,
    /^gateway\.yaml: teams\.Web\.keys\[0\]\.sha256: is missing;/,
    /^gateway\.yaml: teams\.Web\.weight: 0 is not allowed;/,
    /^gateway\.yaml: teams\.shop\.attributes: a list is not allowed; write '\*' for all of them, or a map/,
    /^gateway\.yaml: teams\.shop\.maxWaitMs: "soon" is not allowed;/,
    /^AMPERITY_BASE_URL: plain http would send the token unprotected;/,
    /^AMPERITY_TENNANT: is not a variable of the gateway; did you mean AMPERITY_TENANT\?$/,
    /^AMPERITY_TENANT: is not set;/,
    /^AMPERITY_TOKEN_FILE: the value is not allowed/,
    /^REDIS_KEY_FILE: is set without REDIS_CERT_FILE; set both or none$/,
    /^REDIS_KEY_FILE: the file nowhere\.key does not exist; /,
    /^REDIS_KEY_FILE: REDIS_URL does not ask for TLS; /,
    /^REDIS_USERNAME: a user is named without a password; /,
    /^HOST: auth mode open lets everybody in/,
    /^PORT: "8080x" is not allowed; write an integer from 0 to 65535$/,
    /^LOG_LEVEL: "loud" is not allowed; write fatal \| error/,
    /^CACHE_KEYS: the value is not allowed \(it is not shown here\);/,
  ])('%s', (line) => {
    expect(problems.filter((problem) => line.test(problem))).toHaveLength(1);
  });

  test('and nothing else is', () => {
    expect(problems).toHaveLength(24);
  });

  test('each is one line that says where, what is wrong and what to do', () => {
    for (const problem of problems) expect(problem).toMatch(/^[^\n;]+: [^\n;]+[;?][^\n]*$/);
  });
});

describe('problems of the file itself', () => {
  test.each([
    { text: 'budget:\n  rate: 1\n  rate: 2\n', line: 'line 3: rate is written twice' },
    { text: 'queue:\n\ttotal: 1\n', line: 'line 2: a tab indents the line' },
    { text: 'name: "a\n', line: 'line 2: a closing quote, bracket' },
    {
      text: 'cors: { origins: [\n',
      line: 'line 2: the indentation does not fit, or a bracket above is not closed',
    },
    { text: 'name: a: b\n', line: 'line 1: this is not valid YAML' },
    { text: 'name: &agw_canary [*agw_canary]\n', line: 'line 1: an alias' },
    { text: 'name: a\n---\nname: b\n', line: 'line 2: a second document begins' },
    { text: 'name: !secret a\n', line: 'line 1: a tag' },
    { text: 'name: *agw_canary\n', line: 'line 1: an alias' },
    { text: 'name: a\n? [x]\n: 1\n', line: 'line 2: a key is not plain text' },
    { text: '%YAML 1.1\n---\nname: a\n', line: 'line 1: another YAML version' },
    { text: 'name: a\n__proto__: { x: 1 }\n', line: 'line 2: __proto__ is not a setting' },
    { text: 'teams:\n  __proto__: { weight: 1 }\n', line: 'line 2: __proto__ is not a setting' },
  ])('$line', ({ text, line }) => {
    const { problems } = loadFiles({ 'gateway.yaml': text });
    expect(problems.filter((problem) => problem.startsWith(`gateway.yaml: ${line}`))).toHaveLength(1);
    expect(problems.join()).not.toContain('canary');
  });

  test.each(['- a\n', 'text\n', '7\n'])('a file that is no map is one problem: %j', (text) => {
    expect(loadFiles({ 'gateway.yaml': text }).problems).toEqual([
      expect.stringMatching(/^gateway\.yaml: [^:]+ is not allowed; write a block of settings$/),
    ]);
  });

  test('a missing gateway.yaml is answered with how to start, beside the other problems', () => {
    const { problems } = loadFiles({}, {});
    expect(problems[0]).toMatch(/^GATEWAY_CONFIG: there is no gateway\.yaml .* docs\/settings\.md/);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'GATEWAY_CONFIG',
      'AMPERITY_BASE_URL',
      'AMPERITY_TENANT',
      'AMPERITY_TOKEN',
    ]);
  });
});

describe('secrets are never repeated', () => {
  const canary = 'canary7Qm2ZrT0acanary';
  const key = `agw_live_${canary}`;
  const env = (extra: NodeJS.ProcessEnv) => ({ AMPERITY_TENANT: 'acme', ...extra });

  test.each<[string, () => { problems: readonly string[] }]>([
    ['a token with a space', () => loadSettings({}, env({ AMPERITY_TOKEN: `${canary} x` }))],
    [
      'a client secret with a line break',
      () => loadSettings({}, env({ AMPERITY_CLIENT_SECRET: `${canary}\nx` })),
    ],
    ['a cache key of the wrong length', () => loadSettings({}, env({ CACHE_KEYS: `a:${canary}` }))],
    [
      'credentials in a URL',
      () => loadSettings({}, env({ AMPERITY_BASE_URL: `https://u:${canary}@a.example` })),
    ],
    [
      'a token in the query of a URL',
      () => loadSettings({}, env({ AMPERITY_TOKEN_URL: `https://a.example?${canary}` })),
    ],
    [
      'a token in a token file',
      () => loadFiles({ token: `${canary} ${canary}` }, env({ AMPERITY_TOKEN_FILE: 'token' })),
    ],
    ['a key where its digest belongs', () => loadTeam({ keys: [{ ...liveKey, sha256: key }] })],
    ['a key where its id belongs', () => loadTeam({ keys: [{ ...liveKey, id: key }] })],
    [
      'the secret part of a key where its digest belongs',
      () => loadTeam({ keys: [{ ...liveKey, sha256: canary }] }),
    ],
    ['the secret part of a key where its id belongs', () => loadTeam({ keys: [{ ...liveKey, id: canary }] })],
    ['a key instead of the list', () => loadTeam({ keys: key })],
    ['a key as the name of a team', () => loadSettings({ teams: { [key]: web } })],
    ['a key as an unknown setting', () => loadSettings({ [key]: 1 })],
    ['a key as the value of a setting', () => loadSettings({ budget: { rate: key } })],
    ['a key on a line that is not YAML', () => loadFiles({ 'gateway.yaml': `name: a\n${key}\n  x: "` })],
    ['a key that is written twice', () => loadFiles({ 'gateway.yaml': `${key}: a\n${key}: b\n` })],
  ])('%s', (_, load) => {
    const { problems } = load();
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).not.toContain('canary');
  });

  test('a good token does not show up in the problems of other settings', () => {
    const { problems } = loadSettings({ budget: { rate: 0 }, teams: { web: { ...web, attributes: [] } } });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain(amperityToken);
    expect(problems.join()).not.toContain(sha256);
  });

  test('lists and maps are shown as such, and whether something is in them', () => {
    const problems = [['a'], [], { a: 1 }, {}].map((rate) =>
      loadSettings({ budget: { rate } }).problems.join(),
    );
    expect(problems).toEqual(
      ['a list', 'an empty list', 'a map', 'an empty map'].map(
        (value) => `gateway.yaml: budget.rate: ${value} is not allowed; write an integer from 1 to 100000`,
      ),
    );
  });

  test('other wrong values are shown, shortened to 40 characters', () => {
    const [problem] = loadSettings({ budget: { pacing: 'x'.repeat(100) } }).problems;
    expect(problem).toContain('"xxxx');
    expect(problem?.match(/"x+…"/)?.[0]).toHaveLength(40);
  });
});
