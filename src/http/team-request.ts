import type { Request, Response } from 'express';
import type { Authenticate, Identity } from '../access/authenticate.ts';
import { authorize } from '../access/authorize.ts';
import type { Team } from '../access/team.ts';
import { BODY_FORM, readBody } from '../query/body.ts';
import { invalidParameter } from '../query/invalid-parameter.ts';
import type { Parameter } from '../query/parameter.ts';
import { decodePathSegment } from '../query/path-segment.ts';
import { parsePageRequest } from '../query/profile-query.ts';
import { splitQuery } from '../query/query-string.ts';
import type { Directives } from '../serve/acceptance.ts';
import type { Ask } from '../serve/answer.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PageRequest, Route } from '../shared/page-request.ts';
import { cacheDirectives } from './cache-directives.ts';
import { clientAddress } from './client-address.ts';
import { preferredWaitMs } from './prefer.ts';
import { readJsonBody } from './request-body.ts';
import { adoptNames, contextOf } from './request-context.ts';
import { rawQueryOf } from './request-shape.ts';

export interface TeamRequestParts {
  readonly authenticate: Authenticate;
  /** Name of a question in the log, from which the question cannot be told. */
  readonly fingerprint: (request: PageRequest) => string;
  readonly amperity: { readonly tenant: string; readonly apiVersion: string };
  readonly queue: { readonly perTeam: number; readonly maxWaitMs: number };
  readonly extraQueryParams: readonly string[];
  /** Where cursors are signed: gives Amperity's own back, or throws `invalid_parameter`. */
  readonly verifyCursor?: (request: PageRequest) => PageRequest;
}

/** A path of ours: what it asks of Amperity, and where the parameters stand. */
export interface Resource {
  readonly route: Route;
  /** With names in place of what callers chose. */
  readonly pattern: string;
  readonly asksBy: 'query' | 'body';
}

/** Who asks what, before it is known whether it may. */
export interface TeamRequest {
  readonly identity: Identity;
  readonly asked: PageRequest;
  /** Aborted when the caller goes before its answer is complete. */
  readonly gone: AbortSignal;
}

/** Lets the caller in, or not; what is known of it stands in the context from then on. */
export async function readIdentity(
  req: Request,
  res: Response,
  authenticate: Authenticate,
  listener: 'public' | 'admin',
): Promise<Identity> {
  const context = contextOf(res);
  const { rawHeaders } = req;
  const identity = await authenticate.authenticate({ rawHeaders, address: clientAddress(req), listener });
  context.team = identity.team.name;
  context.keyId = identity.keyId;
  adoptNames(context, {
    requestId: req.headers['x-request-id'],
    traceparent: req.headers.traceparent,
  });
  res.set('X-Request-Id', context.requestId);
  return identity;
}

/** Authenticates the caller, then reads the question. */
export async function readTeamRequest(
  { route, pattern, asksBy }: Resource,
  req: Request,
  res: Response,
  parts: TeamRequestParts,
): Promise<TeamRequest> {
  const context = contextOf(res);
  context.route = route;
  context.pattern = pattern;
  const gone = hangUp(res);
  const identity = await readIdentity(req, res, parts.authenticate, 'public');
  checkUpstreamHeaders(req, parts.amperity);
  const asked = parsePageRequest({
    route,
    parameters: asksBy === 'query' ? splitQuery(rawQueryOf(req)) : await bodyOf(req, res),
    ...pathIds(req),
    extraQueryParams: parts.extraQueryParams,
  });
  // Whoever has gone while the keys of an issuer or a body were waited for is told to nobody any more.
  if (gone.aborted) throw new GatewayError('client_closed', 'The caller has gone.');
  return { identity, asked: parts.verifyCursor?.(asked) ?? asked, gone };
}

/** The question as this team may ask it, or the refusal of the right that is missing. */
export function askOf(
  { identity, asked, gone }: TeamRequest,
  req: Request,
  res: Response,
  { authenticate, fingerprint, queue }: TeamRequestParts,
): Ask {
  const { team } = identity;
  const request = authorize(team, asked);
  const context = contextOf(res);
  context.index = request.index;
  context.fingerprint = fingerprint(request);
  const longestMs = team.maxWaitMs ?? queue.maxWaitMs;
  return {
    request,
    team: inQueue(team, queue),
    // Rights may change, and end, while it waits.
    view: () => authenticate.renew(identity).team.view(request.index),
    // A caller may be in more of a hurry than its team, never in less.
    maxWaitMs: Math.min(preferredWaitMs(req.headers.prefer) ?? longestMs, longestMs),
    signal: gone,
    directives: directivesOf(req, team),
    mayRefuseFresh: team.bypassCache,
  };
}

/** The team as the queue knows it. */
export const inQueue = (
  { name, weight, maxQueuedFlights }: Team,
  queue: TeamRequestParts['queue'],
): Ask['team'] => ({ name, weight, maxFlights: maxQueuedFlights ?? queue.perTeam });

/** Where the cache is not to be revealed, nobody may ask it alone. */
function directivesOf(req: Request, { revealCache }: Team): Directives {
  const directives = cacheDirectives(req.headers['cache-control']);
  return revealCache ? directives : { ...directives, onlyIfCached: false };
}

/** Of a question in two places one would have to win, and a filter that lost would be dropped. */
async function bodyOf(req: Request, res: Response): Promise<Parameter[]> {
  if (rawQueryOf(req) !== '') {
    throw invalidParameter([
      { name: 'query string', reason: 'must be left out where the question is in the body' },
    ]);
  }
  return readBody(await readJsonBody(req, res, BODY_FORM));
}

/**
 * From the path as it was sent, `/…/indexes/{index}/…/{profile}`: what Express has decoded may no longer be told from
 * what was not encoded.
 */
function pathIds({ params, url }: Request): { index?: string; profile?: string } {
  const [, , , index, , profile] = (url.split('?', 1)[0] ?? '').split('/');
  return {
    ...(index === undefined ? {} : { index: decodePathSegment(index, 'index') }),
    ...(profile === undefined || params.profile === undefined
      ? {}
      : { profile: decodePathSegment(profile, 'profile id') }),
  };
}

/** What callers of Amperity send; another tenant or version is refused rather than silently replaced. */
function checkUpstreamHeaders(req: Request, { tenant, apiVersion }: TeamRequestParts['amperity']): void {
  const expected = { 'amperity-tenant': tenant, 'x-amperity-tenant': tenant, 'api-version': apiVersion };
  const errors = Object.entries(expected)
    .filter(([name, value]) => (req.headers[name] ?? value) !== value)
    .map(([name]) => ({
      name,
      reason: 'must be left out or equal to the one this gateway is configured for',
    }));
  if (errors.length === 0) return;
  const names = errors.map(({ name }) => name).join(', ');
  throw new GatewayError('invalid_parameter', `This gateway serves another ${names}.`, { errors });
}

function hangUp(res: Response): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}
