import type { AlertCase } from './alert-case.ts';
import { budgetAndQueue } from './budget-and-queue.ts';
import { fleetAndProcess } from './fleet-and-process.ts';
import { upstreamAndRedis } from './upstream-and-redis.ts';

export const cases: readonly AlertCase[] = [...budgetAndQueue, ...upstreamAndRedis, ...fleetAndProcess];
