import type { Clock } from '../shared/clock.ts';
import { type Finding, findingsAbout } from './doctor-finding.ts';

/** As much of a client of one server as is needed. */
export interface OneRedis {
  info(section: string): Promise<string>;
  ping(): Promise<unknown>;
  time(): Promise<readonly (string | number)[]>;
}

const OLDEST = 7;
/** The first releases of each series in which CVE-2025-49844 is mended. */
const MENDED: ReadonlyMap<string, number> = new Map([
  ['7.2', 11],
  ['7.4', 6],
  ['8.0', 4],
  ['8.2', 2],
]);
const PINGS = 21;
/** A question that nobody has asked before takes some fifteen commands. */
const SLOW_MS = 20;
/** Ages of pages, and the ends of keys, go by the clocks of the replicas. */
const APART_MS = 1000;

/** Version, eviction, latency and clock of one server. */
export async function* examineRedisServer(
  about: string,
  server: OneRedis,
  clock: Clock,
): AsyncGenerator<Finding> {
  const { wrong } = findingsAbout(about);
  try {
    yield* examineInfo(about, await server.info('server'), await server.info('memory'));
  } catch {
    yield wrong('does not tell about itself; the user needs +info');
  }
  try {
    yield latency(about, await pings(server, clock));
    yield await clockDifference(about, server, clock);
  } catch {
    yield wrong('does not answer PING and TIME; the user needs +ping +time, or Redis has just gone');
  }
}

/** @param server, memory what INFO says in these sections */
export function* examineInfo(about: string, server: string, memory: string): Generator<Finding> {
  const { fine, note, wrong } = findingsAbout(about);
  // Valkey calls itself a Redis of the version at which it left, whatever its own is.
  const valkey = field(server, 'valkey_version');
  const version = field(server, 'redis_version');
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major < OLDEST) yield wrong(`version ${version}; take 7.0 or later`);
  else yield fine(valkey === 'unknown' ? `version ${version}` : `Valkey ${valkey}`);
  if (valkey !== 'unknown') {
    yield note(
      'CVE-2025-49844 is mended in the latest releases of each series of Valkey: see that it is one',
    );
  } else if (!isMended(major, minor, patch)) {
    yield note(
      'CVE-2025-49844 is mended in 7.2.11, 7.4.6, 8.0.4 and 8.2.2, or by your distribution: see that it is',
    );
  }
  const policy = field(memory, 'maxmemory_policy');
  if (field(memory, 'maxmemory') === '0') {
    yield wrong('maxmemory is not set; set it, and maxmemory-policy volatile-lru');
  }
  if (policy === 'volatile-lru') yield fine('maxmemory-policy volatile-lru');
  else if (policy.startsWith('volatile-')) {
    yield note(`maxmemory-policy ${policy}; volatile-lru lets go of old pages first`);
  } else {
    const why =
      policy === 'noeviction' ? 'refuses every write when memory is full' : 'may let go of the limiter';
    yield wrong(`maxmemory-policy ${policy} ${why}; set volatile-lru`);
  }
}

/** Of series that are not listed, newer ones are. */
const isMended = (major: number, minor: number, patch: number): boolean =>
  patch >= (MENDED.get(`${major}.${minor}`) ?? (major * 10 + minor > 82 ? 0 : Number.POSITIVE_INFINITY));

async function pings(server: OneRedis, clock: Clock): Promise<readonly number[]> {
  const took: number[] = [];
  for (let at = 0; at < PINGS; at += 1) {
    const sentAt = clock.monotonic();
    await server.ping();
    took.push(clock.monotonic() - sentAt);
  }
  return took.sort((one, other) => one - other);
}

/** @param sorted how long answers took, in ms */
export function latency(about: string, sorted: readonly number[]): Finding {
  const { fine, wrong } = findingsAbout(about);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const told = `answers within ${median.toFixed(1)} ms, the slowest of ${sorted.length} times within ${(sorted.at(-1) ?? 0).toFixed(1)} ms`;
  return median <= SLOW_MS ? fine(told) : wrong(`${told}; have it nearer, or see what keeps it busy`);
}

async function clockDifference(about: string, server: OneRedis, clock: Clock): Promise<Finding> {
  const { fine, wrong } = findingsAbout(about);
  const sentAt = clock.now();
  const [seconds, micros] = await server.time();
  const apart = Math.round(Number(seconds) * 1000 + Number(micros) / 1000 - (sentAt + clock.now()) / 2);
  const told = `its clock is ${Math.abs(apart)} ms ${apart < 0 ? 'behind' : 'ahead of'} this one`;
  return Math.abs(apart) < APART_MS ? fine(told) : wrong(`${told}; have both set by NTP`);
}

const field = (info: string, name: string): string =>
  new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1] ?? 'unknown';
