import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { readErrorBody } from '../../../src/upstream/error-body.ts';

const request: PageRequest = {
  route: 'profiles',
  index: 'idx-1',
  filters: [['email', 'Jane@Example.com']],
  withTotal: false,
};
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJnYXRlIn0.c2ln/bmF0+dXJl==';
const read = (body: unknown, of: PageRequest = request, token = TOKEN) =>
  readErrorBody(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), of, token);

test('message and request id of Amperity are told', () => {
  expect(read({ status: 404, message: 'No such entity.', request_id: 'req-1', trace_id: 't' })).toEqual({
    message: 'No such entity.',
    upstreamRequestId: 'req-1',
  });
});

describe('a message is not told when it holds', () => {
  test.each<[string, string, PageRequest]>([
    ['a filter value', 'No email Jane@Example.com here', request],
    ['a filter value in other letters', 'No email JANE@EXAMPLE.COM here', request],
    ['a filter value as a URL has it', 'GET /profiles?filter[email]=Jane%40Example.com', request],
    ['a filter value in quotes', 'no "O\\"Neil, Zoë"', { ...request, filters: [['name', 'O"Neil, Zoë']] }],
    ['a filter value with a plus', 'q=anna+lena', { ...request, filters: [['name', 'Anna Lena']] }],
    ['the profile id', 'Profile amp-77 is unknown', { ...request, route: 'profile', profile: 'AMP-77' }],
    ['the cursor', 'Bad token ABCd1f.', { ...request, nextToken: 'ABCd1f' }],
    ['an extra value', 'tier gold?', { ...request, extras: [['tier', 'gold']] }],
    ['a line break', 'first\nsecond', request],
    ['an escape sequence', 'red \u001b[31m', request],
    ['a byte that is no text', 'zero\u0000', request],
    ['a mark that turns the text around', 'txt\u202egpj', request],
    ['too much', 'x'.repeat(301), request],
    ['the token', `Cannot read Authorization: Bearer ${TOKEN}`, request],
    ['the token as a URL has it', `token=${encodeURIComponent(TOKEN)}`, request],
    ['the beginning of the token', `Bearer ${TOKEN.slice(0, 12)}…`, request],
    ['a filter value cut short', 'No jane@example.c…', request],
    ['a part of the token', `signature ${TOKEN.slice(-18, -2)}`, request],
  ])('%s', (_what, message, of) => {
    expect(read({ message, request_id: 'req-1' }, of)).toEqual({ upstreamRequestId: 'req-1' });
  });

  test('more than 300 characters, and 300 are told', () => {
    expect(read({ message: 'x'.repeat(300) })).toEqual({ message: 'x'.repeat(300) });
  });
});

describe('a request id is not told when it is', () => {
  test.each([
    ['a number', 5],
    ['empty', ''],
    ['too long', 'x'.repeat(65)],
    ['no plain name', 'a b\r\nc'],
    ['the token', TOKEN.slice(0, 43)],
    ['a part of the token', `req-${TOKEN.slice(4, 16)}`],
    ['a filter value', 'jane-example.com'],
  ])('%s', (_what, id) => {
    expect(read({ request_id: id, message: 'Bad.' })).toEqual({ message: 'Bad.' });
  });

  test('and is told with a short value in it, which it has by chance', () => {
    const of: PageRequest = { ...request, filters: [['state', 'CA']] };
    expect(read({ request_id: 'req-ca17' }, of)).toEqual({ upstreamRequestId: 'req-ca17' });
  });
});

test('a token with percent signs is hidden as it is', () => {
  const token = 'ab%20cd%41ef%42gh%43ij';
  expect(read({ message: `Bearer ${token.slice(0, 18)}` }, request, token)).toEqual({});
});

test.each(['sim-token', 'k'])('a short token is hidden as well: %s', (token) => {
  expect(read({ message: `No ${token}!`, request_id: token }, request, token)).toEqual({});
});

test.each([
  ['nothing', ''],
  ['HTML', '<html>no</html>'],
  ['no object', '"message"'],
  ['null', 'null'],
  ['an array', '["message"]'],
  ['other types', { message: { text: 'x' }, request_id: ['y'] }],
  ['too many bytes', { message: 'Bad.', padding: 'x'.repeat(65_536) }],
])('a body of %s tells nothing', (_what, body) => {
  expect(read(body)).toEqual({});
});

test('a body that is not UTF-8 tells nothing', () => {
  expect(readErrorBody(Buffer.from('{"message":"\u00ff"}', 'latin1'), request, TOKEN)).toEqual({});
});

test('no value of a request ever comes out, wherever in the message it stands', () => {
  const text = fc.string({ minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(text, text, text, (before, value, after) => {
      const of: PageRequest = { ...request, filters: [['a', value]], profile: after };
      const { message = '' } = read({ message: before + value.toUpperCase() + after }, of);
      expect(message.toLowerCase().includes(value.toLowerCase()) && message !== '').toBe(false);
    }),
  );
});
