import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { QUESTION, VALUES } from '../../../../src/http/openapi/values.ts';
import { readBody } from '../../../../src/query/body.ts';
import { indexIdProblem, profileIdProblem } from '../../../../src/query/path-segment.ts';
import { parsePageRequest } from '../../../../src/query/profile-query.ts';
import { limitValue, nextTokenValue } from '../../../../src/query/value-rules.ts';

const ajv = new Ajv2020({ strict: false });
const TOKEN = fc.string({ unit: fc.constantFrom(...'aZ09+/=_.~- "\n'), maxLength: 6 });

test.each<[string, object, fc.Arbitrary<unknown>, (value: never) => string | undefined]>([
  [
    'index ids',
    VALUES.index,
    fc.string({ unit: fc.constantFrom(...'aZ0_-. '), maxLength: 66 }),
    indexIdProblem,
  ],
  ['limits', VALUES.limit, fc.integer({ min: -10, max: 11_000 }), (value) => limitValue(String(value))],
  ['cursors', VALUES.next_token, TOKEN, nextTokenValue],
])('%s are described as they are read', (_, schema, values, rule) => {
  const isDescribed = ajv.compile(schema);
  // `null` as a text is what some clients make of no cursor; no schema has to know that.
  fc.assert(
    fc.property(values, (value) => expect(isDescribed(value)).toBe(rule(value as never) === undefined)),
    { numRuns: 500 },
  );
});

describe('a question as a body', () => {
  const isDescribed = ajv.compile(QUESTION);
  const isRead = (body: unknown): boolean => {
    try {
      parsePageRequest({ route: 'profiles', index: 'idx', parameters: readBody(JSON.stringify(body)) });
      return true;
    } catch {
      return false;
    }
  };

  test.each<[boolean, unknown]>([
    [true, {}],
    [true, { filter: {}, limit: 1, next_token: 'a', with_total: false }],
    [true, { filter: { first_name: 'Jo é', 'a.b-c': 'x'.repeat(512) } }],
    [false, { filter: { first_name: '' } }],
    [false, { filter: { first_name: 'x'.repeat(513) } }],
    [false, { filter: { first_name: 'a\nb' } }],
    [false, { filter: { first_name: 3 } }],
    [false, { filter: { '1a': 'b' } }],
    [false, { filter: { constructor: 'b' } }],
    [true, { filter: Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`a${at}`, 'x'])) }],
    [false, { filter: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`a${at}`, 'x'])) }],
    [false, { filter: [] }],
    [false, { limit: 0 }],
    [false, { limit: '1' }],
    [true, { limit: 9999 }],
    [false, { limit: 10_000 }],
    [false, { next_token: '' }],
    [false, { next_token: null }],
    [false, { with_total: 'true' }],
    [false, { size: 3 }],
    [false, []],
  ])('%p: %j, to the reader and by the description', (expected, body) => {
    expect([isRead(body), isDescribed(body)]).toEqual([expected, expected]);
  });

  test('has every value that a profile id may have, too', () => {
    const isId = ajv.compile(VALUES.profile);
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (id) => {
        if (profileIdProblem(id) === undefined) expect(isId(id)).toBe(true);
      }),
    );
  });
});
