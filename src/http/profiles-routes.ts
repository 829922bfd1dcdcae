import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Team } from '../access/team.ts';
import { decodeFormComponent } from '../query/percent-decoding.ts';
import type { DailyCounts } from '../quota/daily-counts.ts';
import type { Answer, Answers, Ask } from '../serve/answer.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { holdsProfiles, type Route } from '../shared/page-request.ts';
import type { CodedBodies } from './coded-bodies.ts';
import { notModified } from './conditional.ts';
import type { KnownQuestions } from './known-questions.ts';
import { checkQuota, countDelivered } from './profile-quota.ts';
import { type Allowance, rateLimitHeaders } from './rate-limit-headers.ts';
import { notModifiedReply, wholeReply } from './reply.ts';
import { contextOf } from './request-context.ts';
import { rawQueryOf } from './request-shape.ts';
import { answerHeaders, setHeaders } from './response-headers.ts';
import { methodNotAllowed } from './send-problem.ts';
import {
  askOf,
  type Resource,
  readTeamRequest,
  type TeamRequest,
  type TeamRequestParts,
} from './team-request.ts';

export interface ProfilesParts extends TeamRequestParts {
  readonly answers: Answers;
  readonly clock: Clock;
  readonly counts: DailyCounts;
  readonly questions: KnownQuestions;
  readonly coded: CodedBodies;
  readonly browserCache: boolean;
  /** What the team may expect of the budget now; absent when it is not to be told. */
  readonly allowance: ((team: Team) => Allowance) | undefined;
  /** Told how each of a team's questions was answered. */
  readonly onServed: (team: string, how: Served, waitedMs: number) => void;
}

/** From the store, by somebody else's call, by a call of its own, or not at all for want of budget. */
export type Served = 'cache' | 'sharing' | 'call' | 'refused';

export const PATTERNS: Readonly<Record<Route, string>> = {
  indexes: '/api/indexes',
  index: '/api/indexes/:index',
  profiles: '/api/indexes/:index/profiles',
  profile: '/api/indexes/:index/profiles/:profile',
};
/** For whatever stands in between and knows no `QUERY`. */
export const SEARCH = `${PATTERNS.profiles}/search`;

/** The mirror of Amperity: `serve` below is the way of a request from top to bottom, and `serve/answer.ts` that of its page. */
export function profilesRoutes(parts: ProfilesParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const byBody = { route: 'profiles', asksBy: 'body' } as const;
  router.post(SEARCH, serve({ ...byBody, pattern: SEARCH }, parts));
  // RFC 10008; Express has a method for each that Node's parser knows, its types do not.
  (router as unknown as { query: Router['get'] }).query(
    PATTERNS.profiles,
    serve({ ...byBody, pattern: PATTERNS.profiles }, parts),
  );
  for (const route of Object.keys(PATTERNS) as Route[]) {
    router.get(PATTERNS[route], serve({ route, pattern: PATTERNS[route], asksBy: 'query' }, parts));
  }
  router.all(SEARCH, methodNotAllowed('GET, HEAD, POST'));
  for (const route of Object.keys(PATTERNS) as Route[]) {
    router.all(PATTERNS[route], methodNotAllowed(route === 'profiles' ? 'GET, HEAD, QUERY' : 'GET, HEAD'));
  }
  return router;
}

const serve =
  (resource: Resource, parts: ProfilesParts): RequestHandler =>
  async (req, res) => {
    const known = await readTeamRequest(resource, req, res, parts);
    const { team } = known.identity;
    const ask = askOf(known, req, res, parts);
    if (holdsProfiles(ask.request.route)) checkQuota(team, parts.counts);
    const answer = await answerFor(team, ask, req, res, parts);
    const context = contextOf(res);
    context.cache = answer.delivery.cache;
    context.waitedMs = answer.waitedMs;
    context.expectedMs = answer.expectedMs;
    context.profiles = answer.page.count;
    if (isStored(answer) && resource.asksBy === 'query') learn(req, res, resource, ask, known, parts);
    await send(req, res, ask, answer, team, parts);
  };

const isStored = ({ delivery: { cache } }: Answer): boolean => cache === 'hit' || cache === 'stale';

/** A page that was asked for twice will be asked for again: next time in front of Express, if nothing special is asked. */
function learn(
  { originalUrl }: Request,
  res: Response,
  { pattern, route }: Resource,
  { request }: Ask,
  { asked }: TeamRequest,
  { answers, questions }: ProfilesParts,
): void {
  // A right of the team has made it another question.
  if (request !== asked) return;
  const { fingerprint = '' } = contextOf(res);
  questions.put(originalUrl, { ...answers.named(request), route, pattern, fingerprint });
}

/** Asks for the page, tells the ledger, and lets the caller know how the budget stands, answered or not. */
async function answerFor(
  team: Team,
  ask: Ask,
  req: Request,
  res: Response,
  { allowance, answers, onServed }: ProfilesParts,
): Promise<Answer> {
  try {
    const answer = await answers.answer(ask);
    onServed(team.name, SERVED[answer.delivery.cache], answer.waitedMs);
    return answer;
  } catch (error) {
    if (error instanceof GatewayError && error.info.violatedPolicies !== undefined) {
      onServed(team.name, 'refused', 0);
    }
    if (error instanceof GatewayError && error.code === 'cursor_expired' && req.method === 'GET')
      res.set('Link', `<${firstPageOf(req)}>; rel="first"`);
    throw error;
  } finally {
    if (allowance !== undefined) setHeaders(res, rateLimitHeaders(allowance(team), team.revealCache));
  }
}

export const SERVED: Record<Answer['delivery']['cache'], Served> = {
  hit: 'cache',
  stale: 'cache',
  shared: 'sharing',
  miss: 'call',
  bypass: 'call',
};

async function send(
  req: Request,
  res: Response,
  ask: Ask,
  answer: Answer,
  team: Team,
  { clock, coded, counts, browserCache }: ProfilesParts,
): Promise<void> {
  setHeaders(res, answerHeaders(answer, clock.now(), { browserCache, revealCache: team.revealCache }));
  if (answer.page.status === 404) {
    throw new GatewayError('not_found', 'Amperity knows no such index or profile.');
  }
  // Of a POST nothing is told by a 304 (RFC 9110 §13.1.2).
  const ifNoneMatch = req.method === 'POST' ? undefined : req.headers['if-none-match'];
  const { body, headers, status } = notModified(ifNoneMatch, answer.etag)
    ? notModifiedReply(answer)
    : wholeReply(answer, await coded.of(answer, coded.choice(req.get('Accept-Encoding'))));
  // Who left while it was compressed is delivered nobody.
  if (res.destroyed) return;
  // HEAD as well: its headers tell whom a filter finds.
  if (status === 200 && holdsProfiles(ask.request.route)) countDelivered(team, answer.page.count, counts);
  setHeaders(res, headers);
  res.status(status).end(body);
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
