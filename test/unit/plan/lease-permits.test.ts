import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HOLD_MS, LIMIT, open, play, played } from './lease-ground.ts';

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
