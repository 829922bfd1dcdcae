import type { ErrorCode } from '../shared/errors.ts';
import type { Route } from '../shared/page-request.ts';
import { outcomeOf, type RowOutcome } from './tally.ts';

/** What the what-if takes from a line of the access log; nothing in it tells what was asked. */
export interface AccessLine {
  /** Epoch ms. The line itself was written when the answer had ended. */
  readonly arrivedAt: number;
  readonly team: string;
  readonly route: Route;
  /** Keyed fingerprint of the question. */
  readonly name: string;
  readonly outcome: RowOutcome;
  readonly status: number;
  readonly code: string | undefined;
  readonly durationMs: number;
  readonly waitMs: number;
  readonly bytes: number;
}

const ROUTES: Readonly<Record<string, Route>> = {
  '/api/indexes': 'indexes',
  '/api/indexes/:index': 'index',
  '/api/indexes/:index/profiles': 'profiles',
  '/api/indexes/:index/profiles/:profile': 'profile',
};

// A team's name is printed, and who knows what else a file may hold.
const TEAM = /^[a-z0-9][a-z0-9-]{0,31}$/;

const DELIVERIES: ReadonlySet<unknown> = new Set(['hit', 'stale', 'shared', 'miss']);

/**
 * Reads one line of a log. `foreign`: not a line of the access log; `unasked`: it never became a question (a health
 * probe, no such path, no valid key, a mistake in it, not allowed), so that no settings of the budget or the cache
 * would have made a difference.
 */
export function readAccessLine(text: string): AccessLine | 'foreign' | 'unasked' {
  const line = parsed(text);
  if (line?.msg !== 'request') return 'foreign';
  const endedAt = typeof line.time === 'string' ? Date.parse(line.time) : Number.NaN;
  const { durationMs, status, team, fp: name, code, cache } = line;
  if (!Number.isFinite(endedAt) || !isAmount(durationMs) || !isAmount(status)) return 'foreign';
  const route = Object.hasOwn(ROUTES, String(line.route)) ? ROUTES[String(line.route)] : undefined;
  if (route === undefined || typeof name !== 'string' || name === '') return 'unasked';
  if (typeof team !== 'string' || !TEAM.test(team)) return 'unasked';
  return {
    arrivedAt: endedAt - durationMs,
    team,
    route,
    name,
    status,
    code: typeof code === 'string' ? code : undefined,
    outcome: DELIVERIES.has(cache) ? (cache as RowOutcome) : outcomeOf(code as ErrorCode),
    durationMs,
    waitMs: isAmount(line.waitMs) ? line.waitMs : 0,
    bytes: isAmount(line.bytes) ? line.bytes : 0,
  };
}

function parsed(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
