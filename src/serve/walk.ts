import { setImmediate } from 'node:timers/promises';
import { type Clock, sleep } from '../shared/clock.ts';
import { type ErrorCode, GatewayError } from '../shared/errors.ts';
import type { Answer, Answers, Ask } from './answer.ts';

/**
 * The question for the page behind a cursor, or for the first one, as it may be asked now: a walk can take so long that
 * rights change or end under way, and then throws what this throws.
 */
export type AskFor = (nextToken: string | undefined) => Ask;

export interface WalkSettings {
  /** Most profiles of one walk. */
  readonly maxProfiles: number;
}

/** How long a page waits for what callers leave of the budget before it takes its team's own turn. */
const IDLE_WAIT_MS = 20_000;

/** How long a page is asked for again while the budget has no turn for it or Amperity fails. */
const PATIENCE_MS = 300_000;

const LEAST_PAUSE_MS = 1000;

/** How often a page may fail, beyond the attempts of each flight: until then calls may have been stopped for a while. */
const MOST_FAILURES = 4;

/** Failures that pass by themselves. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'team_budget',
  'shared_budget',
  'upstream_budget',
  'deadline_exceeded',
  'unavailable',
]);

/**
 * Follows a chain to its end, one page at a time: the first page on the team's own turn, the others with what callers
 * leave of the budget, through the same cache and the same flights as everybody. The next page is asked for when the
 * one before has been taken, so whoever reads slowly is not run ahead of.
 *
 * Throws what `askFor` throws; what the first page fails with; later on what does not pass by itself, or has not passed in five minutes or
 * four failures of Amperity;
 * `export_limit` beyond `maxProfiles`; `cursor_expired` when Amperity ends the chain.
 */
export async function* walk(
  answers: Answers,
  askFor: AskFor,
  { maxProfiles }: WalkSettings,
  clock: Clock,
): AsyncGenerator<Answer> {
  const first = askFor(undefined);
  let answer = await answers.answer(first);
  let profiles = 0;
  const seen = new Set<string>();
  for (;;) {
    const { count, nextToken, status } = answer.page;
    if (status === 404) throw new GatewayError('not_found', 'Amperity knows no such index.');
    profiles += count;
    if (profiles > maxProfiles) throw limitReached(maxProfiles);
    yield answer;
    if (nextToken === undefined) return;
    if (seen.has(nextToken)) throw new GatewayError('upstream_error', 'Amperity leads in a circle.');
    seen.add(nextToken);
    // Pages that are all stored would come without a pause in which anybody else could be served.
    await setImmediate();
    if (first.signal.aborted) throw gone();
    answer = await patiently(answers, () => askFor(nextToken), clock);
  }
}

async function patiently(answers: Answers, askNow: () => Ask, clock: Clock): Promise<Answer> {
  const until = clock.monotonic() + PATIENCE_MS;
  let isIdle = true;
  let failures = 0;
  for (;;) {
    const ask = askNow();
    try {
      const when = isIdle ? { class: 'export' as const, maxWaitMs: IDLE_WAIT_MS } : {};
      return await answers.answer({ ...ask, ...when });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (error.code === 'upstream_error') failures += 1;
      const passes = error.code === 'upstream_error' ? failures < MOST_FAILURES : PASSING.has(error.code);
      if (!passes || ask.signal.aborted || clock.monotonic() >= until) throw error;
      const hasWaited: boolean = isIdle && error.code === 'deadline_exceeded';
      if (!hasWaited) await sleep(clock, Math.max(LEAST_PAUSE_MS, error.info.retryAfterMs ?? 0));
      if (ask.signal.aborted) throw gone();
      isIdle = !hasWaited;
    }
  }
}

const gone = (): GatewayError => new GatewayError('client_closed', 'The caller has gone.');

const limitReached = (maxProfiles: number): GatewayError =>
  new GatewayError(
    'export_limit',
    `An export ends after ${maxProfiles} profiles (the setting export.maxProfiles); filter, or ask for less.`,
  );
