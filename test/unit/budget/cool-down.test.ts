import { expect, test } from '@jest/globals';
import { CoolDown } from '../../../src/budget/cool-down.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A call that is sent now, is refused at once, and leads to the pause that is returned. */
function refusedNow(clock: ManualClock, coolDown: CoolDown, retryAfterMs?: number): number {
  coolDown.refused(clock.monotonic(), retryAfterMs);
  return coolDown.remainingMs();
}

test('there is no pause before the first 429', () => {
  expect(new CoolDown(new ManualClock()).remainingMs()).toBe(0);
});

test('a 429 without more pauses calls for a second', async () => {
  const clock = new ManualClock();
  const coolDown = new CoolDown(clock);
  expect(refusedNow(clock, coolDown)).toBe(1000);
  await clock.advance(999);
  expect(coolDown.remainingMs()).toBe(1);
  await clock.advance(1);
  expect(coolDown.remainingMs()).toBe(0);
});

test('the pause doubles while the first call after it is refused, up to 30 seconds', async () => {
  const clock = new ManualClock();
  const coolDown = new CoolDown(clock);
  const pauses: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    pauses.push(refusedNow(clock, coolDown));
    await clock.advance(coolDown.remainingMs());
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('calls that were under way when the pause began neither prolong nor double it', async () => {
  const clock = new ManualClock();
  const coolDown = new CoolDown(clock);
  const sentAt = clock.monotonic();
  await clock.advance(300);
  coolDown.refused(sentAt, undefined);
  await clock.advance(400);
  for (let call = 0; call < 9; call += 1) coolDown.refused(sentAt + call * 30, undefined);
  expect(coolDown.remainingMs()).toBe(600);
  await clock.advance(600);
  expect(refusedNow(clock, coolDown)).toBe(2000);
});

test('a late 429 of a call from before the pause is no news even when the pause is over', async () => {
  const clock = new ManualClock();
  const coolDown = new CoolDown(clock);
  const sentAt = clock.monotonic();
  coolDown.refused(sentAt, undefined);
  await clock.advance(5000);
  coolDown.refused(sentAt + 999, undefined);
  expect(coolDown.remainingMs()).toBe(0);
});

test('Retry-After is honoured when it asks for more', () => {
  const clock = new ManualClock();
  expect(refusedNow(clock, new CoolDown(clock), 7000)).toBe(7000);
  expect(refusedNow(clock, new CoolDown(clock), 60_000)).toBe(60_000);
});

test('a Retry-After of nothing does not send the next call at once', () => {
  const clock = new ManualClock();
  expect(refusedNow(clock, new CoolDown(clock), 0)).toBe(1000);
});

test('Retry-After of a call from before the pause prolongs it and never shortens it', async () => {
  const clock = new ManualClock();
  const coolDown = new CoolDown(clock);
  const sentAt = clock.monotonic();
  coolDown.refused(sentAt, 5000);
  coolDown.refused(sentAt, 2000);
  expect(coolDown.remainingMs()).toBe(5000);
  coolDown.refused(sentAt, 9000);
  expect(coolDown.remainingMs()).toBe(9000);
});

test('a call let through after the pause ends the doubling', async () => {
  const clock = new ManualClock();
  const coolDown = new CoolDown(clock);
  refusedNow(clock, coolDown);
  await clock.advance(1000);
  refusedNow(clock, coolDown);
  await clock.advance(2000);
  coolDown.accepted(clock.monotonic());
  expect(refusedNow(clock, coolDown)).toBe(1000);
});

test('a call let through that was sent before the pause does not end the doubling', async () => {
  const clock = new ManualClock();
  const coolDown = new CoolDown(clock);
  const sentAt = clock.monotonic();
  refusedNow(clock, coolDown);
  await clock.advance(1000);
  coolDown.accepted(sentAt);
  expect(refusedNow(clock, coolDown)).toBe(2000);
});

test('a pause is news once, whoever’s call was refused', async () => {
  const clock = new ManualClock();
  const coolDown = new CoolDown(clock);
  let news = 0;
  coolDown.whenNews(() => {
    news += 1;
  });
  const sentAt = clock.monotonic();
  coolDown.refused(sentAt, undefined);
  coolDown.refused(sentAt, undefined);
  coolDown.pauseFor(1500);
  expect(news).toBe(1);
  await clock.advance(1500);
  coolDown.pauseFor(1000);
  coolDown.pauseFor(900);
  expect(news).toBe(2);
});
