import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Due, TimerHeap } from '../../../src/plan/timer-heap.ts';
import { VirtualClock } from '../../../src/plan/virtual-clock.ts';
import { sleep } from '../../../src/shared/clock.ts';

const EPOCH = Date.UTC(2026, 0, 1);
const never = () => false;

describe('the heap', () => {
  test('gives back by instant, and of one instant by order, whatever is put in between', () => {
    const steps = fc.array(fc.option(fc.integer({ min: 0, max: 9 })), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (script) => {
        const heap = new TimerHeap<Due>();
        let held: Due[] = [];
        for (const [order, at] of script.entries()) {
          if (at !== null) {
            heap.push({ at, order });
            held.push({ at, order });
            continue;
          }
          held = held.toSorted((a, b) => a.at - b.at || a.order - b.order);
          expect(heap.pop()).toEqual(held.shift());
        }
        expect(heap.size).toBe(held.length);
      }),
    );
  });
});

describe('virtual time', () => {
  test('jumps from timer to timer, those of one instant in the order in which they were set', async () => {
    const clock = new VirtualClock(EPOCH);
    const seen: [string, number][] = [];
    const see = (name: string) => () => seen.push([name, clock.monotonic()]);
    clock.after(50, see('late'));
    clock.after(10, see('first'));
    clock.after(10, see('second'));
    clock.after(10, () => clock.after(0, see('third')));
    clock.after(-5, see('past'));
    await clock.run(never);
    expect(seen).toEqual([
      ['past', 0],
      ['first', 10],
      ['second', 10],
      ['third', 10],
      ['late', 50],
    ]);
    expect(clock.now()).toBe(EPOCH + 50);
  });

  test('does not move on before all that was promised has happened, however long the chain', async () => {
    const clock = new VirtualClock(EPOCH);
    let chainEnd = -1;
    clock.after(1, async () => {
      for (let link = 0; link < 1000; link += 1) await Promise.resolve();
      chainEnd = clock.monotonic();
    });
    let other = -1;
    clock.after(2, () => {
      other = chainEnd;
    });
    await clock.run(never);
    expect(other).toBe(1);
  });

  test('lets what was begun before it ran set the first timers', async () => {
    const clock = new VirtualClock(EPOCH);
    let woke = 0;
    void (async () => {
      await Promise.resolve();
      await sleep(clock, 7);
      woke = clock.monotonic();
    })();
    await clock.run(never);
    expect(woke).toBe(7);
  });

  test('leaves out what was cancelled, and cancelling late does no harm', async () => {
    const clock = new VirtualClock(EPOCH);
    const seen: string[] = [];
    const cancel = clock.after(5, () => seen.push('cancelled'));
    const done = clock.after(1, () => seen.push('done'));
    clock.after(3, cancel);
    clock.after(4, done);
    await clock.run(never);
    expect(seen).toEqual(['done']);
    expect(clock.monotonic()).toBe(4);
  });

  test('stops when it is told that all is over', async () => {
    const clock = new VirtualClock(EPOCH);
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      clock.after(100, tick);
    };
    tick();
    await clock.run(() => ticks === 5);
    expect(clock.monotonic()).toBe(400);
  });
});
