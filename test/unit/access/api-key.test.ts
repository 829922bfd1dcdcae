import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createApiKey, digestApiKey, parseApiKey } from '../../../src/access/api-key.ts';
import { base62 } from '../../../src/access/base62.ts';

const FORMAT = /^agw_[a-z0-9]{1,12}_[A-Za-z0-9]{6,16}_[A-Za-z0-9]{43}_[A-Za-z0-9]{6}$/;

describe('an API key', () => {
  test('has the published format, an id of ten characters, and reads back to that id', () => {
    for (const label of ['live', 'demo', 'a', 'abcdefghij12']) {
      const made = createApiKey({ label });
      expect(made.key).toMatch(FORMAT);
      expect(made.key.split('_')[1]).toBe(label);
      expect(made.id).toMatch(/^[A-Za-z0-9]{10}$/);
      expect(made.key.split('_')[2]).toBe(made.id);
      expect(parseApiKey(made.key)).toEqual({ id: made.id });
    }
  });

  test('is stored as the SHA-256 of the whole key', () => {
    const made = createApiKey({ label: 'live' });
    const expected = createHash('sha256').update(made.key).digest('hex');
    expect(made.sha256).toBe(expected);
    expect(digestApiKey(made.key).toString('hex')).toBe(expected);
    expect(digestApiKey('')).toHaveLength(32);
  });

  test('is never made twice', () => {
    const made = Array.from({ length: 500 }, () => createApiKey({ label: 'live' }));
    expect(new Set(made.map((one) => one.id)).size).toBe(500);
    expect(new Set(made.map((one) => one.key.split('_')[3])).size).toBe(500);
  });

  test('is refused when any single character is changed', () => {
    const { key } = createApiKey({ label: 'live' });
    fc.assert(
      fc.property(
        fc.nat(key.length - 1),
        fc.constantFrom(...'0123456789ABCXYZabcxyz_-. '.split('')),
        (at, character) => {
          fc.pre(key[at] !== character);
          expect(parseApiKey(key.slice(0, at) + character + key.slice(at + 1))).toBeUndefined();
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('is refused when cut, lengthened, padded, or of another family', () => {
    const { key } = createApiKey({ label: 'live' });
    const wrong = ['', 'agw_', key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`, key.replace('agw', 'AGW')];
    for (const text of wrong) expect(parseApiKey(text)).toBeUndefined();
    expect(parseApiKey('eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln')).toBeUndefined();
  });

  test('is not made with a label outside the format', () => {
    for (const label of ['', 'Live', 'a_b', 'abcdefghij123']) {
      expect(() => createApiKey({ label })).toThrow(RangeError);
    }
  });
});

describe('base 62', () => {
  test('keeps its width and tells all 32-byte values apart', () => {
    expect(base62(0n, 6)).toBe('000000');
    expect(base62(61n, 1)).toBe('z');
    expect(base62(2n ** 32n - 1n, 6)).toBe('4gfFC3');
    expect(base62(2n ** 256n - 1n, 43)).toMatch(/^[A-Za-z0-9]{43}$/);
    expect(base62(2n ** 256n - 1n, 43)).not.toBe(base62(2n ** 256n - 2n, 43));
  });

  test('refuses a value that does not fit instead of cutting it', () => {
    expect(() => base62(62n, 1)).toThrow(RangeError);
  });
});
