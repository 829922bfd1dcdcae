import { once } from 'node:events';
import { type RequestHandler, type Response, Router } from 'express';
import { CsvPages } from '../export/csv.ts';
import { ndjsonOf } from '../export/ndjson.ts';
import type { DailyCounts } from '../quota/daily-counts.ts';
import type { Answer, Answers } from '../serve/answer.ts';
import { type AskFor, walk } from '../serve/walk.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError, type ParameterProblem } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { asFailure, type ProblemSettings, problemOf } from './problem.ts';
import { checkQuota, countDelivered } from './profile-quota.ts';
import { SERVED, type Served } from './profiles-routes.ts';
import { contextOf } from './request-context.ts';
import { VARY } from './response-headers.ts';
import { methodNotAllowed } from './send-problem.ts';
import {
  askOf,
  type Resource,
  readTeamRequest,
  type TeamRequest,
  type TeamRequestParts,
} from './team-request.ts';

export interface ExportsParts extends TeamRequestParts {
  readonly answers: Answers;
  readonly clock: Clock;
  readonly counts: DailyCounts;
  readonly log: Log;
  readonly problems: ProblemSettings;
  readonly export: {
    readonly enabled: boolean;
    readonly maxProfiles: number;
    readonly escapeFormulas: boolean;
  };
  readonly onServed: (team: string, how: Served, waitedMs: number) => void;
}

export type Format = 'csv' | 'ndjson';

export const EXPORT_TYPES: Readonly<Record<Format, string>> = {
  // RFC 4180 §3; charset as RFC 7111 §5.1 has it.
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

export const exportPattern = (format: Format): string => `/exports/indexes/:index/profiles.${format}`;

/** A larger page makes fewer calls; no larger one is documented. */
const LARGEST_PAGE = 1000;

const MOST_PER_TEAM = 25;
const PLACE_RETRY_MS = 10_000;

/** Whole result sets as one stream. */
export function exportsRoutes(parts: ExportsParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  if (!parts.export.enabled) return router;
  const underWay = new Map<string, number>();
  for (const format of ['csv', 'ndjson'] as const) {
    const pattern = exportPattern(format);
    const resource = { route: 'profiles', pattern } as const;
    router.get(pattern, send(format, { ...resource, asksBy: 'query' }, parts, underWay));
    router.post(pattern, send(format, { ...resource, asksBy: 'body' }, parts, underWay));
    router.all(pattern, methodNotAllowed('GET, HEAD, POST'));
  }
  return router;
}

const send =
  (format: Format, resource: Resource, parts: ExportsParts, underWay: Map<string, number>): RequestHandler =>
  async (req, res) => {
    const { authenticate, counts } = parts;
    const known = await readTeamRequest(resource, req, res, parts);
    const { gone } = known;
    const context = contextOf(res);
    context.route = 'export';
    /** With the rights of now: an export ends with its key, and goes on with what its team may see by then. */
    const now = (): TeamRequest => ({ ...known, identity: authenticate.renew(known.identity) });
    const askFor: AskFor = (nextToken) => {
      const current = now();
      const asked = { ...wholeResultOf(current), ...(nextToken !== undefined && { nextToken }) };
      return askOf({ ...current, asked }, req, res, parts);
    };
    const { team } = known.identity;
    askFor(undefined);
    checkQuota(team, counts);
    takePlace(underWay, team.name, res);
    const pages = walk(parts.answers, askFor, parts.export, parts.clock);
    const count = ({ page }: Answer): void => countDelivered(now().identity.team, page.count, counts);
    // Until the first page is there a failure is a problem like any other.
    const first = await pages.next();
    if (!first.done) count(first.value);
    res.status(200).set({
      'Content-Type': EXPORT_TYPES[format],
      'Content-Disposition': `attachment; filename="${known.asked.index}-profiles.${format}"`,
      'Cache-Control': 'no-store',
      Vary: VARY,
    });
    if (req.method === 'HEAD') return void res.end();

    const csv = new CsvPages(parts.export);
    const take = async ({ body, delivery, page, waitedMs }: Answer): Promise<void> => {
      parts.onServed(team.name, SERVED[delivery.cache], waitedMs);
      context.waitedMs += waitedMs;
      context.profiles = (context.profiles ?? 0) + page.count;
      await write(res, format === 'csv' ? csv.next(body) : ndjsonOf(body), gone);
    };
    try {
      if (!first.done) await take(first.value);
      for await (const answer of pages) {
        count(answer);
        await take(answer);
      }
      res.end();
    } catch (error) {
      if (!gone.aborted) cut(format, res, asFailure(error), parts.problems);
    }
    if (csv.unknownColumns > 0)
      parts.log.warn({ requestId: context.requestId, columns: csv.unknownColumns }, 'columns left out');
  };

/** The question whose pages are all wanted; of its parameters an export knows `limit` and the filters. */
function wholeResultOf({ asked, identity: { team } }: TeamRequest): PageRequest {
  if (!team.export) {
    throw new GatewayError('forbidden_scope', 'This team may not export; that needs the right export.');
  }
  const errors: ParameterProblem[] = [];
  if (asked.nextToken !== undefined)
    errors.push({ name: 'next_token', reason: 'must be left out: an export begins with the first page' });
  if (asked.withTotal)
    errors.push({ name: 'with_total', reason: 'must be left out: an export holds no total' });
  if (errors.length > 0) {
    const said = errors.map(({ name, reason }) => `${name} ${reason}`).join('; ');
    throw new GatewayError('invalid_parameter', `The request is not acceptable: ${said}.`, { errors });
  }
  return { ...asked, limit: asked.limit ?? Math.min(team.maxLimit, LARGEST_PAGE) };
}

/** Each export that is read slowly holds a page in memory, so a team has so many at a time on a replica. */
function takePlace(underWay: Map<string, number>, team: string, res: Response): void {
  const others = underWay.get(team) ?? 0;
  if (others >= MOST_PER_TEAM) {
    throw new GatewayError('team_budget', 'Your team has as many exports under way as it may have.', {
      retryAfterMs: PLACE_RETRY_MS,
      violatedPolicies: ['team'],
    });
  }
  underWay.set(team, others + 1);
  res.once('close', () => underWay.set(team, (underWay.get(team) ?? 1) - 1));
}

/** Resolves when there is room for more, or nobody to read it. */
async function write(res: Response, chunk: string | Buffer, gone: AbortSignal): Promise<void> {
  if (res.write(chunk) || gone.aborted) return;
  await once(res, 'drain', { signal: gone }).catch(() => undefined);
}

/** An export that fails must not look like one that is complete. */
function cut(format: Format, res: Response, failure: GatewayError, problems: ProblemSettings): void {
  const context = contextOf(res);
  context.code = failure.code;
  context.isCut = true;
  if (format === 'csv') return void res.destroy();
  const { body } = problemOf(failure, context, problems);
  res.end(`{"error":${body}}\n`);
}
