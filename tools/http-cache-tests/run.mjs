import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as client from 'http-cache-tests/client/config.mjs';
import { makeCacheTest, testResults } from 'http-cache-tests/client/test.mjs';
import { fetchThrough } from './caller.mjs';
import { startGateway } from './gateway.mjs';
import { startOrigin } from './origin.mjs';
import { LEFT_OUT, selectTests } from './suite.mjs';
import { failedRequired, KINDS, leftOutList, table } from './table.mjs';
import { differences, expectationsFrom, outcomesOf } from './verdicts.mjs';

const EXPECTATIONS = new URL('expectations.json', import.meta.url);

const { values: options } = parseArgs({
  options: { write: { type: 'boolean', default: false }, test: { type: 'string' } },
});
const groups = selectTests();
if (options.test === undefined) process.exitCode = await judgeAll();
else await showOne(options.test);

async function judgeAll() {
  await run(groups.map(({ tests }) => tests));
  const outcomes = outcomesOf(groups, testResults);
  const tests = KINDS.flatMap((kind) =>
    groups.flatMap((group) => group.tests.filter((test) => test.kind === kind)),
  );
  const before = JSON.parse(readFileSync(EXPECTATIONS, 'utf8'));
  const expected = options.write ? expectationsFrom(tests, outcomes, before) : before;
  if (options.write) writeFileSync(EXPECTATIONS, `${JSON.stringify(expected, null, 2)}\n`);

  print(leftOutList(LEFT_OUT), table(groups, outcomes));
  print(failedRequired(tests, outcomes, testResults, expected));
  const different = differences(tests, outcomes, expected, testResults);
  if (different.length > 0) print(['Otherwise than expected:', ...different].join('\n  '));
  else print('Every result is as expected.');
  return different.length > 0 ? 1 : 0;
}

/** With every request and answer, as the suite's client and its origin see them. */
async function showOne(id) {
  const test = groups.flatMap(({ tests }) => tests).find((each) => each.id === id);
  if (test === undefined) throw new Error(`No test ${id} is run.`);
  await run([[{ ...test, dump: true }]]);
  print(test.name, JSON.stringify(testResults[id]));
}

/**
 * The tests of a group one after another, and all groups beside each other. So the failures that some tests want of the
 * origin are spread among answers, and the gateway does not take the origin to be out of order.
 */
async function run(lanes) {
  const origin = await startOrigin();
  const gateway = await startGateway(origin.url).catch((error) => {
    origin.stop();
    throw error;
  });
  client.setBaseUrl(gateway.url);
  client.setFetch(fetchThrough(gateway, origin));
  await Promise.all(
    lanes.map(async (tests) => {
      for (const test of tests) await makeCacheTest(test);
    }),
  );
  await gateway.stop();
  origin.stop();
}

function print(...texts) {
  for (const text of texts) process.stdout.write(`${text}\n\n`);
}
