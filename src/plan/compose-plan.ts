import { Breakers } from '../budget/breakers.ts';
import { CoolDown } from '../budget/cool-down.ts';
import { EffectiveRate } from '../budget/effective-rate.ts';
import { Ledger } from '../budget/ledger.ts';
import { MemoryFairQueue } from '../budget/memory-fair-queue.ts';
import { Pacing, type PacingMode } from '../budget/pacing.ts';
import type { RateLimit } from '../budget/permits.ts';
import { Dispatcher } from '../fill/dispatcher.ts';
import { Landing } from '../fill/landing.ts';
import { RetryBudget } from '../fill/retry-budget.ts';
import { Admission } from '../serve/admission.ts';
import { Answers } from '../serve/answer.ts';
import { Flights } from '../serve/flights.ts';
import type { Clock } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { MemorySignals } from '../signals/memory-signals.ts';
import type { Lifetimes } from '../store/freshness.ts';
import { MemoryPageStore } from '../store/memory-page-store.ts';
import type { Outcome } from '../store/outcome.ts';
import type { Amperity } from '../upstream/amperity.ts';
import { LeasePermits } from './lease-permits.ts';
import { questionName } from './load.ts';

/** The settings a what-if may change, by the names they have in gateway.yaml. */
export interface PlanSettings {
  readonly budget: RateLimit & { readonly pacing: PacingMode; readonly maxInFlight: number };
  readonly queue: { readonly perTeam: number; readonly total: number; readonly maxWaitMs: number };
  readonly upstream: { readonly attempts: number };
  readonly cache: Lifetimes & {
    readonly totalFreshMs: number;
    readonly failureMs: number;
    readonly memory: { readonly maxBytes: number; readonly maxEntryBytes: number };
  };
}

export interface PlanParts {
  readonly settings: PlanSettings;
  readonly teams: readonly string[];
  readonly amperity: Amperity;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface PlannedGateway {
  readonly answers: Answers;
  readonly ledger: Ledger;
  close(): void;
}

/** Nobody compares them here. */
const ETAG = 'W/"plan"';

/**
 * The gateway between the question and the call, put together as `compose` does it, under any clock: the second and
 * last place that chooses implementations. No HTTP, no keys, no metrics; and permits that need no real time.
 */
export function composePlan({ settings, teams, amperity, clock, random }: PlanParts): PlannedGateway {
  const { budget, cache } = settings;
  const keys = { page: questionName, total: (request: PageRequest) => `${questionName(request)} total` };
  const etag = () => ETAG;

  const store = new MemoryPageStore(cache.memory, clock);
  const signals = new MemorySignals<Outcome>();
  const limits = {
    total: settings.queue.total,
    failureMs: cache.failureMs,
    maxInFlight: budget.maxInFlight,
    teams: teams.length,
  };
  const queue = new MemoryFairQueue(limits, clock);
  const permits = new LeasePermits(budget, clock, budget.pacing === 'burst');
  const coolDown = new CoolDown(clock);
  const effectiveRate = new EffectiveRate(budget.rate, clock);
  const pacing = new Pacing(budget.pacing, budget, effectiveRate, clock);
  const breakers = new Breakers(clock);
  const ledger = new Ledger(teams, budget.windowMs, clock);
  const admission = new Admission({ queue, permits, coolDown, breakers, limit: budget, clock, random });
  const flights = new Flights(queue, signals, clock, (team, bound) => admission.refusal(team, bound));
  const answers = new Answers(store, keys, flights, admission, clock, etag);

  const landing = new Landing({
    queue,
    store,
    signals,
    coolDown,
    pacing,
    breakers,
    retries: new RetryBudget(),
    clock,
    random,
    lifetimes: cache,
    totalFreshMs: cache.totalFreshMs,
    attempts: settings.upstream.attempts,
    totalKey: keys.total,
    etag,
  });
  const dispatcher = new Dispatcher({
    queue,
    permits,
    coolDown,
    pacing,
    breakers,
    amperity,
    landing,
    signals,
    clock,
    maxInFlight: budget.maxInFlight,
    onCall: (claim) => ledger.spent(claim.team, claim.class),
  });
  return {
    answers,
    ledger,
    close: () => {
      dispatcher.close();
      permits.close();
    },
  };
}
