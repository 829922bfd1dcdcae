import type { Request, Response } from 'express';
import type { Authenticate } from '../access/authenticate.ts';
import { authorize } from '../access/policy.ts';
import type { Team } from '../access/teams.ts';
import { decodePathSegment } from '../query/path-segment.ts';
import { parsePageRequest } from '../query/profile-query.ts';
import { splitQuery } from '../query/query-string.ts';
import type { Ask } from '../serve/answer.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PageRequest, Route } from '../shared/page-request.ts';
import { cacheDirectives } from './cache-directives.ts';
import { preferredWaitMs } from './prefer.ts';
import { adoptNames, contextOf } from './request-context.ts';
import { rawQueryOf } from './request-shape.ts';

export interface TeamRequestParts {
  readonly authenticate: Authenticate;
  /** Name of a question in the log, from which the question cannot be told. */
  readonly fingerprint: (request: PageRequest) => string;
  readonly amperity: { readonly tenant: string; readonly apiVersion: string };
  readonly queue: { readonly perTeam: number; readonly maxWaitMs: number };
  readonly extraQueryParams: readonly string[];
}

/** Who asks what, before it is known whether it may. */
export interface TeamRequest {
  readonly team: Team;
  readonly asked: PageRequest;
}

/** Authenticates the caller, then reads the question; what is known of both stands in the context from then on. */
export function readTeamRequest(
  route: Route,
  pattern: string,
  req: Request,
  res: Response,
  parts: TeamRequestParts,
): TeamRequest {
  const context = contextOf(res);
  context.route = route;
  context.pattern = pattern;

  const { team, keyId } = parts.authenticate.authenticate(req.rawHeaders);
  context.team = team.name;
  context.keyId = keyId;
  adoptNames(context, req);
  res.set('X-Request-Id', context.requestId);

  checkUpstreamHeaders(req, parts.amperity);
  const asked = parsePageRequest({
    route,
    parameters: splitQuery(rawQueryOf(req)),
    ...pathIds(req),
    extraQueryParams: parts.extraQueryParams,
  });
  return { team, asked };
}

/** The question as this team may ask it, or the refusal of the right that is missing. */
export function askOf(
  { team, asked }: TeamRequest,
  req: Request,
  res: Response,
  { fingerprint, queue }: TeamRequestParts,
): Ask {
  const request = authorize(team, asked);
  contextOf(res).fingerprint = fingerprint(request);
  const longestMs = team.maxWaitMs ?? queue.maxWaitMs;
  return {
    request,
    team: { name: team.name, weight: team.weight, maxFlights: team.maxQueuedFlights ?? queue.perTeam },
    // A caller may be in more of a hurry than its team, never in less.
    maxWaitMs: Math.min(preferredWaitMs(req.headers.prefer) ?? longestMs, longestMs),
    signal: hangUp(res),
    directives: cacheDirectives(req.headers['cache-control']),
    mayRefuseFresh: team.bypassCache,
  };
}

/**
 * From the path as it was sent, `/…/indexes/{index}/…/{profile}`: what Express has decoded may no longer be told from
 * what was not encoded.
 */
function pathIds({ url }: Request): { index?: string; profile?: string } {
  const [, , , index, , profile] = (url.split('?', 1)[0] ?? '').split('/');
  return {
    ...(index === undefined ? {} : { index: decodePathSegment(index, 'index') }),
    ...(profile === undefined ? {} : { profile: decodePathSegment(profile, 'profile id') }),
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

/** Aborted when the caller goes before its answer is complete. */
function hangUp(res: Response): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}
