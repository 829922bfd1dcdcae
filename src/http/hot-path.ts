import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticate } from '../access/authenticate.ts';
import { authorize } from '../access/authorize.ts';
import type { Team } from '../access/team.ts';
import type { DailyCounts } from '../quota/daily-counts.ts';
import type { Answers } from '../serve/answer.ts';
import type { Clock } from '../shared/clock.ts';
import { holdsProfiles, type PageRequest } from '../shared/page-request.ts';
import type { AccessLog } from './access-log.ts';
import { AnswersOfATurn } from './answers-of-a-turn.ts';
import type { CodedBodies } from './coded-bodies.ts';
import { notModified } from './conditional.ts';
import { hitHeaders } from './hit-headers.ts';
import type { KnownQuestions } from './known-questions.ts';
import { plainRequest } from './plain-request.ts';
import { isWithinQuota, takeFromQuota } from './profile-quota.ts';
import { type Allowance, rateLimitHeaders } from './rate-limit-headers.ts';
import { notModifiedReply, wholeReply } from './reply.ts';
import { adoptNames, type RequestContext } from './request-context.ts';
import type { HeaderList } from './response-headers.ts';
import { inQueue, type TeamRequestParts } from './team-request.ts';

export interface HotPathParts {
  readonly authenticate: Pick<Authenticate, 'recall'>;
  readonly answers: Pick<Answers, 'atOnce' | 'given'>;
  readonly coded: CodedBodies;
  readonly questions: KnownQuestions;
  readonly accessLog: AccessLog;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly counts: DailyCounts;
  readonly amperity: { readonly tenant: string; readonly apiVersion: string };
  readonly queue: TeamRequestParts['queue'];
  readonly browserCache: boolean;
  readonly allowance: ((team: Team) => Allowance) | undefined;
  readonly onServed: (team: string, how: 'cache', waitedMs: number) => void;
  /** What every answer has. */
  readonly fixedHeaders: HeaderList;
}

/** Whether the request was answered; false: nothing has been done about it. */
export type HotPath = (req: IncomingMessage, res: ServerResponse) => boolean;

/**
 * In front of Express, which takes four fifths of the time of an answer from memory: somebody who is known asks what
 * was asked before, and it is there, fresh or stale. Everything is asked here that the long way asks, of the same functions;
 * what makes any difference beside that, or would be refused, is left to the long way.
 */
export function hotPath(parts: HotPathParts): HotPath {
  const { accessLog, allowance, amperity, answers, authenticate, browserCache } = parts;
  const { clock, coded, counts, fixedHeaders, onServed, questions, queue } = parts;
  const turn = new AnswersOfATurn<RequestContext>((res, context) => accessLog.given(res, context));
  const revealing = { browserCache, revealCache: true };
  const concealing = { browserCache, revealCache: false };
  return (req, res) => {
    // Sent ahead, it waits for answers that may never be given; see queued-answers.ts.
    if (res.socket === null) return false;
    const startedAt = clock.monotonic();
    const plain = plainRequest(req, amperity);
    if (plain === undefined) return false;
    const identity = authenticate.recall(plain.credential, plain.isApiKey);
    if (identity === undefined) return false;
    const { keyId, team } = identity;
    const question = questions.get(req.url ?? '');
    if (question === undefined || !mayAsk(team, question.request)) return false;
    const isCounted = holdsProfiles(question.route);
    if (isCounted && !isWithinQuota(team, counts)) return false;
    const answer = answers.atOnce(question, team.view(question.request.index));
    if (answer === undefined) return false;
    const isKnown = notModified(plain.ifNoneMatch, answer.etag);
    const sent = isKnown ? undefined : coded.held(answer, coded.choice(plain.acceptEncoding));
    if (!isKnown && sent === undefined) return false;
    const { body, headers, status } = sent ? wholeReply(answer, sent) : notModifiedReply(answer);
    const { count } = answer.page;
    // A 304 delivers nobody.
    if (isCounted && status === 200 && !takeFromQuota(team, count, counts)) return false;

    answers.given(question, inQueue(team, queue), answer);
    const context = accessLog.begun(startedAt);
    context.route = question.route;
    context.pattern = question.pattern;
    context.team = team.name;
    context.keyId = keyId;
    context.index = question.request.index;
    context.fingerprint = question.fingerprint;
    context.cache = answer.delivery.cache;
    context.profiles = count;
    context.bytes = body?.length ?? 0;
    adoptNames(context, plain);
    onServed(team.name, 'cache', 0);
    const { revealCache } = team;
    const rights = revealCache ? revealing : concealing;
    const said = hitHeaders(question, answer, clock.now(), rights);
    const limits = allowance === undefined ? [] : rateLimitHeaders(allowance(team), revealCache);
    // The order of the long way. `concat`, since spreading five lists into one takes longer than finding the page.
    res.writeHead(status, ['X-Request-Id', context.requestId].concat(fixedHeaders, limits, said, headers));
    turn.end(res, body, context);
    return true;
  };
}

/** Exactly this: a right can also make it another question. */
function mayAsk(team: Team, asked: PageRequest): boolean {
  try {
    return authorize(team, asked) === asked;
  } catch {
    // The long way refuses it, in its own words.
    return false;
  }
}
