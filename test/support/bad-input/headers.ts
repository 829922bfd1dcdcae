import fc from 'fast-check';
import type { Header, Verdict } from './attempt.ts';
import { CANARY } from './canary.ts';

export interface Extra {
  readonly headers: readonly Header[];
  readonly verdict: Verdict;
}

const extra =
  (verdict: Verdict) =>
  (name: string) =>
  (value: string): Extra => ({ headers: [[name, value]], verdict });
const fine = extra('fine');
const refuse = extra('refuse');
const any = extra('any');

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

/** Well-formed ones, which change how a question is answered but not whether it may be. */
const goodHeader = fc.oneof(
  fc
    .constantFrom('application/json', '*/*', 'text/html;q=0.9, */*;q=0.1', 'application/problem+json')
    .map(fine('Accept')),
  fc.constantFrom('gzip', 'gzip, br', 'identity;q=0', '*').map(fine('Accept-Encoding')),
  fc.constantFrom('wait=5', 'wait=30', 'respond-async, wait=20', 'wait="10"').map(fine('Prefer')),
  fc.constantFrom('no-cache', 'max-age=0', 'no-store', 'max-stale', 'min-fresh=5').map(fine('Cache-Control')),
  fc.constantFrom('request-0001', 'a.b_c-d.e', 'A'.repeat(64)).map(fine('X-Request-Id')),
  fc.constant(TRACE).map(fine('traceparent')),
  fc.constant('acme').map(fine('amperity-tenant')),
  fc.constant('2025-07-31').map(fine('api-version')),
  fc.constant('close').map(fine('Connection')),
  fc.constant(`Mozilla/5.0 ${CANARY}`).map(fine('User-Agent')),
  fc.constant(`https://example/${CANARY}`).map(fine('Referer')),
);

/** Garbage in what is read. RFC 9110 lets most of it be ignored. */
const oddHeader = fc.oneof(
  fc
    .constantFrom(CANARY, '', ',,,', '*/*;q=\u00ff', 'application/json;q=2', 'a/b,'.repeat(1000))
    .map(any('Accept')),
  fc.constantFrom(CANARY, 'gzip;q=-1', 'gzip,'.repeat(1000), 'compress').map(any('Accept-Encoding')),
  fc
    .constantFrom(
      'wait=0',
      'wait=-1',
      'wait=99999999999',
      'wait=1e9',
      `wait=${CANARY}`,
      `wait="1";${CANARY}`,
      'wait',
      ',=,=,',
      '=',
      'wait=5, wait=0',
      ' '.repeat(3000),
    )
    .map(any('Prefer')),
  fc
    .constantFrom(
      'only-if-cached',
      `max-age=${CANARY}`,
      'max-age="',
      'max-stale=99999999999999999999999',
      'min-fresh=-1',
      'no-cache="x',
      ',,=,',
      '=',
      `__proto__=${CANARY}`,
      'no-cache,'.repeat(800),
    )
    .map(any('Cache-Control')),
  fc
    .constantFrom(
      '*',
      `W/"${CANARY}"`,
      `"${CANARY}", W/"x"`,
      '""',
      '"',
      ',',
      'W/',
      '"a",'.repeat(2000),
      '\u00ff',
    )
    .map(any('If-None-Match')),
  fc.constantFrom('*', `"${CANARY}"`).map(any('If-Match')),
  fc.constantFrom('Thu, 01 Jan 1970 00:00:00 GMT', CANARY).map(any('If-Modified-Since')),
  fc.constantFrom('bytes=0-1', 'bytes=-999999999999', CANARY).map(any('Range')),
  fc
    .constantFrom(
      `${CANARY}!`,
      'short',
      'x'.repeat(65),
      `${CANARY} ${CANARY}`,
      `${CANARY}\u00ff`,
      '',
      `{"${CANARY}":1}`,
    )
    .map(any('X-Request-Id')),
  fc
    .constantFrom(
      CANARY,
      `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
      `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      TRACE.toUpperCase(),
      `${TRACE}-${CANARY}`,
      '',
    )
    .map(any('traceparent')),
  fc.constantFrom(`a=${CANARY}`, CANARY).map(any('tracestate')),
  fc.constant(`user=${CANARY}`).map(any('baggage')),
  fc.constantFrom(CANARY, '100-continue').map(any('Expect')),
  fc.constantFrom('127.0.0.1', CANARY, `${'1.1.1.1, '.repeat(500)}`).map(any('X-Forwarded-For')),
  fc.constantFrom(CANARY, '/api/indexes/smuggled').map(any('X-Original-URL')),
  fc.constantFrom('/api/indexes/smuggled').map(any('X-Rewrite-URL')),
  fc.constantFrom('DELETE', 'POST', CANARY).map(any('X-HTTP-Method-Override')),
  fc.constantFrom(`https://${CANARY}.example`, 'null', '*').map(any('Origin')),
  fc.constantFrom('same-origin', 'cross-site', CANARY).map(any('Sec-Fetch-Site')),
  fc.constantFrom('X-API-Key', 'close, X-API-Key, Host', 'keep-alive', CANARY).map(any('Connection')),
  fc.constantFrom('application/json', CANARY, 'text/plain; charset=\u00ff').map(any('Content-Type')),
  fc.constantFrom('gzip', 'br', CANARY).map(any('Content-Encoding')),
  fc.constantFrom('trailers', 'gzip', CANARY).map(any('TE')),
  fc.constantFrom(CANARY, 'X-API-Key').map(any('Trailer')),
  fc.constantFrom(`a=${CANARY}`, 'x'.repeat(6000)).map(any('Cookie')),
  fc.constantFrom('x', '\u0080\u00ff', 'a\tb', `"${CANARY}`, 'x'.repeat(7000)).map(any('X-Odd')),
  fc
    .constantFrom('__proto__', 'constructor', 'toString', "!#$%&'*+-.^_`|~", 'content-length-x')
    .map((name) => any(name)(CANARY)),
  fc.constantFrom(100, 900).map(
    (count): Extra => ({
      headers: Array.from({ length: count }, (_, at): Header => [`x-${at}`, '1']),
      verdict: 'any',
    }),
  ),
);

/** What some server on the way may have read otherwise, and what names another API. */
const wrongHeader = fc.oneof(
  fc.constantFrom('b', CANARY, '').map(refuse('Host')),
  fc
    .constantFrom('acme2', 'ACME', CANARY, 'acme, acme', '', '__proto__', 'acme-sandbox')
    .map(refuse('amperity-tenant')),
  fc.constantFrom('acme2', CANARY).map(refuse('X-Amperity-Tenant')),
  fc.constantFrom('2024-01-01', CANARY, '').map(refuse('api-version')),
  fc.constantFrom('amperity-tenant', 'X-Amperity-Tenant', 'api-version').map((name): Extra => {
    const value = name === 'api-version' ? '2025-07-31' : 'acme';
    return {
      headers: [
        [name, value],
        [name.toUpperCase(), value],
      ],
      verdict: 'refuse',
    };
  }),
);

export const goodHeaders = fc.array(goodHeader, { maxLength: 2 });

export const oddHeaders = fc.array(
  fc.oneof(
    { arbitrary: oddHeader, weight: 6 },
    { arbitrary: wrongHeader, weight: 2 },
    { arbitrary: goodHeader, weight: 2 },
  ),
  { minLength: 1, maxLength: 5 },
);
