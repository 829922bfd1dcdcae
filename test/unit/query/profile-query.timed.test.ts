import { describe, expect, test } from '@jest/globals';
import { parsePageRequest } from '../../../src/query/profile-query.ts';
import { splitQuery } from '../../../src/query/query-string.ts';
import { refusalOf } from './refusal.ts';

const read = (rawQuery: string) =>
  parsePageRequest({ route: 'profiles', index: 'idx-loyalty', parameters: splitQuery(rawQuery) });

describe('the time it takes to read a query', () => {
  const size = 2_000_000;
  test.each([
    ['&', '&'.repeat(size)],
    ['=', '='.repeat(size)],
    ['[', `filter${'['.repeat(size)}`],
    ['%', '%'.repeat(size)],
    ['%41', '%41'.repeat(size / 3)],
    ['+', `next_token=${'+'.repeat(size)}`],
    ['a long token', `next_token=${'a'.repeat(size)}`],
    ['a long number', `limit=${'1'.repeat(size)}`],
    ['a long value', `filter[a]=${'%C3%BC'.repeat(size / 6)}`],
  ])('stays linear for two million of %s', (_, rawQuery) => {
    const begin = performance.now();
    expect(refusalOf(() => read(rawQuery)).code).toBe('invalid_parameter');
    // Quadratic work would take minutes; a second leaves room for a slow machine.
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});
