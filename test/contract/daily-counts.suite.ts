import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DailyCounts, Quota } from '../../src/quota/daily-counts.ts';

/** Counts under test together with their time, which passes only through `advance`. */
export interface CountsHarness {
  readonly counts: DailyCounts;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** What all daily counts must do where one replica is alone. */
export function dailyCountsContract(name: string, create: () => Promise<CountsHarness>): void {
  const withCounts = (run: (harness: CountsHarness) => Promise<void>) => async (): Promise<void> => {
    const harness = await create();
    try {
      await run(harness);
    } finally {
      await harness.close();
    }
  };
  const of = (subject: string, most: number): Quota => ({ subject, most });

  describe(`${name} keep the contract of daily counts:`, () => {
    test(
      'all of a quota can be taken, and nothing beyond it',
      withCounts(async ({ advance, counts }) => {
        expect(counts.left(of('web', 100))).toBe(100);
        expect(counts.take([of('web', 100)], 60)).toBe(true);
        expect(counts.left(of('web', 100))).toBe(40);
        expect(counts.take([of('web', 100)], 41)).toBe(false);
        await advance(1000);
        expect(counts.left(of('web', 100))).toBe(40);
        expect(counts.take([of('web', 100)], 40)).toBe(true);
        expect(counts.left(of('web', 100))).toBe(0);
        expect(counts.take([of('web', 100)], 1)).toBe(false);
        expect(counts.take([of('web', 100)], 0)).toBe(true);
      }),
    );

    test(
      'what does not fit under one of several quotas is counted under none',
      withCounts(async ({ counts }) => {
        const [team, key] = [of('shop', 100), of('key:k7Qm2ZrT0a', 10)];
        expect(counts.take([team, key], 8)).toBe(true);
        expect(counts.take([team, key], 3)).toBe(false);
        expect(counts.take([key, team], 3)).toBe(false);
        expect([counts.left(team), counts.left(key)]).toEqual([92, 2]);
        expect(counts.take([team], 3)).toBe(true);
        expect([counts.left(team), counts.left(key)]).toEqual([89, 2]);
      }),
    );

    test(
      'a subject that stands under two quotas is counted once, and without a quota everything fits',
      withCounts(async ({ counts }) => {
        expect(counts.take([of('web', 100), of('web', 50)], 20)).toBe(true);
        expect(counts.left(of('web', 100))).toBe(80);
        expect(counts.take([], 1_000_000)).toBe(true);
        expect(counts.left(of('web', 100))).toBe(80);
      }),
    );

    test(
      'a quota that was lowered below what was taken leaves nothing, and one that was raised the rest',
      withCounts(async ({ counts }) => {
        counts.take([of('web', 100)], 60);
        expect(counts.left(of('web', 50))).toBe(0);
        expect(counts.take([of('web', 50)], 1)).toBe(false);
        expect(counts.left(of('web', 1000))).toBe(940);
      }),
    );

    test(
      'names are told apart whatever stands in them',
      withCounts(async ({ advance, counts }) => {
        const names = ['day', 'of:a', 'a', 'a b', 'b', '__proto__', 'key:a', 'ü\n'];
        for (const [at, each] of names.entries()) counts.take([of(each, 100)], at + 1);
        for (let beats = 0; beats < 2; beats += 1) await advance(1000);
        expect(names.map((each) => 100 - counts.left(of(each, 100)))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      }),
    );

    test(
      'with the UTC day everything begins anew, and not before',
      withCounts(async ({ advance, counts }) => {
        counts.take([of('web', 100)], 60);
        await advance(1000);
        const restMs = counts.resetMs();
        expect(restMs).toBeGreaterThan(0);
        expect(restMs).toBeLessThanOrEqual(DAY_MS);
        await advance(restMs - 1);
        expect(counts.left(of('web', 100))).toBe(40);
        expect(counts.resetMs()).toBe(1);
        await advance(1);
        expect(counts.left(of('web', 100))).toBe(100);
        expect(counts.resetMs()).toBe(DAY_MS);
        expect(counts.take([of('web', 100)], 90)).toBe(true);
        await advance(1000);
        await advance(1000);
        expect(counts.left(of('web', 100))).toBe(10);
      }),
    );

    test(
      'in whatever order, what is taken is what fits, to the last one',
      withCounts(async ({ advance, counts }) => {
        let runs = 0;
        const step = fc.oneof(
          { weight: 1, arbitrary: fc.constant('beat' as const) },
          {
            weight: 8,
            arbitrary: fc.record({
              subjects: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
              most: fc.integer({ min: 1, max: 60 }),
              profiles: fc.integer({ min: 0, max: 30 }),
            }),
          },
        );
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
            runs += 1;
            const taken = new Map<string, number>();
            for (const each of steps) {
              if (each === 'beat') {
                await advance(1000);
                continue;
              }
              const { most, profiles } = each;
              const quotas = each.subjects.map((subject) => of(`${subject}${runs}`, most));
              const left = ({ subject }: Quota) => Math.max(0, most - (taken.get(subject) ?? 0));
              expect(quotas.map((quota) => counts.left(quota))).toEqual(quotas.map(left));
              const fits = quotas.every((quota) => profiles <= left(quota));
              expect(counts.take(quotas, profiles)).toBe(fits);
              for (const { subject } of fits ? quotas : [])
                taken.set(subject, (taken.get(subject) ?? 0) + profiles);
              expect(quotas.map((quota) => counts.left(quota))).toEqual(quotas.map(left));
            }
          }),
          { numRuns: 60 },
        );
      }),
    );
  });
}
