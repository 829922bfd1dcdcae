import { beforeEach, describe, expect, test } from '@jest/globals';
import { EffectiveRate } from '../../../src/budget/effective-rate.ts';
import { Pacing, type PacingMode } from '../../../src/budget/pacing.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const LIMIT = { rate: 10, windowMs: 1000, guardMs: 25 };
let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
});

const pacing = (mode: PacingMode) => new Pacing(mode, LIMIT, new EffectiveRate(LIMIT.rate, clock), clock);
const BURST = { leases: 10, minTimeMs: 0 };
const EVEN = { leases: 10, minTimeMs: 102 };

describe('adaptive pacing', () => {
  test('lets bursts out while nothing stays behind', async () => {
    const adaptive = pacing('adaptive');
    for (const waiting of [9, 5, 0, 9, 0]) {
      adaptive.observe(waiting);
      await clock.advance(400);
    }
    expect(adaptive.tuning()).toEqual(BURST);
  });

  test('spaces calls evenly once something has stayed behind for a window, until a window without', async () => {
    const adaptive = pacing('adaptive');
    adaptive.observe(50);
    await clock.advance(999);
    adaptive.observe(40);
    expect(adaptive.tuning()).toEqual(BURST);
    await clock.advance(1);
    adaptive.observe(39);
    expect(adaptive.tuning()).toEqual(EVEN);
    await clock.advance(999);
    expect(adaptive.tuning()).toEqual(EVEN);
    await clock.advance(1);
    expect(adaptive.tuning()).toEqual(BURST);
  });
});

describe('where other replicas claim what is left', () => {
  test('a burst is no backlog only because the end of the last one was not seen here', async () => {
    const adaptive = pacing('adaptive');
    for (let burst = 0; burst < 3; burst += 1) {
      for (const waiting of [9, 6, 3]) adaptive.observe(waiting);
      expect(adaptive.tuning()).toEqual(BURST);
      await clock.advance(2000);
    }
  });

  test('waves a window apart are one backlog', async () => {
    const adaptive = pacing('adaptive');
    adaptive.observe(50);
    await clock.advance(1025);
    adaptive.observe(40);
    expect(adaptive.tuning()).toEqual(EVEN);
  });
});

test('the modes burst and even do not look at the backlog', async () => {
  const modes = [pacing('burst'), pacing('even')];
  for (const mode of modes) mode.observe(50);
  await clock.advance(1000);
  for (const mode of modes) mode.observe(50);
  expect(modes.map((mode) => mode.tuning())).toEqual([BURST, EVEN]);
});

describe('a refusal by Amperity', () => {
  test('cuts the rate to 0.7 and spaces calls by it; part of a lease is kept by time', () => {
    const refused = pacing('burst');
    refused.refused();
    expect(refused.tuning()).toEqual({ leases: 7, minTimeMs: 146 });
    refused.refused();
    expect(refused.tuning()).toEqual({ leases: 5, minTimeMs: 209 });
  });

  test('keeps adaptive calls evenly spaced for three minutes, also at the full rate', async () => {
    const refused = pacing('adaptive');
    refused.refused();
    await clock.advance(179_999);
    expect(refused.tuning()).toEqual(EVEN);
    await clock.advance(1);
    expect(refused.tuning()).toEqual(BURST);
  });
});

describe('the effective rate', () => {
  test('is back at 95 % within 60 s after any refusal, and never above the configured rate', async () => {
    const rate = new EffectiveRate(10, clock);
    for (let refusal = 0; refusal < 3; refusal += 1) rate.decrease();
    expect(rate.current()).toBeCloseTo(3.43);
    let last = 0;
    for (let second = 0; second < 60; second += 1) {
      expect(rate.current()).toBeGreaterThanOrEqual(last);
      last = rate.current();
      await clock.advance(1000);
    }
    expect(rate.current()).toBeGreaterThanOrEqual(9.5);
    await clock.advance(600_000);
    expect(rate.current()).toBe(10);
  });

  test('comes back quickly to what went well before, and slowly beyond', async () => {
    const rate = new EffectiveRate(10, clock);
    rate.decrease();
    await clock.advance(4000);
    expect(rate.current()).toBeCloseTo(9);
    await clock.advance(5000);
    expect(rate.current()).toBeCloseTo(9.5);
  });

  test('never falls below one call a window', () => {
    const rate = new EffectiveRate(10, clock);
    for (let refusal = 0; refusal < 30; refusal += 1) rate.decrease();
    expect(rate.current()).toBe(1);
  });
});
