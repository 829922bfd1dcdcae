import fc from 'fast-check';
import { CANARY } from './canary.ts';

const filterObject = fc.dictionary(
  fc.constantFrom(
    'first_name',
    'last_name',
    'city',
    'birth_year',
    '__proto__',
    'constructor',
    `1${CANARY}`,
    '',
  ),
  fc.oneof(
    fc.constantFrom<unknown>(
      'Anna',
      CANARY,
      '',
      'Z\u00fcrich',
      1,
      null,
      true,
      ['x'],
      { a: 'b' },
      '\u0000',
      '\ud800',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  ),
  { maxKeys: 4 },
);

const members = fc.record(
  {
    filter: fc.oneof(
      { arbitrary: filterObject, weight: 5 },
      { arbitrary: fc.constantFrom<unknown>(null, [], 'x', 1), weight: 1 },
    ),
    limit: fc.oneof(
      { arbitrary: fc.integer({ min: 1, max: 200 }), weight: 4 },
      { arbitrary: fc.constantFrom<unknown>(0, -1, 1.5, 1e300, '10', null, [10], 10_000, CANARY), weight: 1 },
    ),
    next_token: fc.constantFrom<unknown>(CANARY, '', null, 'null', 'abc+def', 1, { a: 1 }, 'x'.repeat(2049)),
    with_total: fc.constantFrom<unknown>(true, false, 'true', 1, null),
  },
  { requiredKeys: [] },
);

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

const oneSided = fc.constantFrom(
  '',
  '{',
  '}',
  '{}',
  '[]',
  'null',
  '1',
  '"x"',
  '{}{}',
  '{} x',
  `{"${CANARY}":1}`,
  '{"limit":1,"limit":2}',
  `{"filter":{"city":"${CANARY}","city":"b"}}`,
  '{"filter":{"city":"a"},"filter":{}}',
  '{"lim\\u0069t":1,"limit":2}',
  '{"__proto__":{"limit":1}}',
  '{"filter":{"__proto__":"x"}}',
  '{"limit":1,}',
  "{'limit':1}",
  '{"limit":NaN}',
  '{"limit":1e1}',
  '{"limit":01}',
  '{"limit":99999999999999999999999999}',
  '\u00ef\u00bb\u00bf{"limit":1}',
  '{"filter":{"city":"\u00ff"}}',
  '{"filter":{"city":"\u00c0\u00af"}}',
  '{"filter":{"city":"\\ud800"}}',
  '{"filter":{"city":"\\u0000"}}',
  `{"filter":{"city":"${CANARY}`,
  '{"a":'.repeat(3000),
  '['.repeat(8000),
  `{"filter":{"city":"${'x'.repeat(600)}"}}`,
  `{"filter":{"city":"${'x'.repeat(17_000)}"}}`,
  `${' '.repeat(20_000)}{}`,
  `limit=1&filter[city]=${CANARY}`,
  '\u001f\u008b\u0008\u0000',
);

/** JSON of a search, and what is nearly that; one byte in each character. */
export const searchBodies = fc.oneof(
  { arbitrary: members.map((value) => utf8(JSON.stringify(value))), weight: 5 },
  { arbitrary: oneSided, weight: 3 },
  { arbitrary: fc.json({ maxDepth: 4 }).map(utf8), weight: 1 },
);
