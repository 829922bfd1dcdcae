import { Breakers } from './budget/breakers.ts';
import type { CoolDown } from './budget/cool-down.ts';
import { EffectiveRate } from './budget/effective-rate.ts';
import type { FairQueue } from './budget/fair-queue.ts';
import type { FleetHealth } from './budget/fleet-health.ts';
import { Ledger } from './budget/ledger.ts';
import { Pacing, type PacingMode } from './budget/pacing.ts';
import type { Permits, RateLimit } from './budget/permits.ts';
import type { RetryBudget } from './budget/retry-budget.ts';
import { Chains } from './fill/chains.ts';
import { Credential } from './fill/credential.ts';
import { Dispatcher, type DispatcherParts } from './fill/dispatcher.ts';
import { Landing } from './fill/landing.ts';
import { PageKeeper, type PageKeeperParts } from './fill/page-keeper.ts';
import { Projections } from './projection/projections.ts';
import { Admission } from './serve/admission.ts';
import { type Answer, Answers, type AnswersParts, type Asked } from './serve/answer.ts';
import { Flights } from './serve/flights.ts';
import { Prefetch, type PrefetchOutcome } from './serve/prefetch.ts';
import { RebuildWatch, type RebuildWatchParts } from './serve/rebuild-watch.ts';
import type { Clock } from './shared/clock.ts';
import type { PreparedBodies } from './shared/prepared-bodies.ts';
import type { Signals } from './signals/signals.ts';
import type { Lifetimes } from './store/freshness.ts';
import type { Generations } from './store/generations.ts';
import type { Outcome } from './store/outcome.ts';
import type { HandOver, NearPageStore } from './store/page-store.ts';
import type { StoreKeys } from './store/store-keys.ts';
import type { Amperity } from './upstream/amperity.ts';

/** The settings that decide what is asked of Amperity and when, by the names they have in gateway.yaml. */
export interface CoreSettings {
  readonly budget: RateLimit & {
    readonly pacing: PacingMode;
    readonly maxInFlight: number;
    readonly maxReplicas: number;
  };
  readonly queue: { readonly total: number };
  readonly upstream: { readonly attempts: number };
  readonly cache: Lifetimes & {
    readonly totalFreshMs: number;
    readonly failureMs: number;
    readonly prefetch: { readonly enabled: boolean };
    readonly generation: { readonly pollMs: number };
    readonly memory: {
      readonly maxBytes: number;
      readonly maxEntryBytes: number;
      readonly preparedBytes: number;
    };
  };
}

/** What replicas share, in one form or another. */
export interface Backends {
  readonly store: NearPageStore;
  readonly generations: Generations;
  /** Absent where there are no other replicas. */
  readonly handOver?: HandOver;
  readonly queue: FairQueue;
  readonly signals: Signals<Outcome>;
  readonly permits: Permits;
  readonly coolDown: CoolDown;
  readonly retries: RetryBudget;
  readonly health: FleetHealth;
}

export interface CoreParts extends Backends {
  readonly settings: CoreSettings;
  readonly teams: readonly string[];
  readonly amperity: Amperity;
  readonly keys: StoreKeys;
  /** Validator of a body (RFC 9110 §8.8.3). */
  readonly etag: (body: Buffer) => string;
  readonly prepared: PreparedBodies;
  /** See `PageKeeper`. */
  readonly storedView?: PageKeeperParts['storedView'];
  /** See `Answers`. */
  readonly signCursor?: AnswersParts['signCursor'];
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** See `Flights`. */
  readonly recheckMs?: number;
  /** See `Admission`. */
  readonly isClosed?: () => boolean;
  /** What watching for rebuilt indexes takes; see `RebuildWatch`. */
  readonly rebuilds?: Pick<RebuildWatchParts, 'takeTurn' | 'onGivenUp'> & {
    readonly markStale: (index: string) => Promise<void>;
  };
  readonly onPrefetched?: (outcome: PrefetchOutcome) => void;
  /** See `Dispatcher`. */
  readonly onSent?: DispatcherParts['onSent'];
  /** Told about every call that went on the wire, after the ledger. */
  readonly onCall?: DispatcherParts['onCall'];
}

export type Core = ReturnType<typeof composeCore>;

/**
 * What stands between a question and a call: the ask side and the fill side around the same queue. The gateway, the
 * what-if and the tests of the fill side all run this, each with backends and a clock of its own.
 */
export function composeCore(parts: CoreParts) {
  const { amperity, clock, coolDown, etag, generations, health, keys } = parts;
  const { permits, queue, random, settings, signals, store } = parts;
  const handOver = parts.handOver && { handOver: parts.handOver };
  const { budget, cache } = settings;
  const effectiveRate = new EffectiveRate(budget.rate, clock);
  const pacing = new Pacing(budget.pacing, budget, effectiveRate, clock);
  const breakers = new Breakers(clock);
  const ledger = new Ledger(parts.teams, budget.windowMs, clock);

  const { isClosed, recheckMs } = parts;
  const admission = new Admission({
    queue,
    permits,
    coolDown,
    breakers,
    health,
    limit: budget,
    maxReplicas: budget.maxReplicas,
    clock,
    random,
    ...(isClosed && { isClosed }),
  });
  const refusal = admission.refusal.bind(admission);
  const flights = new Flights(queue, signals, clock, refusal, recheckMs);
  const { onPrefetched, rebuilds } = parts;
  const prefetch = cache.prefetch.enabled
    ? new Prefetch({
        store,
        keys,
        flights,
        permits,
        pacing,
        clock,
        ...(onPrefetched && { onOutcome: onPrefetched }),
      })
    : undefined;
  const { pollMs } = cache.generation;
  const ratePerSecond = (budget.rate * 1000) / budget.windowMs;
  const rebuildWatch =
    rebuilds && pollMs > 0
      ? new RebuildWatch({ ...rebuilds, flights, signals, keys, clock, pollMs, ratePerSecond })
      : undefined;
  const onAnswered = (ask: Asked, answer: Answer): void => {
    if (ask.class !== 'export') prefetch?.answered(ask, answer);
    rebuildWatch?.answered(ask);
  };
  const answers = new Answers({
    store,
    generations,
    keys,
    flights,
    admission,
    clock,
    projections: new Projections({ prepared: parts.prepared, etag }),
    onAnswered,
    ...(parts.signCursor && { signCursor: parts.signCursor }),
    ...handOver,
  });

  const chains = new Chains(store, keys);
  const credential = new Credential(clock);
  const keeper = new PageKeeper({
    store,
    ...handOver,
    keys,
    chains,
    generations,
    clock,
    random,
    lifetimes: cache,
    totalFreshMs: cache.totalFreshMs,
    ...(parts.storedView && { storedView: parts.storedView }),
    ...(rebuildWatch && rebuilds && { markStale: rebuilds.markStale }),
    etag,
  });
  const landing = new Landing({
    queue,
    signals,
    coolDown,
    pacing,
    breakers,
    health,
    retries: parts.retries,
    clock,
    random,
    attempts: settings.upstream.attempts,
    credential,
    keeper,
    chains,
  });
  health.join({
    findings: () => ({ ...breakers.findings(), credential: credential.finding() }),
    // Whether a credential is good each replica finds out by itself: it may have another one.
    adopt: (trouble, forMs) => {
      if (trouble !== 'credential') breakers.adopt(trouble, forMs);
    },
  });
  const dispatcher = new Dispatcher({
    queue,
    permits,
    coolDown,
    pacing,
    breakers,
    health,
    amperity,
    credential,
    chains,
    landing,
    signals,
    clock,
    maxInFlight: budget.maxInFlight,
    onSent: parts.onSent ?? (() => {}),
    onCall: (claim, answer, tookMs) => {
      ledger.spent(claim.team, claim.class);
      parts.onCall?.(claim, answer, tookMs);
    },
  });
  return {
    answers,
    breakers,
    dispatcher,
    credential,
    effectiveRate,
    flights,
    landing,
    ledger,
    pacing,
    rebuildWatch,
  };
}
