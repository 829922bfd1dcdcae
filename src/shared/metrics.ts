import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client';
import { RequestTallies, SECONDS } from './request-tallies.ts';

/** How the budget is kept: over Redis, by a share of it while Redis is lost, not at all, or in memory. */
export const BUDGET_MODES = ['shared', 'share', 'closed', 'memory'] as const;
export const CACHE_LABELS = ['hit', 'stale', 'miss', 'shared', 'bypass', 'none'] as const;
const CACHE_EVENTS = ['stored', 'evicted', 'purged', 'undecryptable', 'l2_error'] as const;
export const CALL_OUTCOMES = [
  'ok',
  'client_error',
  'throttled',
  'server_error',
  'timeout',
  'network',
  'auth',
] as const;
export const ROUTES = ['indexes', 'index', 'profiles', 'profile'] as const;
const BREAKER_STATES = ['closed', 'open', 'half_open'];
const CLASSES = ['caller', 'refresh', 'idle'] as const;

export type CacheLabel = (typeof CACHE_LABELS)[number];
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** Read when metrics are scraped. */
export interface Readings {
  readonly queue: () => Promise<readonly { team: string; flights: number; oldestMs: number }[]>;
  readonly cache: () => { readonly entries: number; readonly bytes: number };
  readonly coolDownMs: () => number;
  readonly effectiveRate: () => number;
  readonly breakers: () => Readonly<Record<string, string>>;
  readonly mode: () => (typeof BUDGET_MODES)[number];
  /** Undefined where there is no Redis. */
  readonly redisUp: () => boolean | undefined;
  /** Most flights that may wait, and how long, by team. */
  readonly bounds: () => readonly {
    readonly team: string;
    readonly bound: number;
    readonly maxWaitMs: number;
  }[];
  /** Epoch ms; `usedAtMs` is absent for a key that was not used since the start. */
  readonly keys: () => readonly {
    readonly team: string;
    readonly key: string;
    /** Not revoked, and not about to be replaced. */
    readonly isActive: boolean;
    readonly notAfterMs: number;
    readonly usedAtMs?: number | undefined;
  }[];
}

/** What does not change while the process runs. */
export interface Facts {
  readonly version: string;
  readonly rate: number;
  readonly windowMs: number;
  readonly maxReplicas: number;
}

/**
 * The gateway's Prometheus metrics. Labels come from closed sets only (teams are those of the configuration), and
 * counters begin at 0, so that a rate is right from the first event on.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new RequestTallies();
  readonly upstreamCalls = new Counter({
    name: 'gateway_upstream_calls_total',
    help: 'Calls made to Amperity.',
    labelNames: ['route', 'outcome'] as const,
    registers: [this.registry],
  });
  readonly upstreamSeconds = new Histogram({
    name: 'gateway_upstream_duration_seconds',
    help: 'Time Amperity took to answer.',
    labelNames: ['route', 'outcome'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly permits = new Counter({
    name: 'gateway_budget_permits_total',
    help: 'Permits spent, by the team whose turn it was.',
    labelNames: ['team', 'class'] as const,
    registers: [this.registry],
  });
  readonly queueWaitSeconds = new Histogram({
    name: 'gateway_queue_wait_seconds',
    help: 'Time a caller waited for the budget, callers that did not have to left out.',
    labelNames: ['team'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly estimateErrorSeconds = new Histogram({
    name: 'gateway_queue_estimate_error_seconds',
    help: 'Difference between the wait a caller was expected to have and the wait it had.',
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly queueRefused = new Counter({
    name: 'gateway_queue_refused_total',
    help: 'Callers turned away by the budget.',
    labelNames: ['team', 'reason'] as const,
    registers: [this.registry],
  });
  readonly cacheEvents = new Counter({
    name: 'gateway_cache_events_total',
    help: 'What happened to stored pages.',
    labelNames: ['tier', 'event'] as const,
    registers: [this.registry],
  });
  readonly prefetches = new Counter({
    name: 'gateway_prefetch_total',
    help: 'Pages fetched ahead of a walker, once it is known whether somebody asked for them.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });
  readonly tokenRenewals = new Counter({
    name: 'gateway_token_renewals_total',
    help: 'Renewals of the Amperity token by client credentials.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });
  readonly secretReloads = new Counter({
    name: 'gateway_secret_reloads_total',
    help: 'Mounted secrets read again after a change.',
    labelNames: ['secret', 'outcome'] as const,
    registers: [this.registry],
  });
  readonly policyReloads = new Counter({
    name: 'gateway_policy_reloads_total',
    help: 'Changes of the file of teams: taken over, or refused so that the last good teams stay.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });
  readonly deprecations = new Counter({
    name: 'gateway_upstream_deprecation_total',
    help: 'Answers in which Amperity announced an end.',
    labelNames: ['header'] as const,
    registers: [this.registry],
  });

  constructor(teams: readonly string[]) {
    collectDefaultMetrics({ register: this.registry });
    // All that a registry asks of a metric is its name and `get`; the type wants a class of prom-client.
    for (const metric of this.requests.metrics) this.registry.registerMetric(metric as unknown as Metric);
    for (const team of [...teams, 'none']) {
      for (const cache of CACHE_LABELS) {
        this.requests.of({ team, route: 'profiles', method: 'GET', status: '200', cache });
      }
      for (const reason of ['team_budget', 'shared_budget']) this.queueRefused.inc({ team, reason }, 0);
      for (const name of CLASSES) this.permits.inc({ team, class: name }, 0);
    }
    for (const route of ROUTES) {
      for (const outcome of CALL_OUTCOMES) this.upstreamCalls.inc({ route, outcome }, 0);
    }
    for (const tier of ['memory', 'redis']) {
      for (const event of CACHE_EVENTS) this.cacheEvents.inc({ tier, event }, 0);
    }
    for (const outcome of ['used', 'wasted']) this.prefetches.inc({ outcome }, 0);
    for (const outcome of ['ok', 'failed']) this.tokenRenewals.inc({ outcome }, 0);
    for (const outcome of ['ok', 'invalid']) {
      for (const secret of ['token', 'cache_keys', 'mask_key'])
        this.secretReloads.inc({ secret, outcome }, 0);
    }
    for (const outcome of ['ok', 'invalid']) this.policyReloads.inc({ outcome }, 0);
    for (const header of ['deprecation', 'sunset']) this.deprecations.inc({ header }, 0);
  }

  /** Values that are read at each scrape rather than counted. */
  watch(readings: Readings, facts: Facts): void {
    this.#gauge('gateway_queue_depth', 'Flights that wait for a permit.', ['team'], async (gauge) => {
      gauge.reset();
      for (const { team, flights } of await readings.queue()) gauge.set({ team }, flights);
    });
    this.#gauge(
      'gateway_queue_oldest_seconds',
      'Age of the longest waiting flight.',
      ['team'],
      async (gauge) => {
        gauge.reset();
        for (const { team, oldestMs } of await readings.queue()) gauge.set({ team }, oldestMs / 1000);
      },
    );
    this.#gauge('gateway_cache_entries', 'Pages and totals held.', ['tier'], (gauge) =>
      gauge.set({ tier: 'memory' }, readings.cache().entries),
    );
    this.#gauge('gateway_cache_bytes', 'Bytes held.', ['tier'], (gauge) =>
      gauge.set({ tier: 'memory' }, readings.cache().bytes),
    );
    this.#gauge('gateway_budget_rate', 'Calls per window, as configured.', [], (gauge) =>
      gauge.set(facts.rate),
    );
    this.#gauge('gateway_budget_window_seconds', 'Length of the window of the rate.', [], (gauge) =>
      gauge.set(facts.windowMs / 1000),
    );
    this.#gauge('gateway_budget_cooldown_seconds', 'Pause left after a 429.', [], (gauge) =>
      gauge.set(readings.coolDownMs() / 1000),
    );
    this.#gauge(
      'gateway_budget_mode',
      'How the budget is kept: 1 for the current way.',
      ['mode'],
      (gauge) => {
        for (const mode of BUDGET_MODES) gauge.set({ mode }, mode === readings.mode() ? 1 : 0);
      },
    );
    this.#gauge(
      'gateway_budget_effective_rate',
      'Calls per window that Amperity turns out to allow.',
      [],
      (gauge) => gauge.set(readings.effectiveRate()),
    );
    this.#gauge(
      'gateway_breaker_state',
      'Circuit breakers: 1 for the current state.',
      ['breaker', 'state'],
      (gauge) => {
        for (const [breaker, current] of Object.entries(readings.breakers())) {
          for (const state of BREAKER_STATES) gauge.set({ breaker, state }, state === current ? 1 : 0);
        }
      },
    );
    this.#gauge('gateway_redis_up', 'Whether Redis answers; absent without Redis.', [], (gauge) => {
      const isUp = readings.redisUp();
      if (isUp === undefined) gauge.remove();
      else gauge.set(isUp ? 1 : 0);
    });
    this.#gauge('gateway_budget_max_replicas', 'Divisor of the budget without Redis.', [], (gauge) =>
      gauge.set(facts.maxReplicas),
    );
    this.#gauge('gateway_queue_bound', 'Flights that may wait.', ['team'], (gauge) => {
      gauge.reset();
      for (const { team, bound } of readings.bounds()) gauge.set({ team }, bound);
    });
    this.#gauge('gateway_queue_max_wait_seconds', 'How long callers may wait.', ['team'], (gauge) => {
      gauge.reset();
      for (const { team, maxWaitMs } of readings.bounds()) gauge.set({ team }, maxWaitMs / 1000);
    });
    this.#gauge(
      'gateway_key_expires_timestamp_seconds',
      'When a key ends that is not being replaced.',
      ['team', 'key'],
      (gauge) => {
        gauge.reset();
        for (const { team, key, isActive, notAfterMs } of readings.keys()) {
          if (isActive) gauge.set({ team, key }, notAfterMs / 1000);
        }
      },
    );
    this.#gauge(
      'gateway_key_last_used_timestamp_seconds',
      'When a key was used last on this replica.',
      ['team', 'key'],
      (gauge) => {
        gauge.reset();
        for (const { team, key, usedAtMs } of readings.keys()) {
          if (usedAtMs !== undefined) gauge.set({ team, key }, usedAtMs / 1000);
        }
      },
    );
    this.#gauge('gateway_build_info', 'The version that runs.', ['version'], (gauge) =>
      gauge.set({ version: facts.version }, 1),
    );
  }

  #gauge(
    name: string,
    help: string,
    labelNames: string[],
    read: (gauge: Gauge) => void | Promise<void>,
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      collect: () => read(gauge),
    });
  }
}
