import { POLICIES } from '../chaos/teams/policies.ts';
import { runTeams, type TeamsRun } from '../chaos/teams/run.ts';
import type { Tally } from '../chaos/teams/tally.ts';
import type { Soak } from './soak.ts';

const ANSWERS = 1_000_000;
/** Of all answers, for each of six teams. */
const LEAST_PER_TEAM = 0.1;
const LEAST_FETCHED = 0.1;
const TROUBLE_EVERY_MS = 1500;

/**
 * What six teams with different rights are answered to the same questions by two replicas, while clients hang up,
 * connections to Redis break, and Redis and the simulator fail: never a field or a person of another.
 */
export const teams: Soak = async ({ answers = ANSWERS, seed }, say) => {
  const run = await runTeams({
    answers,
    seed,
    troubleEveryMs: TROUBLE_EVERY_MS,
    onProgress: ({ checked, wrong }, seconds) =>
      say(`${seconds.toFixed(0)} s: ${checked} answers checked, ${sum(wrong.values())} wrong`),
  });
  report(run, seed, say);
  const { tally, hung } = run;
  return (
    tally.checked >= answers &&
    tally.wrong.size === 0 &&
    POLICIES.every(({ name }) => tally.checkedOf(name) >= LEAST_PER_TEAM * answers) &&
    tally.fetched >= LEAST_FETCHED * tally.checked &&
    tally.cutOff === 0 &&
    hung === 0
  );
};

function report(
  { tally, troubles, calls, seconds, hung }: TeamsRun,
  seed: number,
  say: (line: string) => void,
): void {
  const { checked, checkedBeforeWrong, fetched, hungUp, cutOff, cutExports, wrong, examples } = tally;
  say(
    `\nseed ${seed}: ${checked} answers checked in ${seconds.toFixed(0)} s (${(checked / seconds).toFixed(0)}/s)`,
  );
  say(`misses and those who joined them: ${((100 * fetched) / checked).toFixed(1)} %`);
  say(`calls at the simulator: ${calls.requests}`);
  say(`hung up by clients: ${hungUp}; cut off by the gateway: ${cutOff}, exports that failed: ${cutExports}`);
  say(`without an answer at the end: ${hung}\n`);
  table(tally, say);
  say('');
  for (const [name, count] of [...troubles].sort()) say(`${String(count).padStart(7)}  ${name}`);
  say('');
  if (wrong.size === 0) say('wrong: 0');
  else say(`the first wrong one was number ${checkedBeforeWrong}`);
  for (const [fault, count] of wrong) say(`wrong: ${count} × ${fault}`);
  for (const example of examples) say(example);
}

function table(tally: Tally, say: (line: string) => void): void {
  const names = POLICIES.map(({ name }) => name);
  const line = (first: string, cells: readonly (string | number)[]): void =>
    say(first.padEnd(32) + cells.map((cell) => String(cell).padStart(9)).join(''));
  line('how, status', names);
  for (const [way] of [...tally.ways].sort(([, one], [, other]) => other - one)) {
    line(
      way,
      names.map((name) => tally.rows.get(name)?.get(way) ?? 0),
    );
  }
  line(
    'checked',
    names.map((name) => tally.checkedOf(name)),
  );
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0);
