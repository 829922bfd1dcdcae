import { setTimeout as sleep } from 'node:timers/promises';
import { FLOOD } from '../test/support/spawn-gateway.ts';
import { callsInLastSecond, leaseRate, steadyRate } from './arrival-rate.ts';
import { keepAsking } from './callers.ts';
import { linesChart } from './lines-chart.ts';
import { observe } from './observe.ts';
import { ALL_SUBJECTS, type Case, GATEWAY_ONLY, type Measure, type Question } from './question.ts';
import { linear } from './scale.ts';
import { linesOf } from './subject-lines.ts';

const BUDGET = { rate: 10, windowMs: 1000, guardMs: 25 };
const TEAMS = { a: 1, b: 1, c: 1, d: 1, e: 1 };
const CALLERS_PER_TEAM = 20;
/** More steps would run together. */
const PLOTTED_MS = 20_000;

const MEASURES: readonly Measure[] = [
  { id: 'most', title: 'most calls in any sliding second', required: { max: BUDGET.rate } },
  {
    id: 'rate',
    title: 'rate from the 11th to the last call',
    unit: '/s',
    digits: 2,
    // Rounded as in the claim, 9.56/s.
    required: { min: Math.round(98 * leaseRate(BUDGET)) / 100 },
  },
  { id: 'limited', title: 'calls answered 429', required: { max: 0 } },
];

/** Five teams that always have more to ask, against one kind of rate limit. */
const backlog = (name: string, kind: string, subjects: Case['subjects']): Case => ({
  name,
  subjects,
  measures: MEASURES,
  knobs: { 'rate.kind': kind },
  settings: { ...FLOOD, budget: BUDGET },
  teams: TEAMS,
  async run({ simulator, target }, seconds) {
    const end = new AbortController();
    const asking = Object.keys(TEAMS).map((team) =>
      keepAsking(target, { team, callers: CALLERS_PER_TEAM }, end.signal),
    );
    await sleep(seconds * 1000);
    const { atMs, mostInOneSecond, limited, stallMs } = await observe(simulator);
    end.abort();
    const answers = await Promise.all(asking);
    const [first = 0] = atMs;
    const plotted = Math.min(atMs.at(-1) ?? 0, first + PLOTTED_MS);
    return {
      figures: {
        most: { value: mostInOneSecond },
        rate: { value: steadyRate(atMs) },
        limited: { value: limited },
      },
      points: callsInLastSecond(atMs)
        .filter(([ms]) => ms <= plotted)
        .map(([ms, calls]) => [(ms - first) / 1000, calls]),
      raw: { arrivedMs: atMs, statuses: answers.map(({ statuses }) => statuses) },
      stallMs,
    };
  },
});

export const budget: Question = {
  name: 'budget',
  title: 'Is the limit of 10 calls in any second kept and used?',
  cases: [
    backlog('sliding window', 'sliding', ALL_SUBJECTS),
    backlog('fixed window', 'fixed', GATEWAY_ONLY),
    backlog('token bucket', 'bucket', GATEWAY_ONLY),
  ],
  plot(results) {
    const lines = linesOf(results, 'sliding window');
    const points = lines.flatMap((line) => line.points);
    return linesChart({
      title: 'Calls in the last second, at every moment of a backlog of 5 teams',
      x: { title: 'time since the first call (s)', scale: linear(0, Math.max(1, ...points.map(([x]) => x))) },
      y: { title: 'calls in the last second', scale: linear(0, Math.max(12, ...points.map(([, y]) => y))) },
      lines,
      steps: true,
      limit: { y: BUDGET.rate, title: 'limit' },
    });
  },
};
