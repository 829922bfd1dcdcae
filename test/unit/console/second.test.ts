import { expect, test } from '@jest/globals';
import { type Second, sumOf } from '../../../src/console/second.ts';

const second = (more: Partial<Second> = {}): Second => ({
  at: 5000,
  sent: 0,
  outcomes: {},
  tookMs: [],
  endings: {},
  indexes: [],
  effectiveRate: null,
  coolDownMs: 0,
  ...more,
});

test('counts of replicas are added up; of what they share, the more careful holds', () => {
  expect(
    sumOf(7000, [
      second({ sent: 3, outcomes: { ok: 2 }, tookMs: [5], effectiveRate: 10, indexes: [['a', 1]] }),
      second({ sent: 4, endings: { hit: 1, failed: 2 }, effectiveRate: 7, coolDownMs: 200 }),
      second({
        outcomes: { ok: 1, network: 1 },
        tookMs: [9],
        endings: { hit: 1 },
        indexes: [
          ['b', 2],
          ['a', 4],
        ],
      }),
    ]),
  ).toEqual({
    at: 7000,
    sent: 7,
    outcomes: { ok: 3, network: 1 },
    tookMs: [5, 9],
    endings: { hit: 2, failed: 2 },
    indexes: [
      ['a', 5],
      ['b', 2],
    ],
    effectiveRate: 7,
    coolDownMs: 200,
  });
});

test('where nobody has looked, no rate is known', () => {
  expect(sumOf(5000, [second(), second()])).toEqual(second());
});
