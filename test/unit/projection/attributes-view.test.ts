import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AttributesView } from '../../../src/projection/attributes-view.ts';
import { hmacMask, last4 } from '../../../src/projection/mask.ts';

const hmac = hmacMask(createSecretKey(Buffer.alloc(32, 7)));
const view = new AttributesView('v', {
  allow: new Set(['first_name', 'tier', 'score']),
  mask: new Map([
    ['email', hmac],
    ['phone', last4],
  ]),
});
const page = (text: string): string => view.project('profiles', Buffer.from(text)).toString();
const profile = (text: string): string => view.project('profile', Buffer.from(text)).toString();

describe('a page', () => {
  test('keeps what is shown of each profile, and of the page its cursor', () => {
    const text =
      '{"data":[{"id":"p-1","index_id":"i","attributes":{"first_name":"Ann","secret":"s"},"note":"n"},' +
      '{"id":"p-2","index_id":"i","attributes":{"secret":1}}],"next_token":"abc","total":7,"debug":{"a":1}}';
    expect(page(text)).toBe(
      '{"data":[{"id":"p-1","index_id":"i","attributes":{"first_name":"Ann"}},' +
        '{"id":"p-2","index_id":"i","attributes":{}}],"next_token":"abc"}',
    );
  });

  test('keeps the spelling of values: numbers that no double holds, escapes, whitespace inside', () => {
    const text =
      '{ "data" : [ { "id" : "p" , "attributes" : { "score" : 12345678901234567890.10 , "tier" : { "a" : [ 1 ] } , "first_name" : "\\u00e9\\n" } } ] }';
    expect(page(text)).toBe(
      '{"data":[{"id" : "p","attributes":{"score" : 12345678901234567890.10,"tier" : { "a" : [ 1 ] },"first_name" : "\\u00e9\\n"}}]}',
    );
  });

  test('finds names however they are escaped, and shows none that only looks like one', () => {
    const text = '{"data":[{"attributes":{"t\\u0069er":1,"ti\\u0065r2":2,"secret\\u0000tier":3}}]}';
    expect(JSON.parse(page(text))).toEqual({ data: [{ attributes: { tier: 1 } }] });
  });

  test('drops what is no profile, and members that are objects where a name is due', () => {
    expect(page('{"data":[1,"secret",[{"id":1}],null,{"id":{"secret":1},"index_id":["secret"]}]}')).toBe(
      '{"data":[{}]}',
    );
    expect(page('{"data":"secret","next_token":{"secret":1}}')).toBe('{}');
    expect(page('{"data":[{"attributes":["secret"]}]}')).toBe('{"data":[{}]}');
  });

  test('projects repeated members, each of them', () => {
    const text =
      '{"data":[{"attributes":{"secret":1},"attributes":{"tier":1,"tier":2,"secret":2}}],"data":[]}';
    expect(page(text)).toBe('{"data":[{"attributes":{},"attributes":{"tier":1,"tier":2}}],"data":[]}');
  });
});

describe('masks', () => {
  test('show the last four characters of long texts, and nothing of short ones', () => {
    const masked = (phone: string) =>
      JSON.parse(profile(`{"attributes":{"phone":${JSON.stringify(phone)}}}`)).attributes.phone;
    expect(masked('+49301234567')).toBe('****4567');
    expect(masked('1234567')).toBe('****');
    expect(masked('12345678')).toBe('****5678');
    expect(masked('🙂🙂🙂🙂🙂🙂🙂🙃')).toBe('****🙂🙂🙂🙃');
  });

  test('by hmac are equal for equal texts, however spelt, and tell nothing else', () => {
    const masked = (text: string) => JSON.parse(profile(`{"attributes":{"email":${text}}}`)).attributes.email;
    expect(masked('"a@b.example"')).toMatch(/^[\w-]{22}$/);
    expect(masked('"a\\u0040b.example"')).toBe(masked('"a@b.example"'));
    expect(masked('"c@b.example"')).not.toBe(masked('"a@b.example"'));
  });

  test('leave out what is no text', () => {
    expect(profile('{"id":"p","attributes":{"email":null,"phone":491234567890,"tier":1}}')).toBe(
      '{"id":"p","attributes":{"tier":1}}',
    );
  });
});

/** JSON values with names that are dangerous or nearly right, at any depth. */
const names: fc.Arbitrary<string> = fc.constantFrom(
  'first_name',
  'tier',
  'secret',
  'email',
  'phone',
  'id',
  'data',
  '__proto__',
  'a"b',
  '',
);
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('SECRET', 'a much longer SECRET', null, true, 1e300, -0),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(names, tie('value')), { maxLength: 4 })
      .map((pairs) => Object.fromEntries(pairs) as unknown),
  ),
})).value;
const pages = fc.record({
  data: fc.array(fc.oneof(values, fc.record({ id: values, attributes: values, extra: values })), {
    maxLength: 4,
  }),
  next_token: values,
  total: values,
  other: values,
});
const attributeNames = fc.uniqueArray(names);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

describe('for any rights and any page', () => {
  test('what comes out is JSON with no attribute beyond the allowed and masked ones, each as it was', () => {
    fc.assert(
      fc.property(pages, attributeNames, attributeNames, fc.boolean(), (input, allow, mask, isSpaced) => {
        const masked = mask.filter((name) => !allow.includes(name));
        const any = new AttributesView('any', {
          allow: new Set(allow),
          mask: new Map(masked.map((name) => [name, () => 'MASKED'])),
        });
        const text = JSON.stringify(input, undefined, isSpaced ? 2 : 0);
        const output = JSON.parse(any.project('profiles', Buffer.from(text)).toString());
        expect(Object.keys(output).filter((name) => !['data', 'next_token'].includes(name))).toEqual([]);
        const before = (JSON.parse(text) as typeof input).data.filter(isObject);
        expect(output.data).toHaveLength(before.length);
        for (const [at, item] of output.data.entries()) {
          const outside = Object.keys(item).filter(
            (name) => !['id', 'index_id', 'attributes'].includes(name),
          );
          expect(outside).toEqual([]);
          const attributes = Object.entries(item.attributes ?? {});
          expect(attributes.filter(([name]) => ![...allow, ...masked].includes(name))).toEqual([]);
          expect(attributes.filter(([name, value]) => masked.includes(name) && value !== 'MASKED')).toEqual(
            [],
          );
          const own = before[at]?.attributes;
          if (!isObject(own)) continue;
          const kept = Object.entries(own).filter(([name]) => allow.includes(name));
          expect(attributes.filter(([name]) => allow.includes(name))).toEqual(kept);
        }
      }),
      { numRuns: 500 },
    );
  });
});
