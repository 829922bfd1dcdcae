import { RedisRevocations } from './access/redis-revocations.ts';
import type { Revocations } from './access/revocations.ts';
import { BottleneckPermits } from './budget/bottleneck-permits.ts';
import { CoolDown } from './budget/cool-down.ts';
import { MemoryFairQueue } from './budget/memory-fair-queue.ts';
import { type BudgetMode, Outage } from './budget/outage.ts';
import type { Permits } from './budget/permits.ts';
import { RedisFairQueue } from './budget/redis-fair-queue.ts';
import { RedisFleetHealth } from './budget/redis-fleet-health.ts';
import { RedisPulse } from './budget/redis-pulse.ts';
import { RedisRetryBudget } from './budget/redis-retry-budget.ts';
import { SwitchedFairQueue } from './budget/switched-fair-queue.ts';
import { SwitchedPermits } from './budget/switched-permits.ts';
import type { Backends } from './compose-core.ts';
import { composeFleetPermits } from './compose-permits.ts';
import type { Config } from './config/config.ts';
import { RedisExchange } from './console/redis-exchange.ts';
import type { Exchange } from './console/report.ts';
import type { Tags } from './query/tags.ts';
import type { DailyCounts } from './quota/daily-counts.ts';
import { RedisDailyCounts } from './quota/redis-daily-counts.ts';
import type { Clock } from './shared/clock.ts';
import { Envelope, type NamedKey } from './shared/envelope.ts';
import type { Purger } from './shared/purger.ts';
import { connectRedis, LONGEST_RECONNECT_MS, type RedisClient, type RedisSettings } from './shared/redis.ts';
import { redisNames } from './shared/redis-names.ts';
import { RedisSignals } from './signals/redis-signals.ts';
import type { Generations } from './store/generations.ts';
import { LayeredPageStore } from './store/layered-page-store.ts';
import type { MemoryPageStore } from './store/memory-page-store.ts';
import type { Outcome } from './store/outcome.ts';
import type { StoredPage } from './store/page-store.ts';
import { profileIds } from './store/profile-ids.ts';
import { RedisGenerations } from './store/redis-generations.ts';
import { RedisPageStore } from './store/redis-page-store.ts';
import { RedisPageTags } from './store/redis-page-tags.ts';
import { RedisPurger } from './store/redis-purger.ts';

export interface RedisParts {
  readonly config: Config;
  readonly redis: RedisSettings;
  readonly clock: Clock;
  /** Told apart from the others by this name. */
  readonly replica: string;
  /** How many there are now. */
  readonly teams: () => number;
  /** In front of the pages in Redis, and judged by the generations. */
  readonly nearStore: MemoryPageStore;
  readonly generations: Generations;
  readonly tags: Tags;
  readonly masterKeys: () => readonly NamedKey[];
  readonly onCacheEvent: (event: 'stored' | 'undecryptable' | 'l2_error') => void;
  readonly onMode: (mode: BudgetMode) => void;
  readonly onTrouble: (trouble: string) => void;
}

export interface RedisBackends extends Backends {
  readonly purger: Purger;
  readonly revocations: Revocations;
  readonly counts: DailyCounts;
  /** Whether it is this replica's turn to do, for so long, what one of the fleet has to do. */
  readonly takeTurn: (what: string, forMs: number) => Promise<boolean>;
  readonly mode: () => BudgetMode;
  /** See `LiveView`. */
  readonly exchange: Exchange;
  /** Whether Redis answers at this moment. */
  readonly isUp: () => boolean;
  /** Called whenever what was entered into the queue may have to be entered again. */
  onForgotten: () => void;
  /** From now on no call is started out of a share of the budget: who replaces this replica has it already. */
  drain(): void;
  /** Ends the connections; the permits have been closed before. */
  close(): void;
}

/** How long a page that may not be kept lies ready for replicas whose callers wait for it. */
const HANDED_OVER_MS = 5000;
/** More than what a page is stored with beside its body. */
const HEADER_BYTES = 4096;

/** What replicas share, in Redis; and what each of them does without it. */
export function composeRedis(parts: RedisParts): RedisBackends {
  const { config, clock, generations, masterKeys, onMode, onTrouble, redis, replica } = parts;
  const { budget, cache, queue: bounds } = config;
  const connect = (role: string): RedisClient =>
    connectRedis(redis, {
      clientName: `agw-${role}`,
      onError: (error) => onTrouble(`${role}: ${error.message}`),
    });
  const client = connect('queue');
  const subscriber = connect('signals');
  // What another release shares is the allowance, not what it asks for and whom it asks.
  const names = redisNames(config.name, budget.name);

  const signals = new RedisSignals<Outcome>({ client, subscriber, channel: names.signals, replica });
  const coolDown = new CoolDown(clock);
  const pulse = new RedisPulse({
    client,
    pauseKey: names.pause,
    clock,
    onPause: (ms) => coolDown.pauseFor(ms),
  });
  signals.subscribe((signal) => {
    if (signal.kind === 'paused') pulse.pause(signal.forMs);
  });

  const health = new RedisFleetHealth({ client, key: `${names.queue}:health`, replica, clock });

  const shared = composeFleetPermits(config, {
    clock,
    connect: () => connect('limiter'),
    onTrouble: (trouble) => onTrouble(`limiter: ${trouble}`),
  });
  const ownRate = Math.floor(budget.rate / budget.maxReplicas);
  const outage = new Outage({
    whenLost: ownRate > 0 ? budget.whenRedisIsLost : 'closed',
    holdMs: budget.windowMs + budget.guardMs,
    // Two connections in a row, and the looks at them.
    othersLagMs: 2 * LONGEST_RECONNECT_MS + 250,
    clock,
    isHealthy: () => pulse.isHealthy() && shared.isReady(),
    onChange: (mode) => {
      permits.switched();
      backends.onForgotten();
      onMode(mode);
    },
  });
  let isDraining = false;
  const permits: SwitchedPermits = new SwitchedPermits(
    { shared, local: ownPart(config, Math.max(1, ownRate), clock) },
    () => (isDraining && outage.permits() === 'local' ? 'none' : outage.permits()),
  );

  const limits = {
    total: bounds.total,
    failureMs: cache.failureMs,
    maxInFlight: budget.maxInFlight,
    get teams() {
      return parts.teams();
    },
  };
  const fleetQueue = new RedisFairQueue({
    redis: client,
    name: config.name,
    replica,
    limits,
    sealer: new Envelope('flight', masterKeys),
    clock,
    onNews: (news) => {
      if (news.kind === 'forgotten') backends.onForgotten();
      else if (news.kind === 'returned') {
        signals.publish({ kind: 'requeued', key: news.key });
        signals.publish({ kind: 'queued', key: news.key });
      } else signals.publish({ kind: 'settled', key: news.key, outcome: { failure: news.failure } });
    },
  });
  const queue = new SwitchedFairQueue(
    fleetQueue,
    () => new MemoryFairQueue(limits, clock),
    () => outage.queue(),
  );

  const holders = (page: StoredPage): Iterable<string> => holdersIn(page, parts.tags);
  const tags = new RedisPageTags({ client, root: names.own, holders });
  const longestLifeMs = cache.maxRetentionMs + HANDED_OVER_MS;
  const fleetGenerations = new RedisGenerations({
    client,
    key: `${names.own}:g`,
    generations,
    clock,
    longestLifeMs,
    onNews: () => forgetOutdated(),
  });
  const pageStore = (root: string, maxEntryBytes: number, keepMs?: number) =>
    new RedisPageStore({
      redis: client,
      root,
      sealer: new Envelope('page-value', masterKeys, maxEntryBytes),
      clock,
      // What is only handed over is not stored.
      onEvent: (event) => (root === names.handedOver && event === 'stored') || parts.onCacheEvent(event),
      maxEntryBytes,
      ...(keepMs === undefined
        ? { purging: { tags, generations, holders, known: () => fleetGenerations.known() } }
        : { keepMs }),
    });
  const pages = pageStore(names.pages, cache.memory.maxEntryBytes);
  const handOver = pageStore(names.handedOver, config.upstream.maxBodyBytes + HEADER_BYTES, HANDED_OVER_MS);
  const store = new LayeredPageStore(parts.nearStore, pages, clock);
  signals.subscribe((signal) => {
    // Another replica's: its page in Redis is newer than a copy here.
    if (signal.kind === 'settled' && signal.outcome === undefined) void store.forget(signal.key);
    if (signal.kind === 'outdated') void follow();
  });
  // What of it has not been purged is still in Redis.
  const forgetOutdated = (): void => {
    store.forgetWhere((page) => generations.isOutdated(page));
  };
  // A page may have come into memory between the new generation and the end of the purge.
  const follow = async (): Promise<void> => {
    await fleetGenerations.read();
    forgetOutdated();
  };
  const purger = new RedisPurger({
    client,
    tags,
    generations,
    scopes: parts.tags.scopes.bind(parts.tags),
    holder: parts.tags.holder.bind(parts.tags),
    longestLifeMs,
    announce: async () => {
      await follow();
      signals.publish({ kind: 'outdated' });
    },
  });

  const backends: RedisBackends = {
    store,
    generations,
    purger,
    revocations: new RedisRevocations({ client, root: names.own, clock }),
    counts: new RedisDailyCounts({
      client,
      root: names.own,
      replica,
      maxReplicas: budget.maxReplicas,
      clock,
    }),
    takeTurn: async (what, forMs) =>
      (await client.set(`${names.own}:w:${what}`, replica, 'PX', Math.ceil(forMs), 'NX')) === 'OK',
    handOver,
    queue,
    signals,
    permits,
    coolDown,
    health,
    retries: new RedisRetryBudget(client, `${names.queue}:retries`, clock),
    exchange: new RedisExchange({
      client,
      subscriber,
      channel: `${names.signals}:console`,
      sealer: new Envelope('report', masterKeys),
    }),
    mode: () => outage.mode(),
    isUp: () => pulse.isHealthy(),
    onForgotten: () => {},
    drain: () => {
      isDraining = true;
    },
    close: () => {
      outage.close();
      pulse.close();
      health.close();
      fleetGenerations.close();
      fleetQueue.close();
      subscriber.disconnect();
      client.disconnect();
    },
  };
  return backends;
}

/** Whoever is in the page, by name. */
function* holdersIn({ body, scope }: StoredPage, tags: Tags): Generator<string> {
  if (scope === undefined) return;
  for (const id of profileIds(body)) {
    const holder = tags.holder(scope, id);
    if (holder !== undefined) yield holder;
  }
}

function ownPart({ budget }: Config, rate: number, clock: Clock): Permits {
  return new BottleneckPermits({ ...budget, rate }, clock, budget.pacing === 'burst');
}
