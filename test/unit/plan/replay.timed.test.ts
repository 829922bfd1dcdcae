import { describe, expect, test } from '@jest/globals';
import { settingsSchema } from '../../../src/config/schema.ts';
import { generatedLoad } from '../../../src/plan/generated-load.ts';
import { replay } from '../../../src/plan/replay.ts';

const SETTINGS = settingsSchema.parse({});

const TRAFFIC = {
  requests: 30_000,
  seconds: 300,
  teams: new Map([
    ['a', 1],
    ['b', 2],
  ]),
  questions: 1000,
  zipf: 0.8,
  latencyMs: 100,
};

describe('a replay', () => {
  test('does not look ever more often at refreshes that callers hold back', async () => {
    const settings = { ...SETTINGS, budget: { ...SETTINGS.budget, pacing: 'burst' as const } };
    const startedAt = performance.now();
    const { tally } = await replay(generatedLoad(TRAFFIC, 1), settings, new Map(), 1);
    expect(tally.total().stale).toBeGreaterThan(1000);
    // It took half a minute when each look led to another one.
    expect(performance.now() - startedAt).toBeLessThan(6000);
  });

  test('of a hundred thousand requests takes a tenth of what a million may take', async () => {
    const load = generatedLoad({ ...TRAFFIC, requests: 100_000, questions: 600 }, 1);
    const startedAt = performance.now();
    const { tally } = await replay(load, SETTINGS, new Map(), 1);
    expect(tally.total().requests).toBe(100_000);
    expect(performance.now() - startedAt).toBeLessThan(6000);
  });
});
