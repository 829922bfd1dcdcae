import { expect, test } from '@jest/globals';
import { Waiter } from '../../../src/serve/waiter.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { watch } from './ground.ts';

function waiting(maxWaitMs: number) {
  const clock = new ManualClock();
  const waiter = new Waiter<string>(clock, maxWaitMs);
  return { clock, waiter, landed: watch(waiter.landed) };
}

test('a waiter gets what lands', async () => {
  const { clock, waiter, landed } = waiting(1000);
  waiter.start();
  waiter.land('page');
  await clock.settle();
  expect(landed.value).toBe('page');
});

test('a waiter gives up when its time in the queue is over, not a millisecond sooner', async () => {
  const { clock, waiter, landed } = waiting(1000);
  waiter.start();
  await clock.advance(999);
  expect(landed.isPending).toBe(true);
  await clock.advance(1);
  expect(landed.code).toBe('deadline_exceeded');
});

test('the watch does not run before the flight queues', async () => {
  const { clock, landed } = waiting(1000);
  await clock.advance(5000);
  expect(landed.isPending).toBe(true);
});

test('the watch stands still while the flight is in the air, and goes on where it stood', async () => {
  const { clock, waiter, landed } = waiting(1000);
  waiter.start();
  await clock.advance(600);
  waiter.pause();
  await clock.advance(60_000);
  expect(landed.isPending).toBe(true);
  waiter.start();
  await clock.advance(399);
  expect(landed.isPending).toBe(true);
  await clock.advance(1);
  expect(landed.code).toBe('deadline_exceeded');
});

test('starting twice is starting once', async () => {
  const { clock, waiter, landed } = waiting(1000);
  waiter.start();
  await clock.advance(600);
  waiter.start();
  expect(clock.pending).toBe(1);
  await clock.advance(300);
  waiter.pause();
  expect(waiter.waitedMs()).toBe(900);
  waiter.start();
  await clock.advance(100);
  expect(landed.code).toBe('deadline_exceeded');
});

test('the wait is summed over all stretches in the queue', async () => {
  const { clock, waiter } = waiting(10_000);
  for (const stretchMs of [100, 250, 50]) {
    waiter.start();
    await clock.advance(stretchMs);
    waiter.pause();
    waiter.pause();
    await clock.advance(1000);
  }
  expect(waiter.waitedMs()).toBe(400);
});

test('a paused waiter leaves no timer behind', async () => {
  const { clock, waiter } = waiting(1000);
  waiter.start();
  expect(clock.pending).toBe(1);
  waiter.pause();
  expect(clock.pending).toBe(0);
});

test('a waiter that failed is not landed any more', async () => {
  const { clock, waiter, landed } = waiting(1000);
  waiter.fail(new GatewayError('client_closed', 'The caller has gone.'));
  waiter.land('too late');
  await clock.settle();
  expect(landed.code).toBe('client_closed');
});
