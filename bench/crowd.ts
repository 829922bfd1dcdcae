import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bound } from './bound.ts';
import { observe } from './observe.ts';
import { ALL_SUBJECTS, type Case } from './question.ts';
import { tally } from './tally.ts';

const CROWD = 1000;
const PATH = '/api/indexes/idx-loyalty/profiles?limit=25';
/** At 10 calls per second a thousand take 100 s; nobody has to watch that eight times. */
const WATCH_MS = 15_000;
/** A call that somebody makes although all have been answered still counts. */
const AFTERMATH_MS = 1000;

interface Crowd {
  readonly name: string;
  readonly knobs: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly calls: Bound;
  /** Whether Amperity fails, so that all are to be told so instead of getting the page. */
  readonly failing?: boolean;
  /** One more caller comes first, and hangs up while all wait. */
  readonly firstLeaves?: boolean;
}

/** A thousand callers ask the same at once; how often is Amperity asked? */
export function crowdCase({ calls, failing = false, firstLeaves = false, ...rest }: Crowd): Case {
  return {
    ...rest,
    subjects: ALL_SUBJECTS,
    measures: [
      { id: 'calls', title: 'calls', required: calls },
      {
        id: 'answered',
        title: failing ? 'callers told of the failure' : 'callers given the page',
        required: { min: CROWD, max: CROWD },
      },
    ],
    teams: { web: 1 },
    async run({ simulator, target }) {
      const end = new AbortController();
      const leaving = new AbortController();
      setMaxListeners(0, end.signal);
      const ask = (signal: AbortSignal) => target.get(PATH, { signal }).catch(() => undefined);
      if (firstLeaves) {
        void ask(leaving.signal);
        await sleep(100);
      }
      const answers = Promise.all(Array.from({ length: CROWD }, () => ask(end.signal)));
      if (firstLeaves) {
        await sleep(100);
        leaving.abort();
      }
      const answeredInTime = answers.then(() => sleep(AFTERMATH_MS, true));
      const finished = await Promise.race([answeredInTime, sleep(WATCH_MS, false)]);
      const { calls, stallMs } = await observe(simulator);
      end.abort();
      const answered = (await answers).filter((answer) => answer !== undefined);
      const right = answered.filter(({ status }) => (failing ? status >= 500 : status === 200));
      return {
        figures: {
          calls: { value: calls.length, unfinished: !finished },
          answered: { value: right.length, unfinished: !finished },
        },
        points: [],
        raw: {
          arrivedMs: calls.map(({ t_ms }) => t_ms),
          statuses: tally(answered.map(({ status }) => String(status))),
          slowestMs: Math.max(0, ...answered.map(({ tookMs }) => tookMs)),
        },
        stallMs,
      };
    },
  };
}
