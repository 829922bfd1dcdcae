import type { ALLOWED_HEADERS } from '../response-headers.ts';
import { VALUES } from './values.ts';

/** Those that OpenAPI describes elsewhere: as security schemes, and as media type of a body. */
type Elsewhere = 'Authorization' | 'X-API-Key' | 'Content-Type';
type HeaderName = Exclude<(typeof ALLOWED_HEADERS)[number], Elsewhere>;

const header = (name: HeaderName, description: string, schema: object = { type: 'string' }) => ({
  name,
  in: 'header',
  description,
  schema,
});

const HEADERS: Readonly<Record<HeaderName, object>> = {
  'amperity-tenant': header(
    'amperity-tenant',
    'May be left out; another tenant than that of the gateway is refused.',
  ),
  'api-version': header(
    'api-version',
    'May be left out; another version than that of the gateway is refused.',
  ),
  Prefer: header(
    'Prefer',
    '`wait=<seconds>`: the longest wait for the budget (RFC 7240); it can only be shortened.',
  ),
  'Cache-Control': header(
    'Cache-Control',
    '`only-if-cached`, `max-stale`; with the right `bypassCache` also `no-cache`, `max-age`, `min-fresh` (RFC 9111).',
  ),
  'If-None-Match': header('If-None-Match', '`ETag` of a copy: 304 where it is still the same.'),
  'X-Request-Id': header(
    'X-Request-Id',
    'Name of the request in the log, 8 to 64 of A-Z, a-z, 0-9, `.`, `_`, `-`.',
  ),
  traceparent: header('traceparent', 'W3C Trace Context, version 00.'),
};

const query = (name: 'limit' | 'next_token' | 'with_total') => ({ name, in: 'query', schema: VALUES[name] });

/** For `components`; operations refer to them by name. */
export const PARAMETERS = {
  ...HEADERS,
  index: { name: 'index', in: 'path', required: true, schema: VALUES.index, example: 'idx-loyalty' },
  profile: { name: 'profile', in: 'path', required: true, schema: VALUES.profile, example: 'm-00001' },
  limit: query('limit'),
  next_token: query('next_token'),
  with_total: query('with_total'),
  filter: {
    name: 'filter',
    in: 'query',
    style: 'deepObject',
    explode: true,
    description: '`filter[<attribute>]=<value>`, once for each attribute.',
    schema: VALUES.filter,
  },
};

export type ParameterName = keyof typeof PARAMETERS | HeaderName;

export const parameterRefs = (names: readonly ParameterName[]) =>
  names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
