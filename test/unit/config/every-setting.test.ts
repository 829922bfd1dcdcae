import { describe, expect, test } from '@jest/globals';
import { settingsSchema } from '../../../src/config/schema.ts';
import { leavesOf, settingTree, valueAt } from '../../../src/config/setting-tree.ts';
import {
  browserKey,
  configOf,
  idp,
  jwtMode,
  liveKey,
  loadSettings,
  loadTeam,
  nested,
  web,
} from './settings-fixture.ts';

interface Row {
  readonly wrong: readonly unknown[];
  readonly right: readonly unknown[];
}

const whole = (min: number, max: number): Row => ({
  wrong: [min - 1, max + 1, min + 0.5, String(min), Number.NaN, true, null, [min]],
  right: [min, max],
});
const yesNo: Row = { wrong: ['true', 0, 'yes', null, []], right: [true, false] };
const sharedName: Row = { wrong: ['', 'a b', '-a', 'a'.repeat(129), 7, null], right: ['acme-sb-1.eu_2'] };
const dayMs = 86_400_000;

const indexLists: Row = {
  wrong: ['*', ['*', 'ix'], ['a b'], ['ix', ''], [7], {}, null],
  right: [[], ['*'], ['ix-customers', 'b']],
};
const filterLists: Row = {
  wrong: [
    'email',
    ['*'],
    ['a b'],
    ['a', 7],
    ['constructor'],
    { '*': ['a'] },
    { ix: '*' },
    { ix: ['a b'] },
    1,
    null,
  ],
  right: ['*', [], ['email'], {}, { ix: ['email'] }],
};
const { wrong: wrongFilters } = filterLists;
const names: Row = {
  wrong: ['email', '*', ['*'], ['a b'], ['7up'], ['a', 7], ['__proto__'], ['constructor'], {}, null],
  right: [[], ['email', 'a.b-c_d', `a${'b'.repeat(63)}`]],
};
const shownByIndex: Row = {
  wrong: [
    'email',
    7,
    [],
    ['email'],
    { ix: ['email'] },
    { ix: '*' },
    { ix: null },
    { '*': {} },
    { 'a b': {} },
    null,
  ],
  right: [{}, { ix: { allow: ['a'], mask: ['b'], maskAs: { b: 'last4' } } }],
};

const settings: Readonly<Record<string, Row>> = {
  teams: { wrong: ['web', 7, [], null], right: [] },
  name: sharedName,
  'auth.modes': {
    // jwt needs more than its name: see the tests of issuers.
    wrong: ['apiKey', ['basic'], [], ['apiKey', 'apiKey'], null],
    right: [['apiKey']],
  },
  'auth.jwt': { wrong: ['https://a.example', ['https://a.example'], [7], {}, null], right: [[]] },
  'budget.name': sharedName,
  'budget.rate': whole(1, 100_000),
  'budget.windowMs': whole(10, 3_600_000),
  'budget.guardMs': whole(0, 60_000),
  'budget.pacing': { wrong: ['slow', 1, null], right: ['adaptive', 'burst', 'even'] },
  'budget.maxInFlight': whole(1, 10_000),
  'budget.whenRedisIsLost': { wrong: ['open', true], right: ['share', 'closed'] },
  'budget.maxReplicas': whole(1, 1000),
  'queue.perTeam': whole(1, 1_000_000),
  'queue.total': whole(1, 1_000_000),
  'queue.maxWaitMs': whole(1, 3_600_000),
  'upstream.timeoutMs': whole(1, 600_000),
  'upstream.connectTimeoutMs': whole(1, 60_000),
  'upstream.maxBodyBytes': whole(1024, 1024 ** 3),
  'upstream.attempts': whole(1, 10),
  'upstream.rawBrackets': yesNo,
  'cache.freshMs': whole(0, dayMs),
  'cache.staleMs': whole(0, dayMs),
  'cache.staleIfErrorMs': whole(0, dayMs),
  'cache.totalFreshMs': whole(0, dayMs),
  'cache.maxRetentionMs': whole(1, dayMs),
  'cache.failureMs': whole(0, 60_000),
  'cache.memory.maxBytes': { ...whole(1024, 64 * 1024 ** 3), right: [4_194_304, 64 * 1024 ** 3] },
  'cache.memory.maxEntryBytes': { ...whole(1024, 1024 ** 3), right: [1024, 67_108_864] },
  'cache.memory.preparedBytes': whole(0, 64 * 1024 ** 3),
  'cache.prefetch.enabled': yesNo,
  'cache.generation.pollMs': whole(0, dayMs),
  'cache.minimise': yesNo,
  'cache.browserCache': yesNo,
  'cors.origins': {
    wrong: [
      'https://a.example',
      ['*'],
      ['null'],
      ['https://a.example/'],
      ['https://A.example'],
      ['https://a.example:443'],
      ['ftp://a.example'],
      ['https://*.a.example'],
      ['https://a.example,b.example'],
      ['https://a.example/.'],
      ['https://u@a.example'],
      null,
    ],
    right: [
      [],
      [
        'https://a.example',
        'http://localhost:5173',
        'https://xn--bcher-kva.example',
        'http://[::1]:81',
        'http://a_b:8080',
      ],
    ],
  },
  'cursors.sign': yesNo,
  'export.enabled': yesNo,
  'export.maxProfiles': whole(1, 1_000_000_000),
  'export.escapeFormulas': yesNo,
  'drain.delayMs': whole(0, 600_000),
  'drain.timeoutMs': whole(0, 600_000),
  'http.trustProxy': {
    wrong: [
      true,
      -1,
      11,
      'loopback',
      ['10.0.0.0'],
      ['10.0.0.0/33'],
      ['::/129'],
      ['x/8'],
      ['::1/128', 7],
      [10],
      null,
    ],
    right: [0, 10, [], ['10.0.0.0/8', 'fd00::/8']],
  },
  'http.extraQueryParams': {
    wrong: ['fields', ['limit'], ['filter'], ['a b'], [''], Array(17).fill('a'), null],
    right: [[], ['fields']],
  },
  'http.accessLog.hitsOneIn': whole(1, 1_000_000),
  'http.compression': yesNo,
  'http.rateLimitHeaders': yesNo,
  'http.problemDocsUrl': {
    wrong: [
      'docs',
      'ftp://a.example',
      'https://a.example/?x',
      'https://a.example/#x',
      'https://u:p@a.example',
      1,
      null,
    ],
    right: ['https://a.example/problems', 'https://a.example/problems.md#'],
  },
  'http.errorMediaType': {
    wrong: ['json', 'text/html', null],
    right: ['application/problem+json', 'application/json'],
  },
};

const teamRights: Readonly<Record<string, Row>> = {
  weight: { wrong: [0, -1, 1001, '2', Number.NaN, null], right: [0.5, 1000] },
  keys: { wrong: ['agw', {}, [1], null], right: [[liveKey]] },
  jwt: { wrong: [idp, [idp], {}, [7], null], right: [[]] },
  indexes: indexLists,
  attributes: { ...shownByIndex, right: ['*', ...shownByIndex.right] },
  filters: filterLists,
  filterOnly: { wrong: ['*', ...wrongFilters], right: [[], ['email'], {}, { ix: ['email'] }] },
  withTotal: yesNo,
  maxLimit: whole(1, 9999),
  maxFilters: whole(0, 10),
  export: yesNo,
  bypassCache: yesNo,
  scopes: {
    wrong: ['purge:all', ['purge'], ['*'], ['keys'], ['purge:all', 7], {}, null],
    right: [[], ['purge:profile', 'purge:index', 'purge:all', 'status:read', 'keys:revoke']],
  },
  queue: whole(1, 1_000_000),
  maxWaitMs: whole(1, 3_600_000),
  profilesPerDay: whole(1, 1_000_000_000),
  revealCache: yesNo,
};

/** Of one index under `attributes`, of a team and of a policy alike. */
const shownMembers: Readonly<Record<string, Row>> = {
  allow: names,
  mask: names,
  maskAs: {
    wrong: [
      'hmac',
      ['a'],
      { a: 'sha256' },
      { a: true },
      { a: null },
      { 'a b': 'hmac' },
      { constructor: 'hmac' },
      null,
    ],
    right: [{}],
  },
};

const keyMembers: Readonly<Record<string, Row>> = {
  id: { wrong: ['short', 'a'.repeat(17), 'with_under', 123_456, null], right: ['3f9k2m'] },
  sha256: { wrong: ['ab', `${'ab'.repeat(31)}xy`, 'ab'.repeat(33), 1, null], right: ['AB'.repeat(32)] },
  notBefore: { wrong: ['tomorrow', '2027-02-30', 20_270_101, null], right: ['2027-01-01'] },
  notAfter: {
    wrong: ['never', '2027-13-01', '2027-06-01T00:00:00', '2027-06-01 00:00', 1, null],
    right: ['2027-06-01', '2027-06-01T02:00:00+02:00'],
  },
  state: { wrong: ['expired', true, null], right: ['active', 'retiring'] },
  kind: { wrong: ['client', ['browser'], true, null], right: ['server'] },
  origins: {
    wrong: ['https://a.example', ['*'], ['null'], ['https://a.example/'], ['https://a.example', 7], {}, null],
    right: [],
  },
};

const policyMembers: Readonly<Record<string, Row>> = {
  indexes: indexLists,
  attributes: { ...shownByIndex, wrong: ['*', ...shownByIndex.wrong] },
  filters: filterLists,
  maxLimit: whole(1, 9999),
  maxFilters: whole(0, 10),
  minFilters: whole(0, 10),
  withTotal: yesNo,
  profilesPerDay: whole(1, 1_000_000_000),
  requestsPerSecond: whole(1, 1000),
};
const loadPolicy = (members: object) =>
  loadTeam({ keys: [liveKey, { ...browserKey, policy: { attributes: {}, ...members } }] });

const ruleMembers: Readonly<Record<string, Row>> = {
  issuer: { wrong: ['', 7, [idp], null], right: [idp] },
  claims: {
    wrong: ['sub', ['sub'], {}, { sub: 7 }, { sub: ['a'] }, { sub: null }, null],
    right: [{ sub: 'a' }, { sub: '', 'kubernetes.io': 'x y' }],
  },
};
const loadRule = (members: object) =>
  loadSettings({
    ...jwtMode,
    teams: { web: { ...web, jwt: [{ issuer: idp, claims: { sub: 'a' }, ...members }] } },
  });

const issuer = { issuer: 'https://idp.example', audience: 'gateway' };
const file: Row = { wrong: ['', 7, ['a'], null], right: [] };

const issuerMembers: Readonly<Record<string, Row>> = {
  issuer: {
    wrong: [
      '',
      'idp.example',
      'http://idp.example',
      'http://127.0.0.1.example',
      'ftp://idp.example',
      'https://idp.example?x',
      'https://idp.example/#x',
      'https://u:p@idp.example',
      ' https://idp.example',
      ['https://idp.example'],
      null,
    ],
    right: ['https://idp.example/', 'https://idp.example/realms/a', 'http://127.0.0.1:8081', 'http://[::1]'],
  },
  audience: { wrong: ['', 'a b', 'a'.repeat(513), ['gateway'], 7, null], right: ['api://gateway', 'g'] },
  jwksUri: {
    wrong: [
      '/keys',
      'http://idp.example/keys',
      'https://u:p@idp.example/keys',
      'https://idp.example/#k',
      null,
    ],
    right: ['https://idp.example/keys?p=b2c', 'http://localhost:8081/keys'],
  },
  algorithms: {
    wrong: ['RS256', [], ['HS256'], ['none'], ['RS256', 'rs256'], ['RS384'], null],
    right: [['RS256'], ['EdDSA', 'ES256', 'PS256']],
  },
  typ: { wrong: ['', 'a b', 'text/jwt', 7, null], right: ['JWT', 'at+jwt', 'application/at+jwt'] },
  jwksCaFile: file,
  jwksTokenFile: file,
};

const loadIssuer = (members: object) => {
  const { issuer: named } = { issuer: undefined, ...members };
  const jwt = [{ issuer: typeof named === 'string' && named !== '' ? named : idp, claims: { sub: 'a' } }];
  return loadSettings({
    auth: { modes: ['apiKey', 'jwt'], jwt: [{ ...issuer, ...members }] },
    teams: { web: { ...web, jwt } },
  });
};

const cases = (table: Readonly<Record<string, Row>>, side: keyof Row) =>
  Object.entries(table).flatMap(([path, row]) =>
    row[side].map((value) => ({ path, value, shown: Number.isNaN(value) ? 'NaN' : JSON.stringify(value) })),
  );

/** One line about this setting or a part of what was written there, which says what to write in words. */
const ownLine = (path: string) =>
  new RegExp(
    `^gateway\\.yaml: ${path.replaceAll(/[.[\]]/g, '\\$&')}(\\[\\d+\\]|\\.[^:]+)*: (?!.*(undefined|a array|a object)).+[;?]`,
  );

describe('a wrong value is the only problem, and the problem names the setting', () => {
  test.each(cases(settings, 'wrong'))('$path: $shown', ({ path, value }) => {
    const { problems } = loadSettings(nested(path, value));
    expect(problems).toEqual([expect.stringMatching(ownLine(path))]);
  });

  test.each(cases(teamRights, 'wrong'))('teams.web.$path: $shown', ({ path, value }) => {
    const { problems } = loadTeam({ [path]: value });
    expect(problems).toEqual([expect.stringMatching(ownLine(`teams.web.${path}`))]);
  });

  test.each(cases(keyMembers, 'wrong'))('teams.web.keys[0].$path: $shown', ({ path, value }) => {
    const { problems } = loadTeam({ keys: [{ ...liveKey, [path]: value }] });
    expect(problems).toEqual([expect.stringMatching(ownLine(`teams.web.keys[0].${path}`))]);
  });

  test.each(cases(policyMembers, 'wrong'))('teams.web.keys[1].policy.$path: $shown', ({ path, value }) => {
    const { problems } = loadPolicy({ [path]: value });
    expect(problems).toEqual([expect.stringMatching(ownLine(`teams.web.keys[1].policy.${path}`))]);
  });

  test.each(cases(shownMembers, 'wrong'))('attributes.ix.$path: $shown', ({ path, value }) => {
    const attributes = { ix: { [path]: value } };
    expect(loadTeam({ attributes }).problems).toEqual([
      expect.stringMatching(ownLine(`teams.web.attributes.ix.${path}`)),
    ]);
    expect(loadPolicy({ attributes }).problems).toEqual([
      expect.stringMatching(ownLine(`teams.web.keys[1].policy.attributes.ix.${path}`)),
    ]);
  });

  test.each(cases(ruleMembers, 'wrong'))('teams.web.jwt[0].$path: $shown', ({ path, value }) => {
    const { problems } = loadRule({ [path]: value });
    expect(problems).toEqual([expect.stringMatching(ownLine(`teams.web.jwt[0].${path}`))]);
  });
});

describe('a wrong member of an issuer likewise', () => {
  test.each(cases(issuerMembers, 'wrong'))('auth.jwt[0].$path: $shown', ({ path, value }) => {
    const { problems } = loadIssuer({ [path]: value });
    expect(problems).toEqual([expect.stringMatching(ownLine(`auth.jwt[0].${path}`))]);
    expect(problems.join()).not.toContain('u:p');
  });

  test.each(['issuer', 'audience'])('%s may not be left out', (path) => {
    expect(loadIssuer({ [path]: undefined }).problems).toEqual([
      expect.stringMatching(ownLine(`auth.jwt[0].${path}`)),
    ]);
  });
});

describe('a value at the edge of what is allowed is taken', () => {
  test.each(cases(settings, 'right'))('$path: $shown', ({ path, value }) => {
    const config = configOf(loadSettings(nested(path, value)));
    expect(valueAt(config, path.split('.'))).toEqual(value);
  });

  test.each(cases(teamRights, 'right').filter(({ path }) => path !== 'keys'))(
    'teams.web.$path: $shown',
    ({ path, value }) => {
      const config = configOf(loadTeam({ indexes: ['ix'], [path]: value }));
      expect(valueAt(config.teams, ['web', path])).toEqual(value);
    },
  );

  test.each(cases(issuerMembers, 'right'))('auth.jwt[0].$path: $shown', ({ path, value }) => {
    expect(configOf(loadIssuer({ [path]: value })).auth.jwt).toMatchObject([{ [path]: value }]);
  });

  test.each(cases(policyMembers, 'right'))('teams.web.keys[1].policy.$path: $shown', ({ path, value }) => {
    const config = configOf(loadPolicy({ [path]: value }));
    expect(valueAt(config.teams, ['web', 'keys', 1, 'policy', path])).toEqual(value);
  });

  test.each(cases(shownMembers, 'right'))('attributes.ix.$path: $shown', ({ path, value }) => {
    const attributes = { ix: { [path]: value } };
    const { keys, attributes: ofTeam } = configOf(loadTeam({ attributes })).teams.web ?? {};
    expect(valueAt(ofTeam, ['ix', path])).toEqual(value);
    expect(keys).toHaveLength(1);
    const ofPolicy = configOf(loadPolicy({ attributes })).teams.web?.keys[1]?.policy;
    expect(valueAt(ofPolicy, ['attributes', 'ix', path])).toEqual(value);
  });

  test.each(cases(ruleMembers, 'right'))('teams.web.jwt[0].$path: $shown', ({ path, value }) => {
    expect(valueAt(configOf(loadRule({ [path]: value })).teams, ['web', 'jwt', 0, path])).toEqual(value);
  });

  test.each(cases(keyMembers, 'right'))('teams.web.keys[0].$path: $shown', ({ path, value }) => {
    expect(loadTeam({ keys: [{ ...liveKey, [path]: value }] }).problems).toEqual([]);
  });
});

test('the tables above leave no setting out', () => {
  const tabled = [
    ...Object.keys(settings),
    ...Object.keys(issuerMembers).map((name) => `auth.jwt.*.${name}`),
    ...Object.keys(teamRights).map((name) => `teams.*.${name}`),
    ...Object.keys(keyMembers).map((name) => `teams.*.keys.*.${name}`),
    ...Object.keys(policyMembers).map((name) => `teams.*.keys.*.policy.${name}`),
    ...Object.keys(ruleMembers).map((name) => `teams.*.jwt.*.${name}`),
    ...['teams.*.attributes.*', 'teams.*.keys.*.policy.attributes.*'].flatMap((block) =>
      Object.keys(shownMembers).map((name) => `${block}.${name}`),
    ),
  ];
  const all = leavesOf(settingTree(settingsSchema)).map(([path]) => path.join('.'));
  expect(tabled.sort()).toEqual(all.sort());
});

describe('an unknown key is a problem that names its full path', () => {
  const blocks = ['', ...new Set(Object.keys(settings).flatMap((path) => parents(path)))].map((block) => ({
    block,
  }));

  test.each(blocks)('in "$block"', ({ block }) => {
    const path = block === '' ? 'zzzzzzzz' : `${block}.zzzzzzzz`;
    const { problems } = loadSettings(nested(path, 'agw_canary'));
    expect(problems).toEqual([expect.stringMatching(ownLine(path))]);
    expect(problems.join()).not.toContain('canary');
  });

  test('in an issuer, and in every block of a team', () => {
    expect(loadIssuer({ zzzzzzzz: 1 }).problems).toEqual([
      expect.stringMatching(ownLine('auth.jwt[0].zzzzzzzz')),
    ]);
    expect(loadTeam({ zzzzzzzz: 1 }).problems).toEqual([
      expect.stringMatching(ownLine('teams.web.zzzzzzzz')),
    ]);
    expect(loadTeam({ keys: [{ ...liveKey, zzzzzzzz: 1 }] }).problems).toEqual([
      expect.stringMatching(ownLine('teams.web.keys[0].zzzzzzzz')),
    ]);
    expect(loadPolicy({ zzzzzzzz: 1 }).problems).toEqual([
      expect.stringMatching(ownLine('teams.web.keys[1].policy.zzzzzzzz')),
    ]);
    expect(loadRule({ zzzzzzzz: 1 }).problems).toEqual([
      expect.stringMatching(ownLine('teams.web.jwt[0].zzzzzzzz')),
    ]);
    expect(loadTeam({ attributes: { ix: { zzzzzzzz: 1 } } }).problems).toEqual([
      expect.stringMatching(ownLine('teams.web.attributes.ix.zzzzzzzz')),
    ]);
  });

  test.each([
    { written: 'budget.rates', meant: 'rate' },
    { written: 'cache.freshms', meant: 'freshMs' },
    { written: 'cache.memory.maxByte', meant: 'maxBytes' },
    { written: 'qeue', meant: 'queue' },
    { written: 'maxInFlight', meant: 'budget.maxInFlight' },
    { written: 'teams.web.atributes', meant: 'attributes' },
    { written: 'teams.web.filterOnli', meant: 'filterOnly' },
    { written: 'teams.web.revealcache', meant: 'revealCache' },
    { written: 'teams.web.maxInFlight', meant: 'budget.maxInFlight' },
    // Several settings have these names: the nearest place is meant.
    { written: 'maxLimit', meant: 'teams.<name>.maxLimit' },
    { written: 'origins', meant: 'cors.origins' },
    { written: 'teams.web.origins', meant: 'teams.<name>.keys.<name>.origins' },
    { written: 'teams.web.allow', meant: 'teams.<name>.attributes.<name>.allow' },
    { written: 'http.issuer', meant: 'auth.jwt.<name>.issuer' },
  ])('$written is answered with the key meant, $meant', ({ written, meant }) => {
    const { teams = { web }, ...rest } = nested(written, {});
    expect(loadSettings({ teams, ...rest }).problems).toEqual([
      `gateway.yaml: ${written}: is not a setting; did you mean ${meant}?`,
    ]);
  });

  test.each(['errors.mediaType'])('%s is said to come later', (path) => {
    expect(loadSettings(nested(path, [])).problems).toEqual([
      expect.stringMatching(/is not available in this version; remove it$/),
    ]);
  });
});

function parents(path: string): string[] {
  const steps = path.split('.').slice(0, -1);
  return steps.map((_, index) => steps.slice(0, index + 1).join('.'));
}
