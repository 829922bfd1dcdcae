import { randomUUID } from 'node:crypto';
import type { Response } from 'express';
import type { CacheLabel } from '../shared/metrics.ts';
import type { Route } from '../shared/page-request.ts';

/** What becomes known of a request on its way, for its answer's headers, its log line and the metrics. */
export interface RequestContext {
  requestId: string;
  traceId: string;
  readonly startedAt: number;
  route: Route | 'export' | 'other';
  /** Of the route, with names in place of what callers chose. */
  pattern: string;
  team: string | undefined;
  keyId: string | undefined;
  /** Shown to operators, never in a log line. */
  index: string | undefined;
  /** Keyed fingerprint of the question. */
  fingerprint: string | undefined;
  cache: CacheLabel;
  waitedMs: number;
  /** How long it was expected to wait for the budget, if it was let in to. */
  expectedMs: number | undefined;
  profiles: number | undefined;
  /** Of the body, where its headers cannot tell any more. */
  bytes: number | undefined;
  code: string | undefined;
  /** The answer was ended early by the gateway, which its status cannot say any more. */
  isCut: boolean;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** W3C Trace Context §3.2.2, version 00; neither id may be all zeroes. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function createContext(startedAt: number): RequestContext {
  const requestId = randomUUID();
  return {
    requestId,
    traceId: withoutDashes(requestId),
    startedAt,
    route: 'other',
    pattern: 'other',
    team: undefined,
    keyId: undefined,
    index: undefined,
    fingerprint: undefined,
    cache: 'none',
    waitedMs: 0,
    expectedMs: undefined,
    profiles: undefined,
    bytes: undefined,
    code: undefined,
    isCut: false,
  };
}

/** How callers name their requests: `X-Request-Id` and `traceparent`, as sent. */
export interface OwnNames {
  readonly requestId: string | string[] | undefined;
  readonly traceparent: string | string[] | undefined;
}

/** A caller we know may name its request and its trace; anybody else's names would only be noise in our log. */
export function adoptNames(context: RequestContext, { requestId, traceparent }: OwnNames): void {
  if (typeof requestId === 'string' && REQUEST_ID.test(requestId)) context.requestId = requestId;
  if (typeof traceparent !== 'string') return;
  context.traceId = TRACEPARENT.exec(traceparent)?.[1] ?? context.traceId;
}

export const contextOf = (res: Response): RequestContext => res.locals.context as RequestContext;

/** 16 bytes, of which the last seven are random (W3C Trace Context §3.2.2.3), as they are in a UUID. */
const withoutDashes = (uuid: string): string =>
  uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24);
