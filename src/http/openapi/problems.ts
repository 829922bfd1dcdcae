import { type ErrorCode, type ErrorInfo, GatewayError } from '../../shared/errors.ts';
import { PROBLEMS, problemOf } from '../problem.ts';
import { type HeaderName, headerRefs } from './headers.ts';

/** What is so of an operation, as far as it decides what can go wrong with it. */
export type Trait =
  | 'any'
  | 'public'
  /** Takes the credential of a caller, of an operator. */
  | 'caller'
  | 'operator'
  /** Its answer is Amperity's. */
  | 'page'
  | 'limit'
  | 'filter'
  /** Goes from page to page, and counts. */
  | 'cursor'
  | 'profiles'
  | 'body'
  | 'export'
  | 'purge'
  | 'revoke';

/** Where each problem occurs. A code without a row does not compile. */
const OCCURRENCE: Readonly<Record<ErrorCode, readonly Trait[]>> = {
  invalid_parameter: ['any'],
  upstream_rejected: ['page'],
  cursor_expired: ['cursor'],
  export_limit: ['export'],
  unauthenticated: ['caller', 'operator'],
  unknown_subject: ['caller', 'operator'],
  auth_throttled: ['caller', 'operator'],
  forbidden_index: ['page'],
  forbidden_attribute: ['filter'],
  forbidden_limit: ['limit'],
  forbidden_total: ['cursor'],
  forbidden_scope: ['export', 'operator'],
  forbidden_origin: ['caller', 'operator'],
  not_found: ['page', 'revoke'],
  // Of no operation: it says that there is none.
  method_not_allowed: [],
  team_budget: ['page'],
  shared_budget: ['page'],
  upstream_budget: ['page'],
  address_rate: ['caller'],
  profile_quota: ['profiles'],
  internal: ['any'],
  upstream_error: ['page'],
  upstream_auth: ['page'],
  // The issuer of a token may not be there to be asked.
  unavailable: ['page', 'caller', 'operator'],
  deadline_exceeded: ['page'],
  not_cached: ['page'],
  // Nobody is there to read it.
  client_closed: [],
};

const CODES = Object.keys(OCCURRENCE) as ErrorCode[];

/** Other statuses of `invalid_parameter` than its own. */
const OF_THE_EDGE: { readonly [trait in Trait]?: readonly number[] } = {
  any: [408, 431],
  public: [414],
  body: [413, 415],
};

const MEDIA_TYPES = ['application/problem+json', 'application/json'];

/** Beside those of each problem. */
const HEADERS_OF: { readonly [status: number]: readonly HeaderName[] } = {
  401: ['WWW-Authenticate'],
  410: ['Link'],
  429: ['Retry-After'],
  502: ['Retry-After'],
  503: ['Retry-After'],
  504: ['Retry-After'],
};

/** What an answer for a team says about where it came from, and about the budget. */
export const ORIGIN: readonly HeaderName[] = [
  'Cache-Status',
  'Age',
  'X-Budget-Wait-Ms',
  'RateLimit',
  'RateLimit-Policy',
];

/** By status, all the problems that an operation of these traits can end with. */
export function problemResponses(traits: readonly Trait[]): Record<string, object> {
  const of = new Map<number, ErrorCode[]>();
  const add = (status: number, code: ErrorCode) => of.set(status, [...(of.get(status) ?? []), code]);
  for (const trait of traits) {
    for (const status of OF_THE_EDGE[trait] ?? []) add(status, 'invalid_parameter');
  }
  for (const code of CODES) {
    if (OCCURRENCE[code].some((trait) => traits.includes(trait))) add(PROBLEMS[code].status, code);
  }
  const origin = traits.includes('page') ? ORIGIN : [];
  return Object.fromEntries([...of].map(([status, codes]) => [status, response(status, codes, origin)]));
}

function response(status: number, codes: readonly ErrorCode[], origin: readonly HeaderName[]): object {
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    properties: { status: { const: status }, code: { enum: codes } },
  };
  // An example has the status of its code.
  const examples = codes
    .filter((code) => PROBLEMS[code].status === status)
    .map((code) => [code, { $ref: `#/components/examples/${code}` }]);
  const content = { schema, ...(examples.length > 0 && { examples: Object.fromEntries(examples) }) };
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
    headers: headerRefs(['X-Request-Id', 'Cache-Control', 'Vary', ...(HEADERS_OF[status] ?? []), ...origin]),
    content: Object.fromEntries(MEDIA_TYPES.map((type) => [type, content])),
  };
}

const INFO: { readonly [code in ErrorCode]?: ErrorInfo } = {
  invalid_parameter: { errors: [{ name: 'limit', reason: 'must be a whole number from 1 to 9999' }] },
  team_budget: { retryAfterMs: 4000, violatedPolicies: ['team'] },
  shared_budget: { retryAfterMs: 4000, violatedPolicies: ['upstream'] },
  upstream_error: { retryAfterMs: 1000, upstreamRequestId: 'req-0001' },
};

/** One for each code, made as the gateway makes them. */
export function problemExamples(): Record<string, object> {
  const ids = {
    requestId: '2f0c51d2-6d0a-4b7e-9d35-0d4c8b1b7a11',
    traceId: '9d41c1f06f7e4c0f8a5b6c7d8e9fa0b1',
  };
  return Object.fromEntries(
    CODES.map((code) => {
      const { title } = PROBLEMS[code];
      const { body } = problemOf(new GatewayError(code, `${title}.`, INFO[code]), ids, {
        errorMediaType: 'application/problem+json',
      });
      return [code, { summary: title, value: JSON.parse(body.toString()) }];
    }),
  );
}
