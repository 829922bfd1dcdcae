import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { budget } from './budget.ts';
import { burst } from './burst.ts';
import { coalescing } from './coalescing.ts';
import { environment } from './environment.ts';
import { fairness } from './fairness.ts';
import { METHOD } from './method.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { pin, planCores } from './pinning.ts';
import { rowsOf, tableOf } from './report.ts';
import { runQuestion } from './run-question.ts';
import { forms } from './speed/forms.ts';
import { hits } from './speed/hits.ts';
import { latency } from './speed/latency.ts';
import { memory } from './speed/memory.ts';
import { miss } from './speed/miss.ts';
import { passed as isPassed, type Race, raceTable } from './speed/race.ts';
import { strain } from './speed/strain.ts';

/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;

const QUESTIONS = [budget, fairness, burst, coalescing];
const RACES: readonly Race[] = [hits, latency, forms, miss, strain, memory];
const NAMES = [...QUESTIONS, ...RACES].map(({ name }) => name);
const LEAST_ROUNDS = 5;
/** Of the seconds of a backlog, those of one turn. */
const TURN_SHARE = 12;

async function bench({ names, replicas, runs, seconds, alone, peers, out }: Options): Promise<boolean> {
  const built = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  if (built.status !== 0) {
    console.error('The gateway could not be built.');
    return false;
  }
  mkdirSync(out, { recursive: true });
  const cores = planCores();
  pin(process.pid, cores?.load);
  const tell = (line: string) => console.error(line);
  let passed = true;
  for (const question of QUESTIONS.filter(({ name }) => names.includes(name))) {
    const results = await runQuestion(question, { replicas, alone, runs, seconds, cores, tell });
    const rows = rowsOf(question, results);
    passed &&= rows.every((row) => row.passed !== false);
    const { name, title } = question;
    const report = {
      question: name,
      title,
      method: METHOD,
      ...environment(cores),
      runs,
      seconds,
      replicas,
      rows,
      results,
    };
    const file = replicas > 1 ? `${name}-${replicas}-replicas` : name;
    writeFileSync(join(out, `${file}.json`), `${JSON.stringify(report, undefined, 1)}\n`);
    writeFileSync(join(out, `${file}.svg`), question.plot(results));
    console.log(`\n${tableOf(question, rows)}`);
  }
  for (const race of RACES.filter(({ name }) => names.includes(name))) {
    tell(`${race.name}: ${race.title}`);
    const rounds = Math.max(LEAST_ROUNDS, runs);
    const turn = Math.max(1, Math.round(seconds / TURN_SHARE));
    const { plot, raw, rows } = await race.run({ rounds, seconds: turn, peers, cores, tell });
    passed &&= rows.every((row) => isPassed(row) !== false);
    const { name, title } = race;
    const report = { question: name, title, ...environment(cores), rounds, seconds: turn, rows, raw };
    writeFileSync(join(out, `${name}.json`), `${JSON.stringify(report, undefined, 1)}\n`);
    if (plot !== undefined) writeFileSync(join(out, `${name}.svg`), plot);
    console.log(`\n${raceTable(title, rows)}`);
  }
  if (seconds < 60) console.log('Runs of less than 60 s are a first look: the figures are required of 60 s.');
  return passed;
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // By way of `exit`, which ends the processes that were started.
  process.once(signal, () => process.exit(exitCode));
}
const options = parseOptions(process.argv.slice(2), NAMES);
if (typeof options === 'string') {
  console.error(`${options}\n\n${usage(NAMES)}`);
  process.exitCode = EXIT_USAGE;
} else {
  process.exitCode = (await bench(options)) ? 0 : 1;
}
