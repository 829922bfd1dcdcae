import { setTimeout as sleep } from 'node:timers/promises';
import { FLOOD } from '../test/support/spawn-gateway.ts';
import { type Crew, keepAsking } from './callers.ts';
import { jainIndex } from './jain.ts';
import { callsOf, observe } from './observe.ts';
import { ALL_SUBJECTS, type Case, GATEWAY_ONLY, type Stage } from './question.ts';
import { shareDeviation } from './share-deviation.ts';

/** Calls are counted once the first burst is over. */
const SETTLE_MS = 2000;

/** Enough that two questions of a team still wait while some of its others are asked anew. */
const LIGHT_CALLERS = 6;

async function shares({ simulator, target }: Stage, crews: readonly Crew[], seconds: number) {
  const end = new AbortController();
  const asking = crews.map((crew) => keepAsking(target, crew, end.signal));
  await sleep(SETTLE_MS);
  await simulator.clearJournal();
  await sleep(seconds * 1000);
  const seen = await observe(simulator);
  end.abort();
  const answers = await Promise.all(asking);
  const counts = callsOf(
    seen,
    crews.map(({ team }) => team),
  );
  const raw = { crews, counts, statuses: answers.map(({ statuses }) => statuses) };
  return { counts, sample: { points: [], raw, stallMs: seen.stallMs } };
}

const EQUAL = { a: 1, b: 1, c: 1, d: 1, heavy: 1 };

export const equalTeams: Case = {
  name: 'five equal teams, loads 1:1:1:1:100',
  subjects: ALL_SUBJECTS,
  measures: [{ id: 'jain', title: 'Jain index of the calls per team', digits: 4, required: { min: 0.99 } }],
  settings: FLOOD,
  teams: EQUAL,
  places: { a: [0], b: [0], c: [0], d: [1] },
  async run(stage, seconds) {
    const crews = Object.keys(EQUAL).map((team) => ({
      team,
      callers: team === 'heavy' ? 100 * LIGHT_CALLERS : LIGHT_CALLERS,
    }));
    const { counts, sample } = await shares(stage, crews, seconds);
    return { figures: { jain: { value: jainIndex(counts) } }, ...sample };
  },
};

const WEIGHTS = { one: 1, two: 2, four: 4 };

export const weightedTeams: Case = {
  name: 'weights 1:2:4, equal loads',
  subjects: GATEWAY_ONLY,
  measures: [
    {
      id: 'deviation',
      title: 'largest deviation from the share',
      unit: ' %',
      digits: 1,
      required: { max: 5 },
    },
  ],
  settings: FLOOD,
  teams: WEIGHTS,
  async run(stage, seconds) {
    const crews = Object.keys(WEIGHTS).map((team) => ({ team, callers: 20 }));
    const { counts, sample } = await shares(stage, crews, seconds);
    const deviation = shareDeviation(counts, Object.values(WEIGHTS));
    return { figures: { deviation: { value: 100 * deviation } }, ...sample };
  },
};
