import { expect, test } from '@jest/globals';
import { MemoryRetryBudget } from '../../../src/budget/memory-retry-budget.ts';

test('a few failures may be tried again, a run of failures may not', async () => {
  const budget = new MemoryRetryBudget();
  const may = await Promise.all(Array.from({ length: 30 }, () => budget.mayRetry()));
  expect(may.filter(Boolean)).toHaveLength(4);
  expect(may.slice(0, 4)).toEqual([true, true, true, true]);
});

test('successes earn retries, ten of them one', async () => {
  const budget = new MemoryRetryBudget();
  for (let failure = 0; failure < 30; failure += 1) await budget.mayRetry();
  for (let success = 0; success < 59; success += 1) budget.succeeded();
  expect(await budget.mayRetry()).toBe(false);
  for (let success = 0; success < 20; success += 1) budget.succeeded();
  expect(await budget.mayRetry()).toBe(true);
});

test('in the long run retries stay below a tenth of the calls, whatever share of them fails', async () => {
  for (const every of [1, 2, 5, 10, 20]) {
    const budget = new MemoryRetryBudget();
    let retries = 0;
    let calls = 0;
    for (let call = 0; call < 10_000; call += 1) {
      calls += 1;
      if (call % every === 0) retries += (await budget.mayRetry()) ? 1 : 0;
      else budget.succeeded();
    }
    expect(retries).toBeLessThanOrEqual(calls / 10 + 5);
  }
});
