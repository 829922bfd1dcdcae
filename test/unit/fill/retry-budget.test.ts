import { expect, test } from '@jest/globals';
import { RetryBudget } from '../../../src/fill/retry-budget.ts';

test('a few failures may be tried again, a run of failures may not', () => {
  const budget = new RetryBudget();
  const may = Array.from({ length: 30 }, () => budget.mayRetry());
  expect(may.filter(Boolean)).toHaveLength(4);
  expect(may.slice(0, 4)).toEqual([true, true, true, true]);
});

test('successes earn retries, ten of them one', () => {
  const budget = new RetryBudget();
  for (let failure = 0; failure < 30; failure += 1) budget.mayRetry();
  for (let success = 0; success < 59; success += 1) budget.succeeded();
  expect(budget.mayRetry()).toBe(false);
  for (let success = 0; success < 20; success += 1) budget.succeeded();
  expect(budget.mayRetry()).toBe(true);
});

test('in the long run retries stay below a tenth of the calls, whatever share of them fails', () => {
  for (const every of [1, 2, 5, 10, 20]) {
    const budget = new RetryBudget();
    let retries = 0;
    let calls = 0;
    for (let call = 0; call < 10_000; call += 1) {
      calls += 1;
      if (call % every === 0) retries += budget.mayRetry() ? 1 : 0;
      else budget.succeeded();
    }
    expect(retries).toBeLessThanOrEqual(calls / 10 + 5);
  }
});
