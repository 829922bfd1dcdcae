import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  asFailure,
  EdgeError,
  PROBLEMS,
  type ProblemSettings,
  problemOf,
} from '../../../src/http/problem.ts';
import { type ErrorCode, type ErrorInfo, GatewayError } from '../../../src/shared/errors.ts';

const IDS = { requestId: 'req-1', traceId: 'trace-1' };
const PAGE = readFileSync(new URL('../../../docs/problems.md', import.meta.url), 'utf8');
const SETTINGS: ProblemSettings = { errorMediaType: 'application/problem+json' };

function problem(failure: GatewayError, settings = SETTINGS) {
  const { body, ...rest } = problemOf(failure, IDS, settings);
  return { ...rest, body: JSON.parse(body.toString()) };
}
const withInfo = (info: ErrorInfo) => problem(new GatewayError('unavailable', 'Not now.', info));

test('a problem has the members of RFC 9457 and those of Amperity’s own errors, and no others', () => {
  expect(problem(new GatewayError('not_found', 'There is no such index.')).body).toEqual({
    type: 'about:blank',
    title: 'Not found',
    status: 404,
    detail: 'There is no such index.',
    message: 'There is no such index.',
    request_id: 'req-1',
    trace_id: 'trace-1',
    code: 'not_found',
  });
});

test('what is known besides stands in members of its own', () => {
  const errors = [{ name: 'limit', reason: 'must be a whole number' }];
  const info: ErrorInfo = {
    errors,
    retryAfterMs: 1500,
    upstreamRequestId: 'up-1',
    violatedPolicies: ['team'],
    cause: new Error('jane@example.com'),
  };
  const { body } = problem(new GatewayError('team_budget', 'Too many.', info));
  expect(body).toMatchObject({
    errors,
    retry_after: 2,
    upstream_request_id: 'up-1',
    'violated-policies': ['team'],
  });
  expect(JSON.stringify(body)).not.toContain('jane');
});

test.each<[ErrorCode, number]>([
  ['invalid_parameter', 400],
  ['upstream_rejected', 400],
  ['unauthenticated', 401],
  ['forbidden_index', 403],
  ['forbidden_attribute', 403],
  ['forbidden_limit', 403],
  ['forbidden_total', 403],
  ['not_found', 404],
  ['method_not_allowed', 405],
  ['team_budget', 429],
  ['shared_budget', 429],
  ['upstream_budget', 429],
  ['client_closed', 499],
  ['internal', 500],
  ['upstream_error', 502],
  ['upstream_auth', 502],
  ['unavailable', 503],
  ['deadline_exceeded', 504],
  ['not_cached', 504],
])('%s is answered with status %d', (code, status) => {
  const made = problem(new GatewayError(code, 'What happened.'));
  expect([made.status, made.body.status, made.body.code]).toEqual([status, status, code]);
});

describe('Retry-After', () => {
  test.each([
    [0, 1],
    [1, 1],
    [999, 1],
    [1000, 1],
    [1001, 2],
    [59_000.5, 60],
  ])('for %d ms is %d s: never too short and never nothing', (ms, seconds) => {
    const { retryAfterS, body } = withInfo({ retryAfterMs: ms });
    expect([retryAfterS, body.retry_after]).toEqual([seconds, seconds]);
  });

  test('is absent when there is nothing to wait for', () => {
    const { retryAfterS, body } = withInfo({});
    expect([retryAfterS, 'retry_after' in body]).toEqual([undefined, false]);
  });
});

test('the type leads to the documentation where there is one', () => {
  const settings = { ...SETTINGS, problemDocsUrl: 'https://docs.example.com/problems' };
  expect(problem(new GatewayError('team_budget', 'Too many.'), settings).body.type).toBe(
    'https://docs.example.com/problems/team-budget',
  );
});

test.each(Object.keys(PROBLEMS) as ErrorCode[])(
  'docs/problems.md is where the type of %s can lead',
  (code) => {
    const settings = { ...SETTINGS, problemDocsUrl: 'https://docs.example.com/problems.md#' };
    const made = problem(new GatewayError(code, 'What happened.'), settings);
    const anchor = /^https:\/\/docs\.example\.com\/problems\.md#([a-z-]+)$/.exec(made.body.type)?.[1];
    const row = PAGE.split('\n').find((line) => line.startsWith(`| <a id="${anchor}"></a>\`${code}\` |`));
    expect(row?.split('|')[2]?.trim().split(', ')).toContain(String(made.status));
  },
);

test('the edge may choose a status of its own for a code', () => {
  expect(problem(new EdgeError(414, 'invalid_parameter', 'Too long.'))).toMatchObject({
    status: 414,
    body: { status: 414, code: 'invalid_parameter' },
  });
});

describe('an error that was not foreseen', () => {
  test.each([[new TypeError('jane@example.com')], ['jane@example.com'], [undefined]])(
    'tells callers nothing of itself: %p',
    (error) => {
      const failure = asFailure(error);
      const { status, body } = problem(failure);
      expect([status, body.code]).toEqual([500, 'internal']);
      expect(JSON.stringify(body)).not.toContain('jane');
      expect(failure.info.cause).toBe(error);
    },
  );

  test('is told apart from one that was', () => {
    const foreseen = new GatewayError('not_found', 'Gone.');
    expect(asFailure(foreseen)).toBe(foreseen);
  });
});
