import { describe, expect, test } from '@jest/globals';
import { goodEnvironment, loadSettings, loadTeam, web } from './settings-fixture.ts';

const team = (text: string) => `gateway.yaml: teams.web.${text}`;
const MASK_KEY = Buffer.alloc(32, 5).toString('base64');

describe('a mistake inside attributes is named where it stands', () => {
  const forms = '{ allow: [...], mask: [...], maskAs: { <name>: last4 | hmac } }';

  test.each<[object, ...string[]]>([
    [{ ix: { alow: ['a'] } }, 'ix.alow: is not a setting; did you mean allow?'],
    [{ ix: { masks: ['a'] } }, 'ix.masks: is not a setting; did you mean mask?'],
    [{ ix: { maskas: {} } }, 'ix.maskas: is not a setting; did you mean maskAs?'],
    [{ ix: { hide: [] } }, 'ix.hide: is not a setting; remove it or use one of allow, mask, maskAs'],
    [{ ix: { allow: ['a b'] } }, 'ix.allow[0]: "a b" is not allowed; write an attribute name'],
    [{ ix: { mask: ['a', 7] } }, 'ix.mask[1]: 7 is not allowed; write an attribute name'],
    [{ ix: { allow: 'a' } }, 'ix.allow: "a" is not allowed; write a list of attribute names'],
    [{ ix: { allow: null } }, 'ix.allow: is empty; write a list of attribute names or remove the line'],
    [
      { ix: { mask: ['a'], maskAs: { a: 'sha256' } } },
      'ix.maskAs.a: "sha256" is not allowed; write last4 | hmac',
    ],
    [
      { ix: { mask: ['a'], maskAs: { '7a': 'hmac' } } },
      'ix.maskAs.7a: is not allowed as a name; write an attribute name',
    ],
    [
      { ix: { maskAs: ['a'] } },
      'ix.maskAs: a list is not allowed; write a map from attribute name to last4 or hmac',
    ],
    [{ ix: ['a'] }, `ix: a list is not allowed; write ${forms}`],
    [{ ix: '*' }, `ix: "*" is not allowed; write ${forms}`],
    [{ ix: null }, `ix: is empty; write ${forms} or remove the line`],
    [{ allow: ['a'] }, `allow: a list is not allowed; write ${forms}`],
    [{ '*': {} }, '*: is not allowed as a name; write an index id of letters, digits, _ and -'],
    [
      { ix: { alow: ['a'], allow: ['b c'], maskAs: { x: 1 } }, '-x': { allow: 7 }, iy: { masc: [] } },
      'ix.allow[0]: "b c" is not allowed; write an attribute name',
      'ix.maskAs.x: 1 is not allowed; write last4 | hmac',
      'ix.alow: is not a setting; did you mean allow?',
      '-x: is not allowed as a name; write an index id of letters, digits, _ and -',
      'iy.masc: is not a setting; did you mean mask?',
    ],
  ])('%j', (attributes, ...problems) => {
    expect(loadTeam({ attributes }).problems).toEqual(
      problems.map((problem) => team(`attributes.${problem}`)),
    );
  });

  test('and what stands around it is judged in the same run', () => {
    const attributes = { ix: { allow: 7 }, iy: { allow: ['a'], mask: ['a'] } };
    expect(loadTeam({ indexes: ['ix'], attributes }).problems).toEqual([
      team('attributes.ix.allow: 7 is not allowed; write a list of attribute names'),
      team('attributes.iy: the team may not read this index; add it to indexes or remove it here'),
      team('attributes.iy: a stands in allow and in mask; keep one of them'),
    ]);
  });

  test.each([[['a']], 'email', 7])('what is no map is refused as a whole: %j', (attributes) => {
    expect(loadTeam({ attributes }).problems).toEqual([
      expect.stringMatching(
        /^gateway\.yaml: teams\.web\.attributes: .* write '\*' for all of them, or a map/,
      ),
    ]);
  });

  test('a gateway key in the place of a name is not repeated', () => {
    const key = 'agw_live_canary';
    for (const attributes of [{ [key]: 7 }, { ix: { [key]: [] } }, { ix: { mask: [key], allow: [key] } }]) {
      const { problems } = loadTeam({ attributes });
      expect(problems).toHaveLength(1);
      expect(problems.join()).not.toContain('canary');
    }
  });
});

describe('likewise inside the other settings of several forms', () => {
  test.each<[object, string]>([
    [{ filters: { ix: '*' } }, 'filters.ix: "*" is not allowed; write a list of attribute names'],
    [{ filters: { ix: ['a b'] } }, 'filters.ix[0]: "a b" is not allowed; write an attribute name'],
    [{ filters: ['a', 7] }, 'filters[1]: 7 is not allowed; write an attribute name'],
    [
      { filterOnly: { '*': ['a'] } },
      'filterOnly.*: is not allowed as a name; write an index id of letters, digits, _ and -',
    ],
    [
      { indexes: ['*', 'ix'] },
      `indexes[0]: "*" is not allowed; write an index id of letters, digits, _ and -, or ['*'] alone`,
    ],
    [
      { indexes: [7] },
      "indexes[0]: 7 is not allowed; write an index id of letters, digits, _ and -, or ['*'] alone",
    ],
    [{ indexes: '*' }, `indexes: "*" is not allowed; write a list of index ids, or ['*'] for all`],
  ])('%j', (rights, problem) => {
    expect(loadTeam(rights).problems).toEqual([team(problem)]);
  });

  test('networks of proxies', () => {
    expect(loadSettings({ http: { trustProxy: ['10.0.0.0/8', '10.0.0.1', 7] } }).problems).toEqual([
      'gateway.yaml: http.trustProxy[1]: "10.0.0.1" is not allowed; write a network such as 10.0.0.0/8',
      'gateway.yaml: http.trustProxy[2]: 7 is not allowed; write a network such as 10.0.0.0/8',
    ]);
  });
});

describe('an index that the team may not read', () => {
  const rights = {
    attributes: { a: { allow: ['email'] }, b: { allow: ['email'] } },
    filters: { a: ['email'], b: ['email'] },
    filterOnly: { a: ['phone'], b: ['phone'] },
  };

  test('is not named in its rights', () => {
    expect(loadTeam({ indexes: ['a'], ...rights }).problems).toEqual(
      ['attributes', 'filters', 'filterOnly'].map((right) =>
        team(`${right}.b: the team may not read this index; add it to indexes or remove it here`),
      ),
    );
  });

  test.each([['*'], ['a', 'b']])('does not exist with indexes: %j', (...indexes) => {
    expect(loadTeam({ indexes, ...rights }).problems).toEqual([]);
  });

  test('is not known while indexes are refused', () => {
    expect(loadTeam({ indexes: ['a', 'b '], ...rights }).problems).toEqual([
      expect.stringContaining('teams.web.indexes[1]: '),
    ]);
  });
});

describe('filters on what is not shown', () => {
  const hidden = (at: string, attribute: string) =>
    team(
      `${at}: ${attribute} is not shown, and a filter would tell it; add it to allow under attributes, or move it to filterOnly`,
    );
  const attributes = { a: { allow: ['email'], mask: ['phone'] }, b: { allow: ['tier'] } };

  test.each<[filters: unknown, ...problems: string[]]>([
    [['email', 'tier']],
    [{ a: ['email'], b: ['tier'] }],
    [[]],
    [['zip'], hidden('filters', 'zip')],
    [['email', 'zip', 'age', 'zip'], hidden('filters', 'zip'), hidden('filters', 'age')],
    [['phone'], hidden('filters', 'phone')],
    [
      { a: ['email', 'tier'], b: ['tier', 'email'] },
      hidden('filters.a', 'tier'),
      hidden('filters.b', 'email'),
    ],
    [{ a: ['phone'] }, hidden('filters.a', 'phone')],
    [{ c: ['email'] }, hidden('filters.c', 'email')],
  ])('%j', (filters, ...problems) => {
    expect(loadTeam({ attributes, filters }).problems).toEqual(problems);
  });

  test('all of them need all attributes', () => {
    expect(loadTeam({ attributes, filters: '*' }).problems).toEqual([
      team("filters: '*' needs attributes: '*'; list those that are shown, and others under filterOnly"),
    ]);
    expect(loadTeam({ attributes: undefined, filters: '*' }).problems).toHaveLength(1);
    expect(loadTeam({ attributes: '*', filters: '*' }).problems).toEqual([]);
    expect(loadTeam({ attributes: '*', filters: ['zip'] }).problems).toEqual([]);
  });

  test('are taken where they are written out', () => {
    expect(loadTeam({ attributes, filterOnly: ['zip', 'phone'] }).problems).toEqual([]);
    expect(loadTeam({ attributes, filters: ['email'], filterOnly: { b: ['email'] } }).problems).toEqual([]);
    expect(loadTeam({ attributes: undefined, filterOnly: ['zip'] }).problems).toEqual([]);
  });

  test('are not judged while attributes are refused', () => {
    expect(loadTeam({ attributes: { a: { alow: ['email'] } }, filters: ['email'] }).problems).toEqual([
      team('attributes.a.alow: is not a setting; did you mean allow?'),
    ]);
    expect(loadTeam({ attributes: ['email'], filters: '*' }).problems).toEqual([
      expect.stringContaining('teams.web.attributes: '),
    ]);
  });
});

describe('masks', () => {
  test('an attribute is shown as it is or masked', () => {
    const attributes = { ix: { allow: ['a', 'b', 'c'], mask: ['b', 'd', 'a'] }, iy: { mask: ['a'] } };
    expect(loadTeam({ attributes }).problems).toEqual([
      team('attributes.ix: b stands in allow and in mask; keep one of them'),
      team('attributes.ix: a stands in allow and in mask; keep one of them'),
    ]);
  });

  test('a kind is of what is masked', () => {
    const attributes = { ix: { allow: ['a'], mask: ['b'], maskAs: { a: 'last4', b: 'last4', c: 'last4' } } };
    expect(loadTeam({ attributes }).problems).toEqual([
      team('attributes.ix.maskAs.a: is not in mask; add it there or remove it here'),
      team('attributes.ix.maskAs.c: is not in mask; add it there or remove it here'),
    ]);
  });

  test('a kind is not missed in a list that was refused', () => {
    const attributes = { ix: { mask: ['b', 'c '], maskAs: { c: 'last4' } } };
    expect(loadTeam({ attributes }).problems).toEqual([
      expect.stringContaining('teams.web.attributes.ix.mask[1]: '),
    ]);
  });

  describe('by hmac', () => {
    const attributes = { ix: { mask: ['a', 'b'], maskAs: { b: 'hmac' } } };
    const load = (env: NodeJS.ProcessEnv) =>
      loadSettings({ teams: { web: { ...web, attributes } } }, { ...goodEnvironment, ...env });

    test('need a key', () => {
      expect(load({}).problems).toEqual([
        team('attributes: an hmac mask has no key; set MASK_KEY, for instance by: openssl rand -base64 32'),
      ]);
      expect(load({ MASK_KEY }).problems).toEqual([]);
    });

    test('have one that is wrong, and no second problem', () => {
      expect(load({ MASK_KEY: 'short' }).problems).toEqual([
        'MASK_KEY: the value is not allowed (it is not shown here); write base64 of 32 bytes',
      ]);
    });

    test('no other mask needs one', () => {
      expect(loadTeam({ attributes: { ix: { mask: ['a'], maskAs: { a: 'last4' } } } }).problems).toEqual([]);
    });
  });
});
