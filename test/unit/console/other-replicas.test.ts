import { beforeEach, expect, test } from '@jest/globals';
import { OtherReplicas } from '../../../src/console/other-replicas.ts';
import type { Second } from '../../../src/console/second.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let clock: ManualClock;
let others: OtherReplicas;
beforeEach(() => {
  clock = new ManualClock();
  others = new OtherReplicas(clock, { keepMs: 60_000, gapMs: 4000 });
});

const second = (at: number, sent: number): Second => ({
  at,
  sent,
  outcomes: {},
  tookMs: [],
  endings: {},
  indexes: [],
  effectiveRate: 10,
  coolDownMs: 0,
});

/** Of the second before, as its own clock has it. */
function heard(sent: number, { aheadMs = 0, lateMs = 0 } = {}): 'gap' | undefined {
  const at = clock.now() + aheadMs - lateMs;
  const began = Math.floor(at / 1000) * 1000 - 1000;
  return others.heard({ replica: 'b', at, status: {}, seconds: [second(began, sent)] });
}

const sent = (): number => [...others.seconds(0)].reduce((sum, [, one]) => sum + one.sent, 0);

test('what was heard is kept for a minute, and each second is one', async () => {
  for (let n = 0; n < 90; n += 1) {
    heard(1);
    heard(1);
    await clock.advance(1000);
  }
  expect(sent()).toBeGreaterThanOrEqual(59);
  expect(sent()).toBeLessThanOrEqual(61);
});

test('a report that comes late is taken for one, and not for another clock', async () => {
  for (let n = 0; n < 10; n += 1) {
    heard(10);
    await clock.advance(1000);
  }
  expect(heard(10, { lateMs: 900 })).toBeUndefined();
  expect(sent()).toBe(100);
});

test.each([
  ['set forward', 3_600_000, 1],
  ['set back', -3_600_000, 5],
])('a clock that was %s begins anew, with a gap', async (_, aheadMs, reports) => {
  heard(10);
  await clock.advance(1000);
  const told: unknown[] = [];
  for (let n = 0; n < reports; n += 1) {
    told.push(heard(1, { aheadMs }));
    await clock.advance(1000);
  }
  expect(told).toEqual([...Array(reports - 1).fill(undefined), 'gap']);
  expect(sent()).toBe(1);
});

test('who was silent has a gap, and who is new has none', async () => {
  expect(heard(1)).toBeUndefined();
  await clock.advance(4001);
  expect(heard(1)).toBe('gap');
});

test('who has gone is shown with its age, for a minute, and held no longer though nobody looks', async () => {
  heard(1);
  await clock.advance(20_000);
  expect(others.replicas()).toEqual([{ replica: 'b', ageMs: 20_000, status: {} }]);
  await clock.advance(40_001);
  others.heard({ replica: 'c', at: clock.now(), status: {}, seconds: [] });
  expect(sent()).toBe(0);
  expect(others.replicas().map(({ replica }) => replica)).toEqual(['c']);
});
