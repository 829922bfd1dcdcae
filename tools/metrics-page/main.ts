import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { metricsPage } from './page.ts';

const { write, check } = parseArgs({
  options: { write: { type: 'string' }, check: { type: 'string' } },
}).values;
const page = await metricsPage();
if (write !== undefined) writeFileSync(write, page);
if (check !== undefined && (!existsSync(check) || readFileSync(check, 'utf8') !== page)) {
  process.stderr.write(`${check} does not say what the metrics are; run: npm run fix\n`);
  process.exitCode = 1;
}
