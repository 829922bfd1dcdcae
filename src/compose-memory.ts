import { CoolDown } from './budget/cool-down.ts';
import { ALONE } from './budget/fleet-health.ts';
import { MemoryFairQueue } from './budget/memory-fair-queue.ts';
import { MemoryRetryBudget } from './budget/memory-retry-budget.ts';
import type { Backends, CoreSettings } from './compose-core.ts';
import type { Clock } from './shared/clock.ts';
import { PreparedBodies } from './shared/prepared-bodies.ts';
import { MemorySignals } from './signals/memory-signals.ts';
import { Generations } from './store/generations.ts';
import { MemoryPageStore, type StoreEvent } from './store/memory-page-store.ts';
import type { Outcome } from './store/outcome.ts';

/**
 * Everything that replicas would share, kept in this process: all of it but the permits.
 *
 * @param teams how many there are now
 */
export function composeMemory(
  { budget, cache, queue }: CoreSettings,
  teams: () => number,
  clock: Clock,
  onCacheEvent?: (event: StoreEvent) => void,
): Omit<Backends, 'permits'> & { readonly store: MemoryPageStore; readonly prepared: PreparedBodies } {
  const limits = {
    total: queue.total,
    failureMs: cache.failureMs,
    maxInFlight: budget.maxInFlight,
    get teams() {
      return teams();
    },
  };
  const generations = new Generations();
  const prepared = new PreparedBodies(cache.memory.preparedBytes);
  return {
    store: new MemoryPageStore(cache.memory, clock, onCacheEvent, generations, prepared),
    prepared,
    generations,
    queue: new MemoryFairQueue(limits, clock),
    signals: new MemorySignals<Outcome>(),
    coolDown: new CoolDown(clock),
    retries: new MemoryRetryBudget(),
    health: ALONE,
  };
}
