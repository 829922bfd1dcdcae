import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { invalidParameter } from '../../../src/query/invalid-parameter.ts';
import { decodePathSegment, indexIdProblem, profileIdProblem } from '../../../src/query/path-segment.ts';
import { problemsOf, refusalOf } from './refusal.ts';

function idOf(raw: string, name: string, problemOf: (text: string) => string | undefined): string {
  const text = decodePathSegment(raw, name);
  const reason = problemOf(text);
  if (reason !== undefined) throw invalidParameter([{ name, reason }]);
  return text;
}
const indexOf = (raw: string) => idOf(raw, 'index', indexIdProblem);
const profileOf = (raw: string) => idOf(raw, 'profile id', profileIdProblem);

describe('an index id', () => {
  test.each(['ix-2BmokYMVR', 'idx-loyalty', 'a', '0', 'A_b-9', 'a'.repeat(64), 'idx%2Dloyalty'])(
    'is accepted: %s',
    (raw) => {
      expect(indexOf(raw)).toBe(decodeURIComponent(raw));
    },
  );

  test.each(['', '-a', '_a', 'a'.repeat(65), 'a.b', 'a b', 'a%20b', 'ä', '%C3%A4', 'a%0A', '__proto__', '*'])(
    'is refused: %j',
    (raw) => {
      expect(problemsOf(() => indexOf(raw))).toEqual([expect.stringMatching(/^index: must be/)]);
    },
  );

  test.each(['..%2f..%2fadmin', '..', '%2e%2e', '.', '%2e', 'a%2Fb', 'a%5Cb'])(
    'never leads to another path: %s',
    (raw) => {
      expect(refusalOf(() => indexOf(raw)).code).toBe('invalid_parameter');
    },
  );
});

describe('a profile id', () => {
  test.each([
    ['a slash', 'a%2Fb', 'a/b'],
    ['a space', 'a%20b', 'a b'],
    ['a trailing blank', 'm-1%20', 'm-1 '],
    ['a percent sign', '100%25', '100%'],
    ['a plus, encoded or not', 'a+b%2B', 'a+b+'],
    ['an umlaut', '%C3%BC', 'ü'],
    ['upper and lower case', 'AbC', 'AbC'],
    ['a decomposed letter', 'e%CC%81', 'e\u0301'],
    ['an emoji', '%F0%9F%98%80', '😀'],
    ['brackets and quotes', '%5B%22%5D', '["]'],
    ['dots that are no segment', '...', '...'],
    ['dots within a name', 'a..b%2F.c%2Fd.', 'a..b/.c/d.'],
    ['256 bytes', 'x'.repeat(256), 'x'.repeat(256)],
    ['a name of the language', '__proto__', '__proto__'],
  ])('keeps its bytes: %s', (_, raw, text) => {
    expect(profileOf(raw)).toBe(text);
  });

  test.each([
    ['empty', ''],
    ['257 bytes', 'x'.repeat(257)],
    ['257 bytes in fewer characters', `${'%C3%BC'.repeat(128)}x`],
    ['one dot', '.'],
    ['two dots', '..'],
    ['encoded dots', '%2e%2E'],
    ['dots between encoded slashes', '..%2f..%2fadmin'],
    ['dots after a slash', 'a%2F..'],
    ['dots before a backslash', '..%5Ca'],
    ['NUL', 'a%00'],
    ['CR LF', 'a%0d%0a'],
    ['DEL', '%7F'],
    ['a C1 control', '%C2%85'],
    ['a lone %', '%'],
    ['a broken %', '%zz'],
    ['a cut %', 'a%2'],
    ['bytes that are no UTF-8', '%ff%fe'],
    ['a surrogate', '%ED%A0%80'],
    ['an overlong slash', '%C0%AF'],
    ['beyond Unicode', '%F4%90%80%80'],
    ['a bare byte above 0x7E', 'ü'],
    ['a bare blank', 'a b'],
    ['a bare slash', 'a/b'],
    ['a fragment', 'a#b'],
  ])('is refused: %s', (_, raw) => {
    expect(problemsOf(() => profileOf(raw))).toEqual([expect.stringMatching(/^profile id: must/)]);
  });

  test('is refused when the text given is not well-formed', () => {
    expect(profileIdProblem('a\ud800')).toMatch(/^must be well-formed/);
  });

  test('comes back as it was from any encoding of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (id) => {
        fc.pre(!/\p{Cc}/u.test(id) && !/(^|[/\\])\.{1,2}($|[/\\])/.test(id));
        expect(profileOf(encodeURIComponent(id))).toBe(id);
        const everyByte = [...Buffer.from(id)]
          .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
          .join('');
        expect(profileOf(everyByte)).toBe(id);
      }),
    );
  });
});
