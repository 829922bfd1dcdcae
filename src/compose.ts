import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Audit } from './access/audit.ts';
import { MemoryRevocations } from './access/memory-revocations.ts';
import type { Team } from './access/team.ts';
import { Allowances } from './budget/allowances.ts';
import { BottleneckPermits } from './budget/bottleneck-permits.ts';
import { spendingOf } from './budget/ledger.ts';
import type { BudgetMode } from './budget/outage.ts';
import { composeAccess } from './compose-access.ts';
import { type Backends, composeCore } from './compose-core.ts';
import { composeMemory } from './compose-memory.ts';
import { composeReadings } from './compose-readings.ts';
import { composeRedis } from './compose-redis.ts';
import { callOutcome, composeUpstream } from './compose-upstream.ts';
import type { Config } from './config/config.ts';
import { liveCacheKeys } from './config/live-cache-keys.ts';
import { LiveView } from './console/live-view.ts';
import { Recorder } from './console/recorder.ts';
import { AccessLog } from './http/access-log.ts';
import { createAdminApp } from './http/admin-app.ts';
import { createApp, securityHeaderList } from './http/app.ts';
import { CodedBodies } from './http/coded-bodies.ts';
import { Drainable, drain } from './http/drain.ts';
import { hotPath } from './http/hot-path.ts';
import { KnownQuestions } from './http/known-questions.ts';
import { createServer, listen } from './http/server.ts';
import { PageKeys } from './query/page-key.ts';
import { SignedCursors } from './query/signed-cursors.ts';
import { validatorsBy } from './query/validators.ts';
import { MemoryDailyCounts } from './quota/memory-daily-counts.ts';
import type { BatchedLines } from './shared/batched-lines.ts';
import { type Clock, every } from './shared/clock.ts';
import { errorFields, type Log } from './shared/log.ts';
import { isLoopback } from './shared/loopback.ts';
import { Metrics } from './shared/metrics.ts';
import { MemoryPurger } from './store/memory-purger.ts';

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  /** Behind the log. */
  readonly lines: BatchedLines;
  /** In [0, 1). */
  readonly random: () => number;
  readonly version: string;
}

export interface Gateway {
  /** Opens both listeners; rejects when one cannot be opened. */
  start(): Promise<{ readonly listen: AddressInfo; readonly admin: AddressInfo }>;
  /**
   * Drains and ends everything. False: some answers were cut off.
   *
   * @param atOnce leaves out the time in which balancers are to notice
   */
  stop(atOnce: boolean): Promise<boolean>;
}

/** How often the queue of the fleet is asked what has become of flights that are waited for. */
const RECHECK_MS = 1000;
/** How long personal data may lie in memory that nobody may be given any more. */
const SWEEP_MS = 60_000;

/** Builds one gateway. `compose*.ts` alone choose implementations; whoever is chosen knows only ports. */
export function compose(config: Config, surroundings: Surroundings): Gateway {
  const { clock, lines, log, random, version } = surroundings;
  // What was done as it may be is no warning.
  const audit: Audit = (event) =>
    log['outcome' in event && event.outcome === 'done' ? 'info' : 'warn']({ audit: event }, 'audit');
  const metrics = new Metrics(Object.keys(config.teams));

  const questions = new KnownQuestions();
  const masterKeys = liveCacheKeys(config, (outcome) => {
    questions.clear();
    metrics.secretReloads.inc({ secret: 'cache_keys', outcome });
  });
  const { tenant, apiVersion } = config.amperity;
  const storedView = config.cache.minimise ? (index: string) => access.roster().sharedView(index) : undefined;
  const keys = new PageKeys(
    { tenant, apiVersion, ...(storedView && { storedView: (index) => storedView(index).id }) },
    masterKeys.current,
  );
  const etag = validatorsBy(masterKeys.current);
  const cursors = config.cursors.sign
    ? new SignedCursors({ tenant, apiVersion }, masterKeys.current)
    : undefined;

  const teamNames = Object.keys(config.teams);
  const teamCount = (): number => access.roster().teams.size;
  const memory = composeMemory(config, teamCount, clock, (event) =>
    metrics.cacheEvents.inc({ tier: 'memory', event }),
  );
  const { redis } = config;
  const replica = randomUUID();
  const fleet =
    redis &&
    composeRedis({
      config,
      redis,
      clock,
      replica,
      teams: teamCount,
      nearStore: memory.store,
      generations: memory.generations,
      tags: keys.tags,
      masterKeys: masterKeys.current,
      onCacheEvent: (event) => metrics.cacheEvents.inc({ tier: 'redis', event }),
      onMode: (mode) => log.warn({ mode }, 'budget mode'),
      onTrouble: (trouble) => log.debug({ trouble }, 'redis'),
    });
  const backends: Backends = fleet ?? {
    ...memory,
    permits: new BottleneckPermits(config.budget, clock, config.budget.pacing === 'burst'),
  };
  const { coolDown, permits } = backends;
  const purger =
    fleet?.purger ??
    new MemoryPurger({ ...memory, scopes: keys.tags.scopes.bind(keys.tags), now: () => clock.now() });
  const revocations = fleet?.revocations ?? new MemoryRevocations(clock);
  const counts = fleet?.counts ?? new MemoryDailyCounts(clock);
  const access = composeAccess({
    config,
    revocations,
    clock,
    log,
    audit,
    onReload: (outcome) => {
      questions.clear();
      metrics.policyReloads.inc({ outcome });
    },
    onMaskKey: (outcome) => metrics.secretReloads.inc({ secret: 'mask_key', outcome }),
  });
  const { authenticate, roster } = access;
  const mode = (): BudgetMode | 'memory' => fleet?.mode() ?? 'memory';
  const { amperity, tokens, requests } = composeUpstream(config, { clock, metrics, version });
  const core = composeCore({
    ...backends,
    prepared: memory.prepared,
    settings: config,
    teams: teamNames,
    amperity,
    keys,
    etag,
    ...(storedView && { storedView }),
    ...(cursors && { signCursor: cursors.sign.bind(cursors) }),
    clock,
    random,
    rebuilds: {
      takeTurn: fleet?.takeTurn ?? (async () => true),
      markStale: (index) => purger.markStale(index),
      onGivenUp: () =>
        log.warn(
          'an index is not watched for rebuilds for ten minutes at a time: Amperity does not tell about it',
        ),
    },
    onPrefetched: (outcome) => metrics.prefetches.inc({ outcome }),
    ...(fleet && { recheckMs: RECHECK_MS, isClosed: () => mode() === 'closed' }),
    onSent: () => recorder.sent(),
    onCall: (claim, answer, tookMs) => {
      const labels = { route: claim.request.route, outcome: callOutcome(answer) };
      recorder.called(labels.outcome, tookMs);
      metrics.permits.inc({ team: claim.team, class: spendingOf(claim.class) });
      metrics.upstreamCalls.inc(labels);
      metrics.upstreamSeconds.observe(labels, tookMs / 1000);
    },
  });
  const { answers, dispatcher, flights, ledger, pacing, rebuildWatch } = core;
  const recorder = new Recorder(clock, {
    effectiveRate: () => core.effectiveRate.current(),
    coolDownMs: () => coolDown.remainingMs(),
  });
  if (fleet !== undefined) fleet.onForgotten = () => flights.recheck();

  let draining = false;
  const isReady = (): boolean => !draining;
  const told = composeReadings({
    config,
    version,
    clock,
    access,
    backends,
    core,
    recorder,
    fleet,
    mode,
    isReady,
  });
  const { status } = told;
  const { rate, windowMs, maxReplicas } = config.budget;
  metrics.watch(told.readings, { version, rate, windowMs, maxReplicas });

  const weights = (): number => roster().weight;
  const allowances = new Allowances({ limit: config.budget, permits, pacing, coolDown, ledger, weights });

  const cancelSweep = every(clock, SWEEP_MS, () => memory.store.sweep());

  const problems = config.http;
  const accessLog = new AccessLog({
    log,
    lines,
    metrics,
    recorder,
    clock,
    hitsOneIn: config.http.accessLog.hitsOneIn,
  });
  const onPages = {
    authenticate,
    answers,
    clock,
    accessLog,
    questions,
    coded: new CodedBodies(memory.prepared, config.http.compression && config.cache.memory.preparedBytes > 0),
    counts,
    amperity: { tenant, apiVersion },
    queue: config.queue,
    browserCache: config.cache.browserCache,
    allowance: config.http.rateLimitHeaders ? (team: Team) => allowances.of(team) : undefined,
    onServed: ledger.served.bind(ledger),
  };
  const publicApp = createApp({
    ...onPages,
    log,
    problems,
    fingerprint: (request) => keys.fingerprint(request),
    isOrigin: (origin) => config.cors.origins.includes(origin) || roster().isOrigin(origin),
    trustProxy: config.http.trustProxy,
    account: (team) => ledger.account(team),
    extraQueryParams: config.http.extraQueryParams,
    ...(cursors && { verifyCursor: cursors.verify.bind(cursors) }),
    export: config.export,
  });
  const onDefect = (error: unknown): void => log.error(errorFields(error), 'defect');
  const live = new LiveView({
    replica,
    recorder,
    status,
    clock,
    onDefect,
    ...(fleet && { exchange: fleet.exchange }),
  });
  const hot = hotPath({ ...onPages, fixedHeaders: securityHeaderList() });
  const adminApp = createAdminApp({
    amperity: { apiVersion },
    authenticate,
    audit,
    purger,
    revocations,
    keyOf: (id) => roster().key(id),
    isLocal: isLoopback(config.admin.host),
    log,
    clock,
    metrics,
    problems,
    isReady,
    detail: told.detail,
    status,
    live,
  });
  const publicListener = new Drainable((tells) =>
    createServer({ app: publicApp, hot, onDefect, tells, problems }),
  );
  const adminListener = new Drainable((tells) => createServer({ app: adminApp, tells, problems }));

  return {
    start: async () => {
      // So that the first caller does not wait for a token too; a failure is told to callers, one by one.
      tokens.current().catch(() => undefined);
      return {
        listen: await listen(publicListener.server, config.listen, true),
        admin: await listen(adminListener.server, config.admin),
      };
    },
    stop: async (atOnce) => {
      draining = true;
      fleet?.drain();
      const delayMs = atOnce ? 0 : config.drain.delayMs;
      const clean = await drain([publicListener], { delayMs, timeoutMs: config.drain.timeoutMs }, clock);
      // Health and metrics are answered to the end; nothing of value can be lost there.
      await drain([adminListener], { delayMs: 0, timeoutMs: 0 }, clock);
      live.close();
      recorder.close();
      cancelSweep();
      rebuildWatch?.close();
      await dispatcher.close();
      await permits.close();
      revocations.close();
      counts.close();
      fleet?.close();
      access.close();
      masterKeys.close();
      requests.close();
      tokens.close();
      return clean;
    },
  };
}
