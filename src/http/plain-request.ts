import type { IncomingMessage } from 'node:http';
import { bearerOf } from '../access/credentials.ts';
import { isEnded, MAX_HEADERS } from './request-shape.ts';

/** A request for a page that says nothing which only the long way understands. */
export interface PlainRequest {
  readonly credential: string;
  readonly isApiKey: boolean;
  readonly ifNoneMatch: string | undefined;
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** Headers that are read, each of which may come once. */
type Read =
  | 'host'
  | 'authorization'
  | 'x-api-key'
  | 'amperity-tenant'
  | 'x-amperity-tenant'
  | 'api-version'
  | 'if-none-match'
  | 'x-request-id'
  | 'traceparent'
  | 'accept-encoding';

/**
 * What becomes of a header. Those that are not listed send the request the long way: whoever teaches that one to heed
 * another header need not think of this one.
 */
const HEADERS = new Map<string, Read | 'unheeded'>([
  ['host', 'host'],
  ['authorization', 'authorization'],
  ['x-api-key', 'x-api-key'],
  ['amperity-tenant', 'amperity-tenant'],
  ['x-amperity-tenant', 'x-amperity-tenant'],
  ['api-version', 'api-version'],
  ['if-none-match', 'if-none-match'],
  ['x-request-id', 'x-request-id'],
  ['traceparent', 'traceparent'],
  ['accept-encoding', 'accept-encoding'],
  // Only problems are sent in the form that `accept` asks for, and only strangers are told apart by where they are.
  ...[
    'accept',
    'accept-charset',
    'accept-language',
    'connection',
    'cookie',
    'dnt',
    'forwarded',
    'pragma',
    'prefer',
    'priority',
    'referer',
    'tracestate',
    'user-agent',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-port',
    'x-forwarded-proto',
    'x-real-ip',
  ].map((name) => [name, 'unheeded'] as const),
]);

/** As clients and proxies spell them most, which saves making them lower case. */
for (const [name, use] of [...HEADERS]) {
  HEADERS.set(
    name.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase()),
    use,
  );
}

/** @param amperity what callers may send of these, as the long way has it */
export function plainRequest(
  req: IncomingMessage,
  amperity: { readonly tenant: string; readonly apiVersion: string },
): PlainRequest | undefined {
  const { method, rawHeaders, httpVersionMajor, httpVersionMinor, socket } = req;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (httpVersionMajor !== 1 || httpVersionMinor !== 1) return undefined;
  if (rawHeaders.length > 2 * MAX_HEADERS || isEnded(socket)) return undefined;
  const said: { [name in Read]?: string } = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const use = HEADERS.get(name) ?? HEADERS.get(name.toLowerCase());
    if (use === 'unheeded') continue;
    if (use === undefined || said[use] !== undefined) return undefined;
    said[use] = rawHeaders[at + 1] as string;
  }
  const { tenant, apiVersion } = amperity;
  if ((said['amperity-tenant'] ?? tenant) !== tenant) return undefined;
  if ((said['x-amperity-tenant'] ?? tenant) !== tenant) return undefined;
  if ((said['api-version'] ?? apiVersion) !== apiVersion) return undefined;
  const { authorization, host } = said;
  const apiKey = said['x-api-key'];
  if (host === undefined || (apiKey === undefined) === (authorization === undefined)) return undefined;
  const credential = apiKey ?? bearerOf(authorization ?? '');
  if (credential === undefined) return undefined;
  return {
    credential,
    isApiKey: apiKey !== undefined,
    ifNoneMatch: said['if-none-match'],
    requestId: said['x-request-id'],
    traceparent: said.traceparent,
    acceptEncoding: said['accept-encoding'],
  };
}
