import { describe, expect, test } from '@jest/globals';
import { BottleneckPermits } from '../../../src/budget/bottleneck-permits.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { LIMIT, play, played, type Step } from './lease-ground.ts';

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
