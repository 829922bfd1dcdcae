import { parseArgs } from 'node:util';
import buildGateway from '../support/build-gateway.ts';
import { allowance } from './allowance.ts';
import { estimate } from './estimate.ts';
import { exports } from './exports.ts';
import { faults } from './faults.ts';
import { plan } from './plan.ts';
import { retryAfter } from './retry-after.ts';
import type { Soak } from './soak.ts';

// npm run soak [-- name …] [--seconds N] [--seed N]; without a name all of them, one after another.

const SOAKS: Readonly<Record<string, Soak>> = {
  estimate,
  'retry-after': retryAfter,
  allowance,
  faults,
  exports,
  plan,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string' }, seed: { type: 'string', default: '1' } },
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
  const { seconds, seed } = values;
  const options = { seed: Number(seed), ...(seconds === undefined ? {} : { seconds: Number(seconds) }) };
  if (!(await SOAKS[name]?.(options, say))) failed.push(name);
}
say(failed.length === 0 ? '\nAll came out as required.' : `\nNot as required: ${failed.join(', ')}.`);
process.exit(failed.length === 0 ? 0 : 1);
