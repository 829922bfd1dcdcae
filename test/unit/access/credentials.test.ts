import { describe, expect, test } from '@jest/globals';
import { readCredential } from '../../../src/access/credentials.ts';
import { problemsOf, refusalOf } from '../query/refusal.ts';

describe('a credential', () => {
  test.each([
    ['X-API-Key', ['X-API-Key', 'k1']],
    ['x-api-key', ['x-api-key', 'k1']],
    ['Authorization: Bearer', ['Authorization', 'Bearer k1']],
    ['authorization: bearer', ['authorization', 'bearer   k1']],
    ['both with the same value', ['X-API-Key', 'k1', 'Authorization', 'Bearer k1']],
    [
      'among others',
      ['Host', 'h', 'Cookie', 'key=k2', 'Proxy-Authorization', 'Bearer k3', 'X-API-Key', 'k1'],
    ],
  ])('is read from %s', (_, rawHeaders) => {
    expect(readCredential(rawHeaders)).toBe('k1');
  });

  test('is never read from a header value that looks like a name', () => {
    expect(refusalOf(() => readCredential(['X-Note', 'X-API-Key', 'X-More', 'k1'])).code).toBe(
      'unauthenticated',
    );
  });

  test.each([
    ['there are no headers', [], 'no_credential'],
    ['only a cookie holds one', ['Cookie', 'X-API-Key=k1'], 'no_credential'],
    ['the scheme is another', ['Authorization', 'Basic azE6'], 'malformed_authorization'],
    ['the scheme is missing', ['Authorization', 'k1'], 'malformed_authorization'],
    ['the bearer is empty', ['Authorization', 'Bearer '], 'malformed_authorization'],
    ['the bearer is two words', ['Authorization', 'Bearer k1 k1'], 'malformed_authorization'],
    ['the bearer holds a comma', ['Authorization', 'Bearer k1,k2'], 'malformed_authorization'],
  ])('is missing when %s', (_, rawHeaders, cause) => {
    const error = refusalOf(() => readCredential(rawHeaders));
    expect([error.code, error.info.cause]).toEqual(['unauthenticated', cause]);
  });

  test.each([
    ['Authorization', ['Authorization', 'Bearer k1', 'authorization', 'Bearer k1']],
    ['X-API-Key', ['X-API-Key', 'k1', 'x-api-KEY', 'k1']],
    ['Host', ['host', 'a', 'X-API-Key', 'k1', 'HOST', 'a']],
  ])('is not read beside a second %s, equal or not', (name, rawHeaders) => {
    expect(problemsOf(() => readCredential(rawHeaders))).toEqual([`${name}: must be given only once`]);
  });

  test.each([
    ['another key', 'Bearer k2'],
    ['a password', 'Basic azE6'],
    ['nothing', ''],
  ])('is refused, not chosen, when X-API-Key comes beside an Authorization of %s', (_, authorization) => {
    const error = refusalOf(() => readCredential(['X-API-Key', 'k1', 'Authorization', authorization]));
    expect(error.code).toBe('invalid_parameter');
    expect(`${error.message}${JSON.stringify(error.info)}`).not.toMatch(/k1|k2|azE6/);
  });
});
