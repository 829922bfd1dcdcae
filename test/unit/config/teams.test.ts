import { describe, expect, test } from '@jest/globals';
import { configOf, liveKey, loadSettings, loadTeam, sha256, web } from './settings-fixture.ts';

describe('keys', () => {
  test('become instants and lower-case digests', () => {
    const full = { ...liveKey, sha256: sha256.toUpperCase(), notBefore: '2027-01-01', state: 'retiring' };
    expect(configOf(loadTeam({ keys: [full] })).teams.web?.keys).toEqual([
      {
        id: 'k7Qm2ZrT0a',
        sha256,
        kind: 'server',
        state: 'retiring',
        notBeforeMs: Date.UTC(2027, 0, 1),
        notAfterMs: Date.UTC(2027, 5, 1),
      },
    ]);
  });

  test('a team may have several', () => {
    const keys = [liveKey, { ...liveKey, id: 'another1' }];
    expect(configOf(loadTeam({ keys })).teams.web?.keys.map(({ id }) => id)).toEqual([
      'k7Qm2ZrT0a',
      'another1',
    ]);
  });

  test.each([{ teams: { web: { ...web, keys: [liveKey, liveKey] } } }, { teams: { web, shop: web } }])(
    'no two have the same id, in one team or in two: %j',
    (settings) => {
      expect(loadSettings(settings).problems).toEqual([
        expect.stringMatching(/keys: the key id k7Qm2ZrT0a is used twice \(first in web\); make a new key$/),
      ]);
    },
  );

  test('ending before beginning is a problem', () => {
    const keys = [liveKey, { ...liveKey, id: 'backwards', notBefore: '2027-06-02' }];
    expect(loadTeam({ keys }).problems).toEqual([
      'gateway.yaml: teams.web.keys: the key backwards ends before it begins; make notAfter later than notBefore',
    ]);
  });

  test('browser keys, their origins and policy are said to come later', () => {
    const key = { ...liveKey, kind: 'browser', origins: ['https://a.example'], policy: {} };
    expect(loadTeam({ keys: [key] }).problems).toEqual([
      'gateway.yaml: teams.web.keys[0].kind: browser is not available in this version; write server',
      'gateway.yaml: teams.web.keys[0].origins: is not available in this version; remove it',
      'gateway.yaml: teams.web.keys[0].policy: is not available in this version; remove it',
    ]);
  });
});

describe('names of teams', () => {
  test.each(['web', '7', 'a-b-2', 'a'.repeat(32)])('%s is one', (name) => {
    expect(loadSettings({ teams: { [name]: web } }).problems).toEqual([]);
  });

  test.each(['Web', '-a', 'a_b', 'a b', 'a'.repeat(33), 'wéb', 'none'])('%s is none', (name) => {
    expect(loadSettings({ teams: { [name]: web } }).problems).toEqual([
      expect.stringMatching(/^gateway\.yaml: teams\..*: this (is not a team name|name is taken)/),
    ]);
  });
});

describe('attributes', () => {
  const { attributes: _, ...silent } = web;

  test.each<[string, object]>([
    ['left out', silent],
    ['a list', { ...web, attributes: ['email'] }],
    ['rules per index', { ...web, attributes: { ix: { allow: ['email'] } } }],
  ])('%s: the problem says what must be written in this version', (_, team) => {
    expect(loadSettings({ teams: { web: team } }).problems).toEqual([
      "gateway.yaml: teams.web.attributes: attributes: '*' must be written in this version, " +
        "because projection is not available yet; write attributes: '*'",
    ]);
  });
});

test('rights of later versions are said to come later', () => {
  const later = ['jwt', 'filterOnly', 'revealCache'];
  expect(loadTeam(Object.fromEntries(later.map((name) => [name, []]))).problems).toEqual(
    later.map((name) => `gateway.yaml: teams.web.${name}: is not available in this version; remove it`),
  );
});

test('filters by index name only indexes that the team may read', () => {
  const filters = { a: ['email'], b: ['email'] };
  expect(loadTeam({ indexes: ['a'], filters }).problems).toEqual([
    'gateway.yaml: teams.web.filters.b: the team may not read this index; add it to indexes or remove it here',
  ]);
  expect(loadTeam({ indexes: ['*'], filters }).problems).toEqual([]);
});

test('a team that may read no index is warned about', () => {
  expect(loadTeam({ indexes: [] }).warnings).toEqual([
    expect.stringMatching(/teams\.web\.indexes: the team may read no/),
  ]);
});
