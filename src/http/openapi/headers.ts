import type { EXPOSED_HEADERS } from '../response-headers.ts';

export type HeaderName =
  | (typeof EXPOSED_HEADERS)[number]
  | 'Cache-Control'
  | 'Content-Encoding'
  | 'Vary'
  | 'X-Accel-Buffering'
  | 'WWW-Authenticate';

const text = (description: string, required = false, pattern?: RegExp) => ({
  description,
  required,
  schema: { type: 'string', ...(pattern && { pattern: pattern.source }) },
});

/** `required`: whatever answer has the header at all has it always. */
export const HEADERS: Readonly<Record<HeaderName, object>> = {
  'X-Request-Id': text('Under which the request stands in the log.', true, /^[A-Za-z0-9._-]{8,64}$/),
  'Cache-Control': text('Personal data is not to be stored, or by the browser alone.', true),
  'Content-Encoding': text('How the body is compressed.', false, /^(br|gzip)$/),
  Vary: text('What makes another answer.'),
  'Cache-Status': text('Where the answer came from (RFC 9211).', false, /^amperity-gateway; (hit|fwd=)/),
  Age: text('Seconds since Amperity gave it.', false, /^\d+$/),
  ETag: text('Validator for `If-None-Match`.', true, /^(W\/)?".+"$/),
  RateLimit: text('Permits that the team could have now.', false, /^"team";r=\d+;t=\d+$/),
  'RateLimit-Policy': text(
    'Permits of the team and of all in each window.',
    false,
    /^"team";q=\d+;w=\d+, "upstream"/,
  ),
  'X-Budget-Wait-Ms': text('How long the answer waited for the budget.', false, /^\d+$/),
  'Retry-After': text('Seconds after which it is worth asking again.', false, /^[1-9]\d*$/),
  Link: text('The first page, where a cursor has expired (RFC 8288).', false, /^<.+>; rel="first"$/),
  'Content-Disposition': text('Name for the file.', true, /^attachment; filename="/),
  'X-Accel-Buffering': text('Keeps proxies from collecting events.', true, /^no$/),
  'WWW-Authenticate': text('What kind of credential is expected.', true, /^Bearer realm="/),
};

export const headerRefs = (names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
