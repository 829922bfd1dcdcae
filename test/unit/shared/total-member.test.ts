import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutTotal, putTotal } from '../../../src/shared/total-member.ts';

const cut = (text: string) => cutTotal(Buffer.from(text));
const cutText = (text: string) => cut(text).body.toString();
const put = (text: string, total: string) => {
  const { body, total: found } = cut(text);
  return putTotal(body, found, total).toString();
};

describe('the total is cut out', () => {
  test.each([
    ['first', '{"total":7,"data":[1]}', '{"data":[1]}'],
    ['in the middle', '{"next_token":"t","total":7,"data":[1]}', '{"next_token":"t","data":[1]}'],
    ['last', '{"data":[1],"total":7}', '{"data":[1]}'],
  ])('when it stands %s', (_where, whole, rest) => {
    expect(cutText(whole)).toBe(rest);
    expect(cut(whole).total?.text).toBe('7');
  });

  test.each([
    '{"\\u0074otal":7,"data":[]}',
    '{"tot\\u0061l":7,"data":[]}',
    '{"\\u0074\\u006f\\u0074\\u0061\\u006c":7,"data":[]}',
  ])('however its name is escaped: %s', (whole) => {
    expect(cutText(whole)).toBe('{"data":[]}');
    expect(put(whole, '7')).toBe(whole);
  });

  test.each([
    ['a string', '"}],\\"total\\":{"'],
    ['an array', '[1,{"total":[2,"]"]},3]'],
    ['an object', '{"a":{"b":[{}]},"c":"}"}'],
    ['null', 'null'],
    ['a number that no double holds', '123456789012345678901234567890.00'],
  ])('when its value is %s, as it was written', (_what, value) => {
    for (const whole of [`{"total":${value},"data":[]}`, `{"data":[],"total":${value}}`]) {
      expect(cutText(whole)).toBe('{"data":[]}');
      expect(cut(whole).total?.text).toBe(value);
      expect(put(whole, value)).toBe(whole);
    }
  });

  test('with the whitespace around it, so that the rest is as it was', () => {
    const whole = ' \n{\t"data" : [ ] ,\r\n "total"\n:\t 7 \n}\n ';
    expect(cutText(whole)).toBe(' \n{\t"data" : [ ]  \n}\n ');
    expect(cut(whole).total?.text).toBe('7');
    expect(put(whole, '7')).toBe(whole);
    expect(cutText('{ "total" : 7 ,\n "data":[]}')).toBe('{ "data":[]}');
  });

  test('of several the last one counts and none is left', () => {
    const { body, total } = cut('{"total":1,"data":[],"total":{"a":2},"\\u0074otal":3,"next_token":""}');
    expect(body.toString()).toBe('{"data":[],"next_token":""}');
    expect(total?.text).toBe('3');
  });
});

describe('what only looks like the total is left alone', () => {
  test.each([
    ['in a string', '{"data":["\\"total\\":5,","total"],"next_token":"{\\"total\\":1}"}'],
    ['inside data', '{"data":[{"total":5,"a":{"total":6}}]}'],
    ['as a value', '{"a":"total","data":["total",7]}'],
    ['as part of a name', '{"totals":1,"subtotal":2,"Total":3," total":4,"data":[]}'],
    ['after an escaped quote', '{"a\\"":1,"b\\\\":"\\\\","data":["\\\\\\"total"]}'],
    ['not at all', '{"data":[]}'],
    ['in an empty object', ' { } '],
  ])('%s', (_where, text) => {
    const { body, total } = cut(text);
    expect(body.toString()).toBe(text);
    expect(total).toBeUndefined();
  });
});

describe('a total is put', () => {
  test('where the page came with this very one, byte for byte', () => {
    expect(put('{ "data":[], "total" : 7 }', '7')).toBe('{ "data":[], "total" : 7 }');
  });

  test('to the front where the page came with another one or with none', () => {
    expect(put('{"data":[],"total":7}', '8')).toBe('{"total":8,"data":[]}');
    expect(put('\n { "data":[] }', '8')).toBe('\n {"total":8, "data":[] }');
  });

  test('nowhere when Amperity sends none', () => {
    expect(put('{"data":[],"total":7}', '')).toBe('{"data":[]}');
  });
});

/** Renders JSON with whitespace wherever the grammar allows it, and keeps the order of members. */
function render(value: unknown, space: () => string): string {
  if (Array.isArray(value)) {
    return `[${space()}${value.map((item) => render(item, space)).join(`${space()},${space()}`)}${space()}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => renderMember(name, member, space));
    return `{${space()}${members.join(`${space()},${space()}`)}${space()}}`;
  }
  return JSON.stringify(value);
}

const renderMember = (name: string, value: unknown, space: () => string): string =>
  `${JSON.stringify(name)}${space()}:${space()}${render(value, space)}`;

const tricky = fc.constantFrom(
  'total',
  '"total":',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '"',
  '\\"',
  'é\u{1f600}',
);
const name = fc
  .oneof(tricky, fc.string({ maxLength: 6 }))
  .filter((text) => text !== 'total' && text !== '__proto__');
const value = fc.oneof(
  tricky,
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(fc.oneof(fc.constant('total'), tricky), fc.oneof(tricky, fc.integer()), { maxKeys: 3 }),
);
const page = fc.record({
  members: fc.uniqueArray(fc.tuple(name, value), { minLength: 1, maxLength: 6, selector: ([key]) => key }),
  total: fc.oneof(fc.nat(), fc.jsonValue({ maxDepth: 2 })),
  at: fc.nat(6),
  spaces: fc.array(fc.constantFrom('', '', ' ', '\n', '\t\r\n', '  '), { minLength: 1, maxLength: 20 }),
});

/** The page's text with and without its total. */
function texts({ members, total, at, spaces }: typeof page extends fc.Arbitrary<infer P> ? P : never) {
  const position = at % (members.length + 1);
  const write = (entries: readonly (readonly [string, unknown])[]): string => {
    let next = 0;
    const space = () => spaces[next++ % spaces.length] ?? '';
    const written = entries.map(([key, member]) => renderMember(key, member, space));
    return `${space()}{${space()}${written.join(`${space()},${space()}`)}${space()}}${space()}`;
  };
  return {
    without: write(members),
    whole: write([...members.slice(0, position), ['total', total], ...members.slice(position)]),
  };
}

test('of any object the total can be cut out and put back without a byte of difference', () => {
  fc.assert(
    fc.property(page, (drawn) => {
      const { whole } = texts(drawn);
      const { body, total } = cut(whole);
      const rest = JSON.parse(body.toString());
      const { total: _total, ...expected } = JSON.parse(whole);
      expect(rest).toEqual(expected);
      expect(Object.keys(rest)).toEqual(Object.keys(expected));
      expect(JSON.parse(total?.text ?? '')).toEqual(JSON.parse(JSON.stringify(drawn.total)));
      expect(putTotal(body, total, total?.text ?? '').toString()).toBe(whole);
    }),
    { numRuns: 500 },
  );
});

test('any object without a total stays as it is, and takes one', () => {
  fc.assert(
    fc.property(page, (drawn) => {
      const { without } = texts(drawn);
      const { body, total } = cut(without);
      expect([body.toString(), total]).toEqual([without, undefined]);
      const composed = JSON.parse(putTotal(body, undefined, '42').toString());
      expect(composed).toEqual({ ...JSON.parse(without), total: 42 });
    }),
    { numRuns: 500 },
  );
});
