import { setTimeout as elapse } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { BottleneckPermits } from '../../../src/budget/bottleneck-permits.ts';
import type { RateLimit } from '../../../src/budget/permits.ts';
import { systemClock } from '../../../src/shared/clock.ts';

// Bottleneck keeps time by timers of its own, so these tests run in real time, with a window that is short, and
// side by side, each with a limiter of its own.
const LIMIT: RateLimit = { rate: 3, windowMs: 200, guardMs: 10 };
const HOLD_MS = LIMIT.windowMs + LIMIT.guardMs;

const open = () => new BottleneckPermits(LIMIT, systemClock);

/** The most sends in any stretch of `windowMs`. */
function mostInAWindow(sends: readonly number[]): number {
  const sorted = [...sends].sort((a, b) => a - b);
  return Math.max(
    ...sorted.map((from) => sorted.filter((at) => at >= from && at < from + LIMIT.windowMs).length),
  );
}

/** Asks for `count` permits in the way of the dispatcher: for the next one as soon as one is granted. */
async function run(
  permits: BottleneckPermits,
  count: number,
  use: () => Promise<boolean>,
): Promise<readonly Promise<void>[]> {
  const leases: Promise<void>[] = [];
  for (let number = 0; number < count; number += 1) {
    await new Promise<void>((granted) => {
      leases.push(
        permits.acquire(() => {
          granted();
          return use();
        }),
      );
    });
  }
  return leases;
}

test.concurrent('a permit whose use never ends is taken back', async () => {
  const permits = open();
  const startedAt = performance.now();
  const stuck = await run(permits, LIMIT.rate, () => new Promise<boolean>(() => {}));
  let grantedAt = 0;
  const next = permits.acquire(async () => {
    grantedAt = performance.now();
    return false;
  });
  await expect(Promise.all([...stuck, next])).resolves.toBeDefined();
  // The time to send plus the hold: a request that left at the last moment has still had its window.
  expect(grantedAt - startedAt).toBeGreaterThanOrEqual(2975 + HOLD_MS - 10);
  expect(grantedAt - startedAt).toBeLessThan(2975 + HOLD_MS + 1000);
  permits.close();
});

describe('sends in any window are never more than the rate', () => {
  test.concurrent('in a burst, which takes all of it', async () => {
    const permits = open();
    const sends: number[] = [];
    const startedAt = performance.now();
    await run(permits, 12, async () => {
      sends.push(performance.now());
      return true;
    });
    expect(mostInAWindow(sends)).toBe(LIMIT.rate);
    // Four windows' worth takes three holds; one call at a time would take eleven.
    expect((sends.at(-1) ?? 0) - startedAt).toBeLessThan(8 * HOLD_MS);
    permits.close();
  });

  test.concurrent('when requests take their time to reach the wire, because the lease begins only there', async () => {
    const permits = open();
    const sends: number[] = [];
    let number = 0;
    await run(permits, 8, async () => {
      // Every other request needs a new connection.
      number += 1;
      if (number % 2 === 1) await elapse(120);
      sends.push(performance.now());
      return true;
    });
    await elapse(130);
    expect(sends).toHaveLength(8);
    expect(mostInAWindow(sends)).toBeLessThanOrEqual(LIMIT.rate);
    permits.close();
  });

  test.concurrent('when all permits are asked for at once', async () => {
    const permits = open();
    const sends: number[] = [];
    await Promise.all(
      Array.from({ length: 8 }, () =>
        permits.acquire(async () => {
          await elapse(Math.random() * 50);
          sends.push(performance.now());
          return true;
        }),
      ),
    );
    expect(mostInAWindow(sends)).toBeLessThanOrEqual(LIMIT.rate);
    permits.close();
  });
});

test.concurrent('the limit holds while grants are spaced, thinned out and let loose again', async () => {
  const permits = open();
  const sends: number[] = [];
  const use = async () => {
    sends.push(performance.now());
    return true;
  };
  await run(permits, 5, use);
  permits.tune({ leases: LIMIT.rate, minTimeMs: 70 });
  await run(permits, 4, use);
  permits.tune({ leases: 1, minTimeMs: 0 });
  await run(permits, 2, use);
  permits.tune({ leases: LIMIT.rate, minTimeMs: 0 });
  await run(permits, 5, use);
  expect(mostInAWindow(sends)).toBe(LIMIT.rate);
  // The second call under one lease came no sooner than the lease before it ended.
  expect((sends[10] ?? 0) - (sends[9] ?? 0)).toBeGreaterThanOrEqual(HOLD_MS - 5);
  permits.close();
});

describe('a permit', () => {
  test.concurrent('that was not used is back at once', async () => {
    const permits = open();
    const startedAt = performance.now();
    await Promise.all(await run(permits, 30, async () => false));
    // Were they held, 30 would take nine holds.
    expect(performance.now() - startedAt).toBeLessThan(4 * HOLD_MS);
    expect(permits.held()).toBe(0);
    permits.close();
  });

  test.concurrent('whose use fails counts as sent, and its owner hears nothing of it', async () => {
    const permits = open();
    const startedAt = performance.now();
    const leases = await run(permits, LIMIT.rate + 1, () => Promise.reject(new Error('broken')));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(HOLD_MS - 5);
    await expect(Promise.all(leases)).resolves.toBeDefined();
    permits.close();
  });

  test.concurrent('is held from the send until the window and its guard are over', async () => {
    const permits = open();
    let sentAt = 0;
    const lease = permits.acquire(async () => {
      await elapse(50);
      sentAt = performance.now();
      return true;
    });
    await elapse(20);
    expect(permits.held()).toBe(1);
    await lease;
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(HOLD_MS - 2);
    expect(permits.held()).toBe(0);
    permits.close();
  });

  test.concurrent('tells by when its request must be on the wire, which is before the limiter takes it back', async () => {
    const permits = open();
    let sendWithinMs = 0;
    await permits.acquire(async ({ sendBy }) => {
      sendWithinMs = sendBy - systemClock.monotonic();
      return false;
    });
    expect(sendWithinMs).toBeGreaterThan(2900);
    expect(sendWithinMs).toBeLessThanOrEqual(2975);
    permits.close();
  });
});

describe('a closed budget', () => {
  test.concurrent('grants nothing any more, and whoever waits or asks is let go', async () => {
    const permits = open();
    await run(permits, LIMIT.rate, async () => true);
    let granted = 0;
    const count = async () => {
      granted += 1;
      return true;
    };
    const waiting = permits.acquire(count);
    permits.close();
    await expect(waiting).resolves.toBeUndefined();
    await expect(permits.acquire(count)).resolves.toBeUndefined();
    await elapse(HOLD_MS + 50);
    expect(granted).toBe(0);
    expect(permits.held()).toBe(0);
  });

  test.concurrent('may be closed twice', async () => {
    const permits = open();
    permits.close();
    permits.close();
    await expect(permits.acquire(async () => true)).resolves.toBeUndefined();
  });
});
