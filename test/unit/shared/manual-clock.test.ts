import { expect, test } from '@jest/globals';
import { sleep } from '../../../src/shared/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('time stands still until it is moved on, and both clocks move by the same', async () => {
  const clock = new ManualClock();
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  await clock.settle();
  expect([clock.now(), clock.monotonic()]).toEqual([now, monotonic]);
  await clock.advance(1500);
  expect([clock.now() - now, clock.monotonic() - monotonic]).toEqual([1500, 1500]);
});

test('timers fire in the order of their instants, at these instants, and those set on the way fire too', async () => {
  const clock = new ManualClock();
  const start = clock.monotonic();
  const fired: string[] = [];
  const at = (name: string) => fired.push(`${name} at ${clock.monotonic() - start}`);
  clock.after(300, () => at('late'));
  clock.after(100, () => {
    at('early');
    clock.after(50, () => at('nested'));
    clock.after(500, () => at('never'));
  });
  clock.after(100, () => at('second'));
  clock.after(200, () => at('cancelled'))();
  await clock.advance(300);
  expect(fired).toEqual(['early at 100', 'second at 100', 'nested at 150', 'late at 300']);
  expect(clock.pending).toBe(1);
});

test('what was promised happens before the next timer fires', async () => {
  const clock = new ManualClock();
  const events: string[] = [];
  const work = async (): Promise<void> => {
    await sleep(clock, 10);
    for (let step = 0; step < 20; step += 1) await Promise.resolve();
    events.push('worked');
  };
  void work();
  clock.after(11, () => events.push('timer'));
  await clock.advance(20);
  expect(events).toEqual(['worked', 'timer']);
});
