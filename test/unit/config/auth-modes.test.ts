import { describe, expect, test } from '@jest/globals';
import {
  configOf,
  goodEnvironment,
  liveKey,
  loadFiles,
  loadSettings,
  loadTeam,
  now,
  web,
} from './settings-fixture.ts';

const open = { auth: { modes: ['open'] } };
const loadOpen = (env: NodeJS.ProcessEnv, settings: object = open) =>
  loadFiles({ 'gateway.yaml': settings }, { ...goodEnvironment, ...env });

describe('auth modes', () => {
  test.each([{}, { auth: {} }, { auth: { modes: ['apiKey'] } }])(
    'without a word it is apiKey: %j',
    (settings) => {
      expect(configOf(loadSettings(settings)).auth).toEqual({ modes: ['apiKey'], jwt: [] });
    },
  );

  test.each([
    { modes: [], says: /auth\.modes: no auth mode set/ },
    {
      modes: ['jwt'],
      says: /auth\.jwt: auth mode jwt takes the tokens of listed issuers, and there is none/,
    },
    { modes: ['apiKey', 'jwt'], says: /auth\.jwt: auth mode jwt takes the tokens of listed issuers/ },
    { modes: ['open', 'apiKey'], says: /auth\.modes: open cannot stand beside another mode/ },
    { modes: ['none'], says: /auth\.modes\[0\]: "none" is not allowed; write apiKey \| jwt \| open/ },
  ])('$modes do not start', ({ modes, says }) => {
    const problems = [
      says,
      ...(modes.includes('jwt') ? [/^gateway\.yaml: teams: no team has a jwt rule/] : []),
    ];
    expect(loadSettings({ auth: { modes } }).problems).toEqual(
      problems.map((problem) => expect.stringMatching(problem)),
    );
  });
});

describe('open mode', () => {
  test('needs no team and brings one that may do everything', () => {
    expect(configOf(loadOpen({})).teams).toEqual({
      local: {
        weight: 1,
        keys: [],
        jwt: [],
        indexes: ['*'],
        attributes: '*',
        filters: '*',
        filterOnly: [],
        withTotal: true,
        maxLimit: 1000,
        maxFilters: 10,
        export: false,
        bypassCache: false,
        scopes: [],
        revealCache: true,
      },
    });
  });

  test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost', 'LocalHost'])('listens on %s', (host) => {
    expect(loadOpen({ HOST: host, ADMIN_HOST: host }).problems).toEqual([]);
  });

  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '127.0.0.1.example',
    '127.1',
    'gateway',
    'localhost.example',
  ])('does not listen on %s', (host) => {
    for (const name of ['HOST', 'ADMIN_HOST']) {
      expect(loadOpen({ [name]: host }).problems).toEqual([
        expect.stringMatching(new RegExp(`^${name}: auth mode open lets everybody in`)),
      ]);
    }
  });

  test('the name of its team is taken', () => {
    expect(loadOpen({}, { ...open, teams: { local: web } }).problems).toEqual([
      'gateway.yaml: teams.local: this name is taken in auth mode open by the team of every caller; choose another',
    ]);
    expect(loadSettings({ teams: { local: web } }).problems).toEqual([]);
  });

  test('keys let the gateway listen anywhere', () => {
    const anywhere = { ...goodEnvironment, HOST: '0.0.0.0', ADMIN_HOST: '0.0.0.0' };
    expect(loadSettings({}, anywhere).problems).toEqual([]);
  });
});

describe('apiKey mode needs a key that works now', () => {
  const noKey = [
    expect.stringMatching(/^gateway\.yaml: teams: no team has a key .* keys create --team <name>$/),
  ];
  const at = (offsetMs: number) => new Date(now + offsetMs).toISOString();

  test.each<[string, object]>([
    ['no team', { teams: {} }],
    ['a team without keys', { teams: { web: { ...web, keys: [] } } }],
  ])('%s', (_, settings) => {
    expect(loadSettings(settings).problems).toEqual(noKey);
  });

  test.each<[string, object]>([
    ['expired this instant', { notAfter: at(0) }],
    ['not yet valid', { notBefore: at(1) }],
    ['revoked', { state: 'revoked' }],
  ])('a key that is %s does not count', (_, members) => {
    expect(loadTeam({ keys: [{ ...liveKey, ...members }] }).problems).toEqual(noKey);
  });

  test.each<[string, object]>([
    ['valid for one more millisecond', { notAfter: at(1) }],
    ['valid from this instant', { notBefore: at(0) }],
    ['being replaced', { state: 'retiring' }],
  ])('a key that is %s counts', (_, members) => {
    expect(loadTeam({ keys: [{ ...liveKey, ...members }] }).problems).toEqual([]);
  });

  test('one live key of one team is enough; the others are warned about', () => {
    const old = { ...liveKey, id: 'expired1', notAfter: '2026-12-31' };
    const { problems, warnings } = loadSettings({ teams: { web, shop: { ...web, keys: [old] } } });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      'gateway.yaml: teams.shop.keys: the key expired1 expired at 2026-12-31T00:00:00.000Z; remove it',
      'gateway.yaml: teams.shop: no key of this team works now; make one with: npm run cli -- keys create --team shop',
    ]);
  });
});
