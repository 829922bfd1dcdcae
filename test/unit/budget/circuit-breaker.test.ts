import { beforeEach, describe, expect, test } from '@jest/globals';
import { Breakers } from '../../../src/budget/breakers.ts';
import { CircuitBreaker } from '../../../src/budget/circuit-breaker.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let clock: ManualClock;
let breaker: CircuitBreaker;

beforeEach(() => {
  clock = new ManualClock();
  breaker = new CircuitBreaker(clock);
});

const record = (calls: number, failed: boolean) => {
  for (let call = 0; call < calls; call += 1) breaker.record('call', failed);
};

describe('the circuit breaker', () => {
  test('opens once half of at least ten calls have failed', () => {
    record(5, false);
    record(4, true);
    expect(breaker.state()).toBe('closed');
    record(1, true);
    expect(breaker.state()).toBe('open');
    expect(breaker.admit('probe')).toBe(false);
    expect(breaker.remainingMs()).toBe(5000);
  });

  test('does not open for fewer than ten calls, nor for failures that lie further apart than 20 s', async () => {
    record(9, true);
    expect(breaker.state()).toBe('closed');
    await clock.advance(20_000);
    record(9, true);
    expect(breaker.state()).toBe('closed');
  });

  test('lets one probe through after 5 s, and closes when it goes well', async () => {
    record(10, true);
    await clock.advance(5000);
    expect(breaker.state()).toBe('half_open');
    expect([breaker.admit('probe'), breaker.admit('other')]).toEqual([true, false]);
    breaker.record('probe', false);
    expect(breaker.state()).toBe('closed');
    // What was before it opened is forgotten.
    record(9, true);
    expect(breaker.state()).toBe('closed');
  });

  test('doubles its pause with every probe that fails, up to a minute', async () => {
    record(10, true);
    const pauses: number[] = [];
    for (let probe = 0; probe < 6; probe += 1) {
      pauses.push(breaker.remainingMs());
      await clock.advance(breaker.remainingMs());
      expect(breaker.admit('probe')).toBe(true);
      breaker.record('probe', true);
    }
    expect(pauses).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test('is not moved by calls from before it opened, not even while the probe is under way', async () => {
    record(10, true);
    record(20, false);
    expect(breaker.state()).toBe('open');
    await clock.advance(5000);
    expect(breaker.admit('probe')).toBe(true);
    record(1, false);
    breaker.release('call');
    expect(breaker.state()).toBe('half_open');
    expect(breaker.admit('other')).toBe(false);
  });

  test('gives the probe to the next one when it said nothing', async () => {
    record(10, true);
    await clock.advance(5000);
    expect(breaker.admit('probe')).toBe(true);
    breaker.release('probe');
    expect(breaker.admit('probe')).toBe(true);
  });
});

test('slow questions have a breaker of their own', () => {
  const breakers = new Breakers(clock);
  const plain = { route: 'profiles', index: 'i', filters: [], withTotal: false } as const;
  const slow = { ...plain, withTotal: true };
  for (let call = 0; call < 10; call += 1) breakers.for(slow).record('call', true);
  expect(breakers.states()).toEqual({ quick: 'closed', slow: 'open' });
  const twoFilters = { ...plain, filters: [['a', 'x'] as const, ['b', 'y'] as const] };
  expect(breakers.for(twoFilters).admit('call')).toBe(false);
  expect(breakers.for({ ...plain, filters: [['a', 'x'] as const] }).admit('call')).toBe(true);
});

test('a probe that goes well is told as a success', async () => {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker(clock);
  for (let call = 0; call < 10; call += 1) breaker.record(`call-${call}`, true);
  expect(breaker.finding()).toEqual({ failing: 5000 });
  await clock.advance(5000);
  expect(breaker.finding()).toEqual({ failing: 0 });
  breaker.admit('probe');
  expect(breaker.finding()).toEqual({ failing: 1 });
  breaker.record('probe', false);
  expect(breaker.finding()).toBe('well');
});
