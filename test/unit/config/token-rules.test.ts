import { describe, expect, test } from '@jest/globals';
import { idp, jwtMode, loadFiles, loadSettings, web } from './settings-fixture.ts';

const other = 'https://other.example';
const bothIssuers = {
  auth: { modes: ['apiKey', 'jwt'], jwt: [idp, other].map((issuer) => ({ issuer, audience: 'gateway' })) },
};
const { keys: _, ...keyless } = web;
const rule = (claims: object, issuer = idp) => ({ issuer, claims });

test('a rule belongs to an issuer that is let in', () => {
  const unknown = (at: number) =>
    `gateway.yaml: teams.web.jwt[${at}].issuer: is not an issuer of auth.jwt in auth mode jwt; add it there, or correct it`;
  const jwt = [rule({ sub: 'a' }), rule({ sub: 'b' }, `${idp}/`), rule({ sub: 'c' }, other)];
  const teams = { web: { ...web, jwt } };
  expect(loadSettings({ ...jwtMode, teams }).problems).toEqual([unknown(1), unknown(2)]);
  expect(loadSettings({ teams: { web: { ...web, jwt: [rule({ sub: 'a' })] } } }).problems).toEqual([
    unknown(0),
  ]);
});

describe('a rule is not judged by', () => {
  const teams = { web: { ...web, jwt: [rule({ sub: 'a' })] } };

  test.each<[string, object]>([
    ['issuers that were refused', { modes: ['apiKey', 'jwt'], jwt: [{ issuer: idp }] }],
    ['modes that were refused', { modes: ['apiKey', 'jwtt'], jwt: jwtMode.auth.jwt }],
  ])('%s', (_, auth) => {
    expect(loadSettings({ auth, teams }).problems).toEqual([
      expect.stringMatching(/^gateway\.yaml: auth\.(jwt\[0\]\.audience|modes\[1\]): /),
    ]);
  });

  test('a main file that cannot be read', () => {
    const { problems } = loadFiles(
      { 'gateway.yaml': 'auth: [', 'teams.yaml': { teams } },
      {
        AMPERITY_TENANT: 'acme',
        AMPERITY_BASE_URL: 'https://a.example',
        AMPERITY_TOKEN: 'x',
        TEAMS_FILE: 'teams.yaml',
      },
    );
    expect(problems).toEqual([expect.stringMatching(/^gateway\.yaml: line \d+: /)]);
  });

  test('what is left of a list with a refused rule in it', () => {
    const jwt = [rule({ sub: 7 }), rule({ sub: 'a' }, other)];
    expect(loadSettings({ ...jwtMode, teams: { web: { ...web, jwt } } }).problems).toEqual([
      'gateway.yaml: teams.web.jwt[0].claims.sub: 7 is not allowed; write text',
    ]);
  });
});

describe('a token fits one team at most', () => {
  const load = (ofWeb: object[], ofShop: object[]) =>
    loadSettings({
      ...bothIssuers,
      teams: { web: { ...web, jwt: ofWeb }, shop: { ...keyless, jwt: ofShop } },
    });
  const ambiguous =
    'gateway.yaml: teams.shop.jwt: a token could fit this team and web; give both rules one claim in which they differ';

  test.each<[string, object[], object[]]>([
    ['the same claims', [rule({ sub: 'a' })], [rule({ sub: 'a' })]],
    ['more claims than the other', [rule({ sub: 'a' })], [rule({ sub: 'a', group: 'b' })]],
    ['no claim in common', [rule({ sub: 'a' })], [rule({ group: 'b' })]],
    ['a claim called like an object member', [rule({ toString: 'a' })], [rule({ sub: 'b' })]],
    [
      'one of several rules',
      [rule({ sub: 'x' }), rule({ sub: 'a' })],
      [rule({ sub: 'y' }), rule({ sub: 'a' })],
    ],
  ])('not with %s', (_, ofWeb, ofShop) => {
    expect(load(ofWeb, ofShop).problems).toEqual([ambiguous]);
  });

  test.each<[string, object[], object[]]>([
    ['a claim in two ways', [rule({ sub: 'a' })], [rule({ sub: 'b' })]],
    ['one of the claims in two ways', [rule({ sub: 'a', group: 'x' })], [rule({ sub: 'a', group: 'y' })]],
    ['the same claims of two issuers', [rule({ sub: 'a' })], [rule({ sub: 'a' }, other)]],
    [
      'rules of one team that overlap',
      [rule({ sub: 'a' }), rule({ group: 'b' })],
      [rule({ sub: 'b', group: 'c' })],
    ],
  ])('%s is fine', (_, ofWeb, ofShop) => {
    expect(load(ofWeb, ofShop).problems).toEqual([]);
  });

  test('what a refused claim would have told apart is not ambiguous yet', () => {
    expect(load([rule({ sub: 'a', group: 7 })], [rule({ sub: 'a', group: 'b' })]).problems).toEqual([
      'gateway.yaml: teams.web.jwt[0].claims.group: 7 is not allowed; write text',
    ]);
  });
});

describe('mode jwt', () => {
  const jwtOnly = { auth: { ...jwtMode.auth, modes: ['jwt'] } };
  const jwt = [rule({ sub: 'a' })];

  test.each(['jwt', 'apiKey'])('needs a team with a rule, beside %s too', (mode) => {
    const auth = { ...jwtMode.auth, modes: [...new Set(['jwt', mode])] };
    expect(loadSettings({ auth }).problems).toEqual([
      'gateway.yaml: teams: no team has a jwt rule, so no token could be let in; add one, or leave jwt out of auth.modes',
    ]);
  });

  test('alone needs no key', () => {
    expect(loadSettings({ ...jwtOnly, teams: { web: { ...keyless, jwt } } })).toMatchObject({
      problems: [],
      warnings: [],
    });
  });

  test('alone warns about keys, and about a team that no token is of', () => {
    const teams = { web: { ...web, jwt }, shop: keyless };
    expect(loadSettings({ ...jwtOnly, teams })).toMatchObject({
      problems: [],
      warnings: [
        'gateway.yaml: teams.web.keys: keys are taken in auth mode apiKey only; add apiKey to auth.modes, or remove them',
        'gateway.yaml: teams.shop: no token is of this team; add a rule under jwt',
      ],
    });
  });

  test('beside keys, either is enough for a team', () => {
    const teams = { web, shop: { ...keyless, jwt } };
    expect(loadSettings({ ...jwtMode, teams })).toMatchObject({ problems: [], warnings: [] });
  });
});
