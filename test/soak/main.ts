import { parseArgs } from 'node:util';
import buildGateway from '../support/build-gateway.ts';
import { all } from './all/all.ts';
import { allowance } from './allowance.ts';
import { badInput } from './bad-input.ts';
import { estimate } from './estimate.ts';
import { exports } from './exports.ts';
import { faults } from './faults.ts';
import { plan } from './plan.ts';
import { refusals } from './refusals.ts';
import { retryAfter } from './retry-after.ts';
import type { Soak } from './soak.ts';
import { teams } from './teams.ts';

// npm run soak [-- name …] [--seconds N] [--answers N] [--seed N]; without a name all of them, one after another.

const SOAKS: Readonly<Record<string, Soak>> = {
  estimate,
  'retry-after': retryAfter,
  allowance,
  faults,
  exports,
  plan,
  'bad-input': badInput,
  teams,
  refusals,
  all,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    answers: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const names = positionals.length > 0 ? positionals : Object.keys(SOAKS);
const unknown = names.filter((name) => SOAKS[name] === undefined);
if (unknown.length > 0) {
  say(`There is no soak named ${unknown.join(', ')}; there are ${Object.keys(SOAKS).join(', ')}.`);
  process.exit(64);
}
buildGateway();
const failed: string[] = [];
for (const name of names) {
  say(`\n== ${name}`);
  const { seconds, answers, seed } = values;
  const options = {
    seed: Number(seed),
    ...(seconds === undefined ? {} : { seconds: Number(seconds) }),
    ...(answers === undefined ? {} : { answers: Number(answers) }),
  };
  if (!(await SOAKS[name]?.(options, say))) failed.push(name);
}
say(failed.length === 0 ? '\nAll came out as required.' : `\nNot as required: ${failed.join(', ')}.`);
process.exit(failed.length === 0 ? 0 : 1);
