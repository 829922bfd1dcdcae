import { checkSettings } from '../config/check-settings.ts';
import { type Settings, settingsSchema } from '../config/schema.ts';
import { nodeAt, rangeOf, settingTree } from '../config/setting-tree.ts';
import type { Traffic } from '../plan/generated-load.ts';
import { USUAL_LATENCY_MS } from '../plan/load.ts';
import { readOptions } from './options.ts';
import { integer, plain, shares } from './plan-values.ts';
import { UsageError } from './verb.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** Settings that can be tried out, by the flag that changes each. */
const SETTINGS = {
  rate: ['budget', 'rate'],
  pacing: ['budget', 'pacing'],
  'max-in-flight': ['budget', 'maxInFlight'],
  'fresh-ms': ['cache', 'freshMs'],
  'stale-ms': ['cache', 'staleMs'],
  'stale-if-error-ms': ['cache', 'staleIfErrorMs'],
  'memory-bytes': ['cache', 'memory', 'maxBytes'],
  'max-wait-ms': ['queue', 'maxWaitMs'],
  'per-team': ['queue', 'perTeam'],
  total: ['queue', 'total'],
} as const;

const OPTIONS = {
  log: text,
  generate: flag,
  requests: text,
  seconds: text,
  teams: text,
  questions: text,
  zipf: text,
  rate: text,
  pacing: text,
  'max-in-flight': text,
  'fresh-ms': text,
  'stale-ms': text,
  'stale-if-error-ms': text,
  'memory-bytes': text,
  'max-wait-ms': text,
  'per-team': text,
  total: text,
  weights: text,
  'upstream-ms': text,
  seed: text,
  compare: flag,
  json: flag,
} as const;

type Given = ReturnType<typeof readOptions<typeof OPTIONS>>;

export interface PlanFlags {
  readonly source: { readonly log: string } | { readonly traffic: Traffic };
  /** The defaults with the given ones in their place. */
  readonly settings: Settings;
  readonly defaults: Settings;
  readonly weights: ReadonlyMap<string, number>;
  /** Time that every call takes; absent: as the load tells. */
  readonly upstreamMs: number | undefined;
  readonly seed: number;
  readonly compare: boolean;
  readonly json: boolean;
}

/** Reads the flags of `plan`; throws a UsageError that names the first wrong one. */
export function readPlanFlags(args: readonly string[]): PlanFlags {
  const given = readOptions(args, OPTIONS);
  const upstreamMs = integer('upstream-ms', given['upstream-ms'], undefined, [0, 600_000]);
  return {
    source: source(given, upstreamMs ?? USUAL_LATENCY_MS),
    settings: settings(given),
    defaults: settingsSchema.parse({}),
    weights: given.weights === undefined ? new Map() : shares('weights', given.weights, '=', undefined),
    upstreamMs,
    seed: integer('seed', given.seed, 1, [0, 4_294_967_295]),
    compare: given.compare ?? false,
    json: given.json ?? false,
  };
}

function source(given: Given, latencyMs: number): PlanFlags['source'] {
  const { log, generate = false } = given;
  if ((log !== undefined) === generate) {
    throw new UsageError('--log FILE or --generate is needed, one of them');
  }
  if (log !== undefined) {
    const stray = (['requests', 'seconds', 'teams', 'questions', 'zipf'] as const).find(
      (name) => given[name] !== undefined,
    );
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --generate; a log has its own`);
    return { log };
  }
  const zipf = given.zipf ?? '1';
  if (!/^\d{1,2}(\.\d{1,6})?$/.test(zipf) || Number(zipf) > 10) {
    throw new UsageError('--zipf takes a number from 0 to 10');
  }
  return {
    traffic: {
      requests: integer('requests', given.requests, 10_000, [1, 10_000_000]),
      seconds: integer('seconds', given.seconds, 300, [1, 604_800]),
      teams: shares('teams', given.teams ?? 'web', ':', '1'),
      questions: integer('questions', given.questions, 1000, [1, 10_000_000]),
      zipf: Number(zipf),
      latencyMs,
    },
  };
}

/** Judged by the schema of gateway.yaml, so that what can be planned can be set. */
function settings(given: Given): Settings {
  let written: unknown = {};
  for (const [name, path] of Object.entries(SETTINGS)) {
    const value = given[name as keyof typeof SETTINGS];
    if (value !== undefined) written = withValue(written, path, plain(value));
  }
  const { settings: read, complaints } = checkSettings(settingsSchema, written);
  const wrong = complaints[0]?.path.join('.');
  if (read === undefined || wrong !== undefined) {
    const [name, path] = Object.entries(SETTINGS).find(([, own]) => own.join('.') === wrong) ?? ['log', []];
    throw new UsageError(`--${name} takes ${rangeOf(nodeAt(settingTree(settingsSchema), path) ?? {})}`);
  }
  const { memory } = read.cache;
  // A smaller cache takes smaller entries, which gateway.yaml would have to say.
  const maxEntryBytes = Math.min(memory.maxEntryBytes, memory.maxBytes);
  return { ...read, cache: { ...read.cache, memory: { ...memory, maxEntryBytes } } };
}

function withValue(root: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value;
  const branch = (root ?? {}) as Readonly<Record<string, unknown>>;
  return { ...branch, [step]: withValue(branch[step], rest, value) };
}
