import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { coldPath } from './cold-path.ts';
import type { Target } from './question.ts';
import { tally } from './tally.ts';

export interface Crew {
  /** Also the label of its questions. */
  readonly team: string;
  /** How many of its questions are always under way. */
  readonly callers: number;
  readonly filters?: number;
}

export interface Asked {
  /** Until the page came, refusals before it included. */
  readonly tookMs: readonly number[];
  /** How long those had waited that were still waiting at the end. */
  readonly unansweredMs: readonly number[];
  /** Number of answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Who is refused asks the same again, but not at once: refusals would become the load. */
const AFTER_REFUSAL_MS = 100;

/** Each caller asks a new question as soon as the last one is answered, until `end`. */
export async function keepAsking(target: Target, crew: Crew, end: AbortSignal): Promise<Asked> {
  // Each request under way listens to it.
  setMaxListeners(0, end);
  const tookMs: number[] = [];
  const unansweredMs: number[] = [];
  const statuses: string[] = [];
  let question = 0;
  const answered = async (path: string): Promise<boolean> => {
    while (!end.aborted) {
      const status = await target.get(path, { team: crew.team, signal: end }).then(
        (answer) => answer.status,
        () => undefined,
      );
      if (status === undefined && end.aborted) break;
      statuses.push(String(status ?? 'none'));
      if (status === 200) return true;
      await sleep(AFTER_REFUSAL_MS);
    }
    return false;
  };
  const caller = async () => {
    while (!end.aborted) {
      question += 1;
      const startedAt = performance.now();
      const times = (await answered(coldPath(crew.team, question, crew.filters))) ? tookMs : unansweredMs;
      times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: crew.callers }, caller));
  return { tookMs, unansweredMs, statuses: tally(statuses) };
}
