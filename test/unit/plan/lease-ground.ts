import type { Permits, RateLimit } from '../../../src/budget/permits.ts';
import { LeasePermits } from '../../../src/plan/lease-permits.ts';
import { VirtualClock } from '../../../src/plan/virtual-clock.ts';
import { type Clock, sleep } from '../../../src/shared/clock.ts';

export const LIMIT: RateLimit = { rate: 3, windowMs: 200, guardMs: 10 };
export const HOLD_MS = LIMIT.windowMs + LIMIT.guardMs;

export function open(limit = LIMIT) {
  const clock = new VirtualClock(0);
  const permits = new LeasePermits(limit, clock);
  return { clock, permits, run: () => clock.run(() => false) };
}

export interface Step {
  /** Before the permit is asked for. */
  readonly tune?: { readonly leases: number; readonly minTimeMs: number };
  readonly pauseMs?: number;
  readonly sendMs?: number;
  readonly sent?: boolean;
}

/** Asks in the way of the dispatcher, for the next permit as soon as one is granted, and tells when it was. */
export async function play(permits: Permits, clock: Clock, steps: readonly Step[]) {
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

export async function played(steps: readonly Step[], limit = LIMIT) {
  const { clock, permits, run } = open(limit);
  const playing = play(permits, clock, steps);
  await run();
  return playing;
}
