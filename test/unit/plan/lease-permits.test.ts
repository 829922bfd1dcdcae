import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BottleneckPermits } from '../../../src/budget/bottleneck-permits.ts';
import type { Permits, RateLimit } from '../../../src/budget/permits.ts';
import { LeasePermits } from '../../../src/plan/lease-permits.ts';
import { VirtualClock } from '../../../src/plan/virtual-clock.ts';
import { type Clock, sleep, systemClock } from '../../../src/shared/clock.ts';

const LIMIT: RateLimit = { rate: 3, windowMs: 200, guardMs: 10 };
const HOLD_MS = LIMIT.windowMs + LIMIT.guardMs;

function open(limit = LIMIT) {
  const clock = new VirtualClock(0);
  const permits = new LeasePermits(limit, clock);
  return { clock, permits, run: () => clock.run(() => false) };
}

interface Step {
  /** Before the permit is asked for. */
  readonly tune?: { readonly leases: number; readonly minTimeMs: number };
  readonly pauseMs?: number;
  readonly sendMs?: number;
  readonly sent?: boolean;
}

/** Asks in the way of the dispatcher, for the next permit as soon as one is granted, and tells when it was. */
async function play(permits: Permits, clock: Clock, steps: readonly Step[]) {
  const startedAt = clock.monotonic();
  const grants: number[] = [];
  const sends: number[] = [];
  for (const { tune, pauseMs = 0, sendMs = 0, sent = true } of steps) {
    if (pauseMs > 0) await sleep(clock, pauseMs);
    if (tune !== undefined) permits.tune(tune);
    await new Promise<void>((granted) => {
      void permits.acquire(async () => {
        grants.push(clock.monotonic() - startedAt);
        granted();
        if (sendMs > 0) await sleep(clock, sendMs);
        if (sent) sends.push(clock.monotonic() - startedAt);
        return sent;
      });
    });
  }
  return { grants, sends };
}

async function played(steps: readonly Step[], limit = LIMIT) {
  const { clock, permits, run } = open(limit);
  const playing = play(permits, clock, steps);
  await run();
  return playing;
}

/** The most sends in any stretch of a window. */
function mostInAWindow(sends: readonly number[]): number {
  return Math.max(
    0,
    ...sends.map((from) => sends.filter((at) => at >= from && at < from + LIMIT.windowMs).length),
  );
}

const steps = fc.array(
  fc.record(
    {
      tune: fc.record({ leases: fc.integer({ min: 1, max: 3 }), minTimeMs: fc.constantFrom(0, 40, 70) }),
      pauseMs: fc.constantFrom(0, 0, 5, 100, 400),
      sendMs: fc.constantFrom(0, 0, 3, 120),
      sent: fc.constantFrom(true, true, true, false),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 60 },
);

test('in no window are there more sends than the rate, whatever is tuned, sent late or not sent', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const { grants, sends } = await played(script);
      expect(grants).toHaveLength(script.length);
      expect(mostInAWindow(sends)).toBeLessThanOrEqual(LIMIT.rate);
    }),
  );
});

test('a backlog uses all of the rate', async () => {
  const { grants } = await played(Array.from({ length: 10 }, () => ({})));
  expect(grants).toEqual([0, 0, 0, HOLD_MS, HOLD_MS, HOLD_MS, ...Array(3).fill(2 * HOLD_MS), 3 * HOLD_MS]);
});

test('grants are spaced from the grant after the one that found them tuned', async () => {
  const spaced = { leases: 3, minTimeMs: 70 };
  const { grants } = await played([{}, { tune: spaced }, {}, {}, { tune: { leases: 3, minTimeMs: 0 } }, {}]);
  expect(grants).toEqual([0, 0, 70, 210, 280, 280]);
});

test('a permit that was not used is back at once, and one whose use fails counts as sent', async () => {
  const { grants } = await played(Array.from({ length: 30 }, () => ({ sent: false })));
  expect(grants.at(-1)).toBe(0);

  const { clock, permits, run } = open({ ...LIMIT, rate: 1 });
  const ends: number[] = [];
  for (const number of [1, 2]) {
    void permits
      .acquire(() => (number === 1 ? Promise.reject(new Error('broken')) : Promise.resolve(true)))
      .then(() => ends.push(clock.monotonic()));
  }
  await run();
  expect(ends).toEqual([HOLD_MS, 2 * HOLD_MS]);
});

test('the lease begins when the request is on the wire', async () => {
  const { grants } = await played([{ sendMs: 50 }, {}], { ...LIMIT, rate: 1 });
  expect(grants).toEqual([0, 50 + HOLD_MS]);
});

test('the estimate for an idle budget and for a backlog is when the grant comes', async () => {
  const { clock, permits, run } = open();
  expect(permits.waitMs(0)).toBe(0);
  const told: number[] = [];
  clock.after(20, () => {
    told.push(...[0, 1, 2, 3].map((turns) => clock.monotonic() + permits.waitMs(turns)));
    expect(permits.held()).toBe(3);
  });
  const playing = play(permits, clock, [{}, {}, {}, { pauseMs: 30 }, {}, {}, {}]);
  await run();
  const { grants } = await playing;
  // Never too short; up to a spacing too long, because a backlog may be spread by then.
  for (const [turn, at] of told.entries()) {
    const actual = grants[turn + 3] ?? 0;
    expect(at).toBeGreaterThanOrEqual(actual);
    expect(at - actual).toBeLessThanOrEqual(HOLD_MS);
  }
  expect(told[0]).toBe(HOLD_MS);
  expect(permits.held()).toBe(0);
});

test('a lease more is given out at once to who waits for it', async () => {
  const { clock, permits, run } = open();
  permits.tune({ leases: 1, minTimeMs: 0 });
  clock.after(50, () => permits.tune({ leases: 2, minTimeMs: 0 }));
  const playing = play(permits, clock, [{}, {}]);
  await run();
  expect((await playing).grants).toEqual([0, 50]);
});

test('a grant whose instant has yet to come is not given by a closed budget', async () => {
  const { clock, permits, run } = open();
  permits.tune({ leases: 3, minTimeMs: 70 });
  const grants: number[] = [];
  const use = async () => grants.push(clock.monotonic()) > 0;
  const all = [permits.acquire(use), permits.acquire(use)];
  clock.after(30, () => permits.close());
  await run();
  await expect(Promise.all(all)).resolves.toHaveLength(2);
  expect(grants).toEqual([0]);
});

test('a closed budget grants nothing any more, and lets go whoever waits or asks', async () => {
  const { clock, permits, run } = open({ ...LIMIT, rate: 1 });
  let granted = 0;
  const use = async () => {
    granted += 1;
    return true;
  };
  const all = [permits.acquire(use), permits.acquire(use)];
  clock.after(5, () => {
    permits.close();
    permits.close();
    all.push(permits.acquire(use));
  });
  await run();
  await expect(Promise.all(all)).resolves.toHaveLength(3);
  expect(granted).toBe(1);
});

describe('beside Bottleneck in real time', () => {
  const spaced = { leases: 3, minTimeMs: 150 };
  const SCRIPTS: Record<string, readonly Step[]> = {
    'a backlog': Array.from({ length: 9 }, () => ({})),
    'spacing that comes and goes': [
      {},
      {},
      { tune: spaced },
      {},
      {},
      { tune: { leases: 3, minTimeMs: 0 } },
      {},
      {},
    ],
    'late and missing sends': [{ sendMs: 60 }, {}, { sent: false }, { sent: false }, {}, {}, {}, {}],
    'fewer leases': [{}, {}, { tune: { leases: 1, minTimeMs: 0 } }, {}, {}],
  };

  test.each(Object.entries(SCRIPTS))('%s is granted at the same instants', async (_, script) => {
    const bottleneck = new BottleneckPermits(LIMIT, systemClock);
    const real = await play(bottleneck, systemClock, script);
    bottleneck.close();
    const virtual = await played(script);
    expect(real.grants).toHaveLength(virtual.grants.length);
    for (const [number, at] of virtual.grants.entries()) {
      const late = (real.grants[number] ?? 0) - at;
      // Bottleneck counts in whole milliseconds; the rest is the machine's, and adds up over the holds.
      expect(late).toBeGreaterThan(-3);
      expect(late).toBeLessThan(100);
    }
  });
});
