import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Authenticate } from '../access/authenticate.ts';
import { authorize } from '../access/policy.ts';
import type { Team } from '../access/teams.ts';
import { decodePathSegment } from '../query/path-segment.ts';
import { decodeFormComponent } from '../query/percent-decoding.ts';
import { parsePageRequest } from '../query/profile-query.ts';
import type { Answer, Answers } from '../serve/answer.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PageRequest, Route } from '../shared/page-request.ts';
import { cacheDirectives } from './cache-directives.ts';
import { notModified } from './conditional.ts';
import { preferredWaitMs } from './prefer.ts';
import { type Allowance, rateLimitHeaders } from './rate-limit-headers.ts';
import { adoptNames, contextOf } from './request-context.ts';
import { rawQueryOf } from './request-shape.ts';
import { answerHeaders } from './response-headers.ts';
import { methodNotAllowed } from './send-problem.ts';

export interface ProfilesParts {
  readonly authenticate: Authenticate;
  readonly answers: Answers;
  readonly clock: Clock;
  /** Name of a question in the log, from which the question cannot be told. */
  readonly fingerprint: (request: PageRequest) => string;
  readonly amperity: { readonly tenant: string; readonly apiVersion: string };
  readonly queue: { readonly perTeam: number; readonly maxWaitMs: number };
  readonly extraQueryParams: readonly string[];
  readonly browserCache: boolean;
  /** What the team may expect of the budget now; absent when it is not to be told. */
  readonly allowance: ((team: Team) => Allowance) | undefined;
  /** Told how each of a team's questions was answered. */
  readonly onServed: (team: string, how: Served, waitedMs: number) => void;
}

/** From the store, by somebody else's call, by a call of its own, or not at all for want of budget. */
export type Served = 'cache' | 'sharing' | 'call' | 'refused';

const PATTERNS: Record<Route, string> = {
  indexes: '/api/indexes',
  index: '/api/indexes/:index',
  profiles: '/api/indexes/:index/profiles',
  profile: '/api/indexes/:index/profiles/:profile',
};

/** The mirror of Amperity: the whole way of a request stands in `serve`, from top to bottom. */
export function profilesRoutes(parts: ProfilesParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const route of Object.keys(PATTERNS) as Route[]) {
    router.get(PATTERNS[route], serve(route, parts));
    router.all(PATTERNS[route], methodNotAllowed('GET, HEAD'));
  }
  return router;
}

const serve =
  (route: Route, parts: ProfilesParts): RequestHandler =>
  async (req, res) => {
    const context = contextOf(res);
    context.route = route;
    context.pattern = PATTERNS[route];

    const { team, keyId } = parts.authenticate.authenticate(req.rawHeaders);
    context.team = team.name;
    context.keyId = keyId;
    adoptNames(context, req);
    res.set('X-Request-Id', context.requestId);

    checkUpstreamHeaders(req, parts.amperity);
    const asked = parsePageRequest({
      route,
      rawQuery: rawQueryOf(req),
      ...pathIds(req),
      extraQueryParams: parts.extraQueryParams,
    });
    const request = authorize(team, asked);
    context.fingerprint = parts.fingerprint(request);

    const answer = await answerFor(team, request, req, res, parts);
    context.cache = answer.delivery.cache;
    context.waitedMs = answer.waitedMs;
    context.expectedMs = answer.expectedMs;
    context.profiles = answer.page.count;
    send(req, res, answer, parts);
  };

/** Asks for the page, tells the ledger, and lets the caller know how the budget stands, answered or not. */
async function answerFor(
  team: Team,
  request: PageRequest,
  req: Request,
  res: Response,
  { allowance, answers, onServed, queue }: ProfilesParts,
): Promise<Answer> {
  const longestMs = team.maxWaitMs ?? queue.maxWaitMs;
  try {
    const answer = await answers.answer({
      request,
      team: { name: team.name, weight: team.weight, maxFlights: team.maxQueuedFlights ?? queue.perTeam },
      // A caller may be in more of a hurry than its team, never in less.
      maxWaitMs: Math.min(preferredWaitMs(req.headers.prefer) ?? longestMs, longestMs),
      signal: hangUp(res),
      directives: cacheDirectives(req.headers['cache-control']),
      mayRefuseFresh: team.bypassCache,
    });
    onServed(team.name, SERVED[answer.delivery.cache], answer.waitedMs);
    return answer;
  } catch (error) {
    if (error instanceof GatewayError && error.info.violatedPolicies !== undefined) {
      onServed(team.name, 'refused', 0);
    }
    if (error instanceof GatewayError && error.code === 'cursor_expired')
      res.set('Link', `<${firstPageOf(req)}>; rel="first"`);
    throw error;
  } finally {
    if (allowance !== undefined) res.set(rateLimitHeaders(allowance(team)));
  }
}

const SERVED: Record<Answer['delivery']['cache'], Served> = {
  hit: 'cache',
  stale: 'cache',
  shared: 'sharing',
  miss: 'call',
  bypass: 'call',
};

/** From the path as it was sent: what Express has decoded may no longer be told from what was not encoded. */
function pathIds({ url }: Request): { index?: string; profile?: string } {
  const [, , , index, , profile] = (url.split('?', 1)[0] ?? '').split('/');
  return {
    ...(index === undefined ? {} : { index: decodePathSegment(index, 'index') }),
    ...(profile === undefined ? {} : { profile: decodePathSegment(profile, 'profile id') }),
  };
}

function send(req: Request, res: Response, answer: Answer, { clock, browserCache }: ProfilesParts): void {
  res.set({ ...answerHeaders(answer, clock.now(), browserCache) });
  if (answer.page.status === 404) {
    throw new GatewayError('not_found', 'Amperity knows no such index or profile.');
  }
  res.set('ETag', answer.etag);
  if (notModified(req.headers['if-none-match'], answer.etag)) {
    res.status(304).end();
    return;
  }
  // Not `res.set`, which would add a charset parameter that Amperity does not send (RFC 8259 §11 defines none).
  res.setHeader('Content-Type', 'application/json');
  res.setHeader('Content-Length', answer.body.length);
  res.end(answer.body);
}

/** What callers of Amperity send; another tenant or version is refused rather than silently replaced. */
function checkUpstreamHeaders(req: Request, { tenant, apiVersion }: ProfilesParts['amperity']): void {
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

/** The same request without its cursor, as the target of a link (RFC 8288 §3.1): in the caller's own spelling. */
function firstPageOf(req: Request): string {
  const [path = ''] = req.url.split('?', 1);
  const others = rawQueryOf(req)
    .split('&')
    .filter((pair) => decodeFormComponent(pair.split('=', 1)[0] ?? '') !== 'next_token');
  const query = others.length === 0 ? '' : `?${others.join('&')}`;
  return `${path}${query}`.replace(/[<>"]/g, encodeURIComponent);
}

/** Aborted when the caller goes before its answer is complete. */
function hangUp(res: Response): AbortSignal {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}
