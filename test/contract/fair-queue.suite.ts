import { describe } from '@jest/globals';
import { anyOrder } from './fair-queue/any-order.ts';
import { bounds } from './fair-queue/bounds.ts';
import { claims } from './fair-queue/claims.ts';
import { classes } from './fair-queue/classes.ts';
import { endings } from './fair-queue/endings.ts';
import { interests } from './fair-queue/interests.ts';
import type { CreateQueue } from './fair-queue/line.ts';
import { readings } from './fair-queue/readings.ts';
import { turns } from './fair-queue/turns.ts';

export { CONTRACT_LIMITS, type ContractLimits, type QueueHarness } from './fair-queue/line.ts';

/**
 * What every fair queue must do. The suite knows nothing but the port, lets time pass by `advance` alone, and leaves
 * no flight in the air for longer than 2.5 s of it; between instants that it tells apart lie 100 ms and more, so that
 * a queue on a real clock passes it too.
 *
 * @param numRuns how many random runs each property gets
 */
export function fairQueueContract(name: string, create: CreateQueue, numRuns = 100): void {
  describe(`${name} keeps the contract of a fair queue:`, () => {
    turns(create);
    interests(create);
    bounds(create);
    classes(create);
    claims(create);
    endings(create);
    readings(create);
    anyOrder(create, numRuns);
  });
}
