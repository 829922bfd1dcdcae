import { expect, test } from '@jest/globals';
import { progressBar } from '../../../src/cli/progress-bar.ts';
import { runVerb } from './run-verb.ts';

const whole = ['--index', 'idx', '--out', 'a.csv'];

test.each([
  ['no index', ['--out', 'a.csv'], '--index'],
  ['no file', ['--index', 'idx'], '--out'],
  ['a file of another kind', ['--index', 'idx', '--out', 'a.xlsx'], '--out'],
  ['a filter without a value', [...whole, '--filter', 'city'], '--filter'],
  ['an address that is none', [...whole, '--url', 'gateway'], '--url'],
  ['a key file that is not there', [...whole, '--key-file', 'no/such/file'], '--key-file'],
  ['no key', whole, 'GATEWAY_KEY'],
])('an export with %s is told what is missing', async (_what, args, named) => {
  const { code, complained } = await runVerb(['export', ...args]);
  expect([code, complained.split('\n')[0]]).toEqual([64, expect.stringContaining(named)]);
});

test('the bar tells what is done, of how much, and how fast', () => {
  const done = { profiles: 2500, sinceMs: 5000, begunWith: 500 };
  expect(progressBar({ ...done, total: 10_000 })).toBe(
    '[########----------------------] 25 %  2500 of 10000 profiles, 400 profiles/s',
  );
  expect(progressBar(done)).toBe('2500 profiles, 400 profiles/s');
  expect(progressBar({ ...done, total: 0 })).toBe('2500 profiles, 400 profiles/s');
});
