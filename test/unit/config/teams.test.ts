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

describe('a name that every object has as a member is a name like others', () => {
  test.each(['constructor', 'toString', 'hasOwnProperty'])('an index called %s', (index) => {
    const rights = { indexes: [index], attributes: { ix: { allow: ['a'] } }, filters: { [index]: ['a'] } };
    expect(loadTeam(rights).problems).toEqual([
      'gateway.yaml: teams.web.attributes.ix: the team may not read this index; add it to indexes or remove it here',
      `gateway.yaml: teams.web.filters.${index}: a is not shown, and a filter would tell it; add it to allow under attributes, or move it to filterOnly`,
    ]);
  });
});

describe('warnings about a team', () => {
  const warnings = (rights: object) => loadTeam(rights).warnings;

  test('there are none about one in order', () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ attributes: { ix: { mask: ['email'] } }, profilesPerDay: undefined })).toEqual([]);
  });

  test('it may read no index', () => {
    expect(warnings({ indexes: [] })).toEqual([
      "gateway.yaml: teams.web.indexes: the team may read no index; list some, or write ['*']",
    ]);
  });

  test('it is shown everything, and of any number', () => {
    expect(warnings({ profilesPerDay: undefined })).toEqual([
      'gateway.yaml: teams.web.attributes: the team is shown every attribute of any number of profiles; list what it needs, or set profilesPerDay',
    ]);
  });

  test.each([undefined, {}, { ix: {} }, { ix: { allow: [], mask: [] } }])(
    'it is shown nothing: %j',
    (attributes) => {
      expect(warnings({ attributes })).toEqual([
        "gateway.yaml: teams.web.attributes: the team is shown no attribute; list some for each index, or write '*'",
      ]);
    },
  );

  test('its key has expired, or none works', () => {
    const gone = { ...liveKey, id: 'expired1', notAfter: '2026-12-31' };
    expect(warnings({ keys: [liveKey, gone, { ...gone, id: 'revoked1', state: 'revoked' }] })).toEqual([
      'gateway.yaml: teams.web.keys: the key expired1 expired at 2026-12-31T00:00:00.000Z; remove it',
    ]);
    expect(loadSettings({ teams: { web, shop: { ...web, keys: [] } } }).warnings).toEqual([
      'gateway.yaml: teams.shop: no key of this team works now; make one with: npm run cli -- keys create --team shop',
    ]);
  });

  test('its callers may wait longer than they will', () => {
    expect(warnings({ maxWaitMs: 60_001 })).toEqual([
      'gateway.yaml: teams.web.maxWaitMs: callers may wait longer than a minute, and many give up before; consider 60000 or less',
    ]);
    expect(warnings({ maxWaitMs: 60_000 })).toEqual([]);
  });
});
