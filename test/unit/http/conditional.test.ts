import { describe, expect, test } from '@jest/globals';
import { notModified } from '../../../src/http/conditional.ts';

const ETAG = 'W/"abc"';

describe('a caller who holds the page already is told so', () => {
  test.each([
    ['W/"abc"'],
    ['"abc"'],
    ['  W/"abc"  '],
    ['"x", W/"abc"'],
    ['W/"abc","y"'],
    ['"x" , "abc" , W/"y"'],
    ['*'],
    [' * '],
  ])('If-None-Match: %s', (header) => {
    expect(notModified(header, ETAG)).toBe(true);
  });

  test('whichever of the two validators is the strong one', () => {
    expect(notModified('W/"abc"', '"abc"')).toBe(true);
  });
});

describe('a caller who does not is sent the page', () => {
  test.each([
    [undefined],
    [''],
    ['"other"'],
    ['abc'],
    ['"ab"'],
    ['"abcd"'],
    ['w/"abc"'],
    ['"ABC"'],
    ['W/W/"abc"'],
    ['**'],
    ['"*"'],
    [','],
  ])('If-None-Match: %p', (header) => {
    expect(notModified(header, ETAG)).toBe(false);
  });

  test('when there is nothing to compare with', () => {
    for (const header of ['*', '""', '', '"abc"']) expect(notModified(header, '')).toBe(false);
  });
});
