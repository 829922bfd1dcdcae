import type { Access } from './compose-access.ts';
import type { Backends, Core } from './compose-core.ts';
import type { RedisBackends } from './compose-redis.ts';
import type { Config } from './config/config.ts';
import type { Recorder } from './console/recorder.ts';
import type { Clock } from './shared/clock.ts';
import type { Readings } from './shared/metrics.ts';

export interface ReadingsParts {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly access: Access;
  readonly backends: Backends;
  readonly core: Core;
  readonly recorder: Recorder;
  /** Absent: one replica, all in memory. */
  readonly fleet: RedisBackends | undefined;
  readonly mode: Readings['mode'];
  readonly isReady: () => boolean;
}

/** What operators are told of a replica: what is read at each scrape, and what `/status` shows. */
export function composeReadings({
  access,
  backends: { coolDown, permits, queue, store },
  clock,
  config,
  core: { breakers, dispatcher, effectiveRate, ledger },
  fleet,
  isReady,
  mode,
  recorder,
  version,
}: ReadingsParts) {
  const startedAt = clock.now();
  const waiting = async () =>
    (await queue.depths().catch(() => [])).map(({ team, flights, oldestAt }) => ({
      team,
      flights,
      oldestMs: oldestAt === undefined ? 0 : clock.now() - oldestAt,
    }));
  const readings: Readings = {
    queue: waiting,
    cache: () => store.size(),
    coolDownMs: () => coolDown.remainingMs(),
    effectiveRate: () => effectiveRate.current(),
    breakers: () => breakers.states(),
    mode,
    redisUp: () => fleet?.isUp(),
    bounds: () =>
      [...access.roster().teams.values()].map(({ name, maxQueuedFlights, maxWaitMs }) => ({
        team: name,
        bound: maxQueuedFlights ?? config.queue.perTeam,
        maxWaitMs: maxWaitMs ?? config.queue.maxWaitMs,
      })),
    keys: () =>
      [...access.roster().keys].map(({ record: { id, notAfterMs, state }, team }) => ({
        team: team.name,
        key: id,
        isActive: state === 'active',
        notAfterMs,
        usedAtMs: access.lastUsed.get(id)?.at,
      })),
  };
  const status = async () => ({
    name: config.name,
    version,
    startedAt: new Date(startedAt).toISOString(),
    ready: isReady(),
    budget: {
      mode: mode(),
      rate: config.budget.rate,
      effectiveRate: Math.round(effectiveRate.current() * 100) / 100,
      windowMs: config.budget.windowMs,
      permitsHeld: permits.held(),
      inFlight: dispatcher.inFlight(),
      breakers: breakers.states(),
      coolDownMs: Math.round(coolDown.remainingMs()),
    },
    ...(fleet && { redis: { up: fleet.isUp() } }),
    queue: await waiting(),
    teams: ledger.accounts(),
    problems: recorder.problems(),
    cache: { memory: store.size() },
  });
  const detail = () =>
    fleet === undefined ? [] : [`redis: ${fleet.isUp() ? 'up' : 'down'}`, `budget: ${mode()}`];
  return { readings, status, detail };
}
