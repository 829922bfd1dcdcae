import { describe, expect, test } from '@jest/globals';
import { browserKey, configOf, liveKey, loadTeam } from './settings-fixture.ts';

const where = 'gateway.yaml: teams.web.keys: ';
const shown = { ix: { allow: ['first_name'] } };
const withKey = (members: object, rights: object = { attributes: shown }) =>
  loadTeam({ keys: [liveKey, { ...browserKey, ...members }], ...rights });
const keyOf = (members: object) => configOf(withKey(members)).teams.web?.keys[1];

const defaults = {
  maxLimit: 10,
  minFilters: 1,
  withTotal: false,
  profilesPerDay: 1000,
  requestsPerSecond: 5,
};

describe('the policy of a browser key', () => {
  test('has defaults, all of them where nothing is written', () => {
    expect(keyOf({})).toMatchObject({
      id: 'browser1',
      kind: 'browser',
      origins: ['https://app.example'],
    });
    expect(keyOf({})?.policy).toEqual(defaults);
    expect(keyOf({ policy: {} })?.policy).toEqual(defaults);
  });

  test('is taken as it is written, with the defaults of the rest', () => {
    expect(keyOf({ policy: { maxLimit: 3, filters: ['first_name'] } })?.policy).toEqual({
      ...defaults,
      maxLimit: 3,
      filters: ['first_name'],
    });
    const whole = {
      indexes: ['ix'],
      attributes: { ix: { allow: ['first_name'], mask: ['email'], maskAs: { email: 'last4' } } },
      filters: '*',
      maxLimit: 9999,
      maxFilters: 2,
      minFilters: 0,
      withTotal: true,
      profilesPerDay: 7,
      requestsPerSecond: 1,
    };
    expect(keyOf({ policy: whole })?.policy).toEqual(whole);
  });

  test('a server key has none', () => {
    expect(configOf(withKey({})).teams.web?.keys[0]).not.toHaveProperty('policy');
    expect(configOf(withKey({})).teams.web?.keys[0]).not.toHaveProperty('origins');
  });

  test('has masks of its own, judged as those of a team', () => {
    const attributes = { ix: { allow: ['email'], mask: ['email'], maskAs: { phone: 'last4' } } };
    expect(withKey({ policy: { attributes } }).problems).toEqual([
      'gateway.yaml: teams.web.keys[1].policy.attributes.ix: email stands in allow and in mask; keep one of them',
      'gateway.yaml: teams.web.keys[1].policy.attributes.ix.maskAs.phone: is not in mask; add it there or remove it here',
    ]);
  });

  test('needs a key for a mask by hmac', () => {
    const attributes = { ix: { mask: ['email'], maskAs: { email: 'hmac' } } };
    expect(withKey({ policy: { attributes } }).problems).toEqual([
      'gateway.yaml: teams.web.attributes: an hmac mask has no key; set MASK_KEY, for instance by: openssl rand -base64 32',
    ]);
  });
});

describe('a browser key does not start', () => {
  test.each([{ origins: undefined }, { origins: [] }])('without origins: %j', (members) => {
    expect(withKey(members).problems).toEqual([
      `${where}the browser key browser1 has no origins, so no page could use it; list those of its pages`,
    ]);
  });

  test.each([{}, { policy: {} }, { policy: { indexes: ['ix'], filters: [] } }])(
    'in a team that is shown everything: %j',
    (members) => {
      expect(withKey(members, { attributes: '*' }).problems).toEqual([
        `${where}the browser key browser1 would show every attribute to whoever reads the page; write policy.attributes`,
      ]);
    },
  );

  test('there, attributes of its own are enough', () => {
    expect(withKey({ policy: { attributes: shown } }, { attributes: '*' }).problems).toEqual([]);
    expect(withKey({ policy: { attributes: {} } }, { attributes: '*' }).problems).toEqual([]);
  });

  test('with every attribute in its own policy', () => {
    expect(withKey({ policy: { attributes: '*' } }, { attributes: '*' }).problems).toEqual([
      expect.stringMatching(
        /^gateway\.yaml: teams\.web\.keys\[1\]\.policy\.attributes: "\*" is not allowed; write a map/,
      ),
    ]);
  });
});

test.each([{ origins: ['https://app.example'] }, { policy: {} }, { origins: [], policy: { maxLimit: 1 } }])(
  'a server key has neither origins nor policy: %j',
  (members) => {
    expect(loadTeam({ keys: [{ ...liveKey, ...members }] }).problems).toEqual([
      `${where}the key k7Qm2ZrT0a is for servers, and has origins or a policy; remove them, or write kind: browser`,
    ]);
  },
);

describe('what was refused is not missed a second time', () => {
  test.each<[string, object]>([
    ['origins[0]', { origins: ['https://app.example/'] }],
    ['origins', { origins: 'https://app.example' }],
    ['kind', { kind: 'brwoser', policy: {} }],
    ['policy', { policy: [] }],
    ['policy.attributes.ix.alow', { policy: { attributes: { ix: { alow: ['a'] } } } }],
  ])('%s', (path, members) => {
    expect(withKey(members, { attributes: '*' }).problems).toEqual([
      expect.stringContaining(`gateway.yaml: teams.web.keys[1].${path}: `),
    ]);
  });

  test('and what follows a refused key is not counted one too low', () => {
    const attributes = { ix: { allow: ['a'], mask: ['a'] } };
    const keys = [
      { ...liveKey, id: 7 },
      { ...browserKey, policy: { attributes } },
    ];
    expect(loadTeam({ keys, attributes: shown }).problems).toEqual([
      expect.stringContaining('gateway.yaml: teams.web.keys[0].id: '),
    ]);
  });

  test('but what is wrong beside it is told', () => {
    const keys = [{ ...liveKey, kind: 'x' }, browserKey, { ...browserKey, notBefore: '2027-06-01' }];
    expect(loadTeam({ keys, attributes: shown }).problems).toEqual([
      'gateway.yaml: teams.web.keys[0].kind: "x" is not allowed; write server | browser',
      `${where}the key id browser1 is used twice (first in web); make a new key`,
      `${where}the key browser1 ends before it begins; make notAfter later than notBefore`,
    ]);
  });
});
