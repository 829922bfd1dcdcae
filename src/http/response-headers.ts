import type { ServerResponse } from 'node:http';
import type { Answer, Delivery } from '../serve/answer.ts';

/** Our name in Cache-Status (RFC 9211 §2). */
const CACHE_NAME = 'amperity-gateway';

/** Answers differ by who asks and by what form of them is asked for (RFC 9110 §12.5.5). */
export const VARY = 'Authorization, X-API-Key, Accept, Accept-Encoding, Origin';

/** What the answers of a list, shown to pages of other origins, may be read from (Fetch §3.3.2). */
export const EXPOSED_HEADERS = [
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Cache-Status',
  'Age',
  'Content-Disposition',
  'ETag',
  'Link',
  'X-Request-Id',
  'X-Budget-Wait-Ms',
] as const;

/** What such pages may send (Fetch §3.3.3). */
export const ALLOWED_HEADERS = [
  'Authorization',
  'X-API-Key',
  'amperity-tenant',
  'api-version',
  'Content-Type',
  'Prefer',
  'Cache-Control',
  'If-None-Match',
  'X-Request-Id',
  'traceparent',
] as const;

/** Names and values in turn, as `writeHead` takes them; each name once. */
export type HeaderList = readonly string[];

export function setHeaders(res: ServerResponse, headers: HeaderList): void {
  // Not `res.set`, which would add a charset parameter that Amperity does not send (RFC 8259 §11 defines none).
  for (let at = 0; at < headers.length; at += 2) res.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
}

export interface AnswerHeaderRights {
  readonly browserCache: boolean;
  /** Whether to tell where the answer came from, and so whether somebody has asked before. */
  readonly revealCache: boolean;
}

/** @param now epoch ms */
export function answerHeaders(
  { delivery, page, waitedMs }: Answer,
  now: number,
  { browserCache, revealCache }: AnswerHeaderRights,
): string[] {
  // Personal data: no store by default, and never one that is shared (RFC 9111 §5.2.2.5, §5.2.2.7).
  const headers = ['Cache-Control', browserCache ? 'private, no-cache' : 'no-store', 'Vary', VARY];
  if (!revealCache) return headers;
  const status = cacheStatus(delivery, Math.floor((page.freshUntil - now) / 1000));
  headers.push('Cache-Status', status, 'X-Budget-Wait-Ms', String(Math.round(waitedMs)));
  if (delivery.cache === 'hit' || delivery.cache === 'stale') {
    const ageS = Math.max(0, Math.floor((now - (page.madeAt ?? page.storedAt)) / 1000));
    headers.push('Age', String(ageS));
  }
  return headers;
}

/** RFC 9211 §2.1 to §2.8. Never `key`: it would tell what others have asked. */
function cacheStatus(delivery: Delivery, ttlS: number): string {
  switch (delivery.cache) {
    case 'hit':
      return `${CACHE_NAME}; hit; ttl=${ttlS}`;
    case 'stale':
      return `${CACHE_NAME}; hit; ttl=${ttlS}; detail=${delivery.reason}`;
    case 'miss':
      return `${CACHE_NAME}; fwd=${delivery.expired ? 'stale' : 'uri-miss'}${delivery.stored ? '; stored' : ''}`;
    case 'bypass':
      return `${CACHE_NAME}; fwd=bypass`;
    case 'shared':
      return `${CACHE_NAME}; fwd=${delivery.expired ? 'stale' : 'uri-miss'}; collapsed`;
  }
}
