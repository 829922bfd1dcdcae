import type { FlightClass } from './fair-queue.ts';

// What both kinds of queue keep to.

export interface QueueLimits {
  /** Most flights of callers that may wait, over all teams. */
  readonly total: number;
  /** How long a failure is shared with callers that come after it. */
  readonly failureMs: number;
  /** Calls that may be under way at once. */
  readonly maxInFlight: number;
  /** How many teams share them. */
  readonly teams: number;
}

/** Lower classes are bounded apart from callers, and small: what they would do can be done later. */
export const LOWER_BOUND: Readonly<Record<Exclude<FlightClass, 'caller'>, number>> = {
  refresh: 100,
  export: 50,
  idle: 20,
};

/** How long an ending answers callers that had looked into the store before it. */
export const MARK_MS = 3000;

/**
 * A timer may fire a little before its time by another clock. Whoever comes to claim a flight at the end of its rest
 * comes once, and must not find it resting still.
 */
export const TIMER_EARLY_MS = 5;
