import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
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
  /** Keyed fingerprint of the question. */
  fingerprint: string | undefined;
  cache: CacheLabel;
  waitedMs: number;
  /** How long it was expected to wait for the budget, if it was let in to. */
  expectedMs: number | undefined;
  profiles: number | undefined;
  code: string | undefined;
  /** The answer was ended early by the gateway, which its status cannot say any more. */
  isCut: boolean;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** W3C Trace Context §3.2.2, version 00; neither id may be all zeroes. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export function createContext(startedAt: number): RequestContext {
  return {
    requestId: randomUUID(),
    traceId: randomBytes(16).toString('hex'),
    startedAt,
    route: 'other',
    pattern: 'other',
    team: undefined,
    keyId: undefined,
    fingerprint: undefined,
    cache: 'none',
    waitedMs: 0,
    expectedMs: undefined,
    profiles: undefined,
    code: undefined,
    isCut: false,
  };
}

/** A caller we know may name its request and its trace; anybody else's names would only be noise in our log. */
export function adoptNames(context: RequestContext, req: IncomingMessage): void {
  const id = header(req, 'x-request-id');
  if (REQUEST_ID.test(id)) context.requestId = id;
  context.traceId = TRACEPARENT.exec(header(req, 'traceparent'))?.[1] ?? context.traceId;
}

export const contextOf = (res: Response): RequestContext => res.locals.context as RequestContext;

function header(req: IncomingMessage, name: string): string {
  const value = req.headers[name];
  return typeof value === 'string' ? value : '';
}
