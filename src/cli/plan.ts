import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { generatedLoad } from '../plan/generated-load.ts';
import type { Load } from '../plan/load.ts';
import { type Recorded, recordedLoad } from '../plan/recorded-load.ts';
import { replay } from '../plan/replay.ts';
import { recordedScenario, replayedScenario, type Scenario } from '../plan/scenario.ts';
import { scenarioTable } from '../plan/scenario-table.ts';
import { type PlanFlags, readPlanFlags } from './plan-flags.ts';
import { exitCode, UsageError, type Verb } from './verb.ts';

/** The budget what-if: a load under other settings, by the gateway's own code and a clock that need not wait. */
export const plan: Verb = async (args, { cwd, print, complain }) => {
  const flags = readPlanFlags(args);
  const { source } = flags;
  let recorded: Recorded | undefined;
  if ('log' in source) {
    try {
      recorded = await readLog(resolve(cwd, source.log));
    } catch {
      complain('The log named by --log cannot be read; check the path and who may read it.');
      return exitCode.noInput;
    }
  }
  const load = 'traffic' in source ? generatedLoad(source.traffic, flags.seed) : recorded?.load;
  if (load === undefined) {
    complain('The log holds no request that asked for a page; it has to be the access log of a gateway.');
    return exitCode.badInput;
  }
  const scenarios = await played(load, flags, recorded);
  const seen = {
    requests: load.arrivals.length,
    otherLines: recorded?.foreign ?? 0,
    withoutQuestion: recorded?.unasked ?? 0,
  };
  if (flags.json) {
    print(JSON.stringify({ load: seen, settings: planned(flags), scenarios }));
    return exitCode.ok;
  }
  print(intro(seen, scenarios));
  print('');
  print(scenarioTable(scenarios));
  return exitCode.ok;
};

async function readLog(path: string): Promise<Recorded> {
  const stream = createReadStream(path);
  // An interface of lines would swallow the failure and end as if the file were empty.
  const failed = new Promise<never>((_, reject) => stream.once('error', reject));
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  return Promise.race([recordedLoad(lines), failed]);
}

async function played(load: Load, flags: PlanFlags, recorded: Recorded | undefined): Promise<Scenario[]> {
  const { settings, defaults, weights, upstreamMs, seed, compare } = flags;
  const teams = new Set(load.arrivals.map(({ team }) => team));
  if ([...weights.keys()].some((team) => !teams.has(team))) {
    throw new UsageError('--weights names a team that sends no request');
  }
  const timed = upstreamMs === undefined ? load : { ...load, latenciesMs: [upstreamMs] };
  const changed = replayedScenario('changed', await replay(timed, settings, weights, seed), settings);
  if (!compare) return [changed];
  const before =
    recorded === undefined
      ? replayedScenario('defaults', await replay(timed, defaults, new Map(), seed), defaults)
      : recordedScenario('recorded', recorded);
  return [before, changed];
}

/** What the changed scenario was played under, as far as it can be changed. */
function planned({ settings, weights, seed, upstreamMs }: PlanFlags) {
  const { budget, cache, queue } = settings;
  return {
    budget: { rate: budget.rate, pacing: budget.pacing, maxInFlight: budget.maxInFlight },
    cache: {
      freshMs: cache.freshMs,
      staleMs: cache.staleMs,
      staleIfErrorMs: cache.staleIfErrorMs,
      memory: { maxBytes: cache.memory.maxBytes },
    },
    queue,
    weights: Object.fromEntries(weights),
    upstreamMs,
    seed,
  };
}

function intro(
  seen: { readonly requests: number; readonly otherLines: number; readonly withoutQuestion: number },
  scenarios: readonly Scenario[],
): string {
  const seconds = scenarios.at(-1)?.seconds ?? 0;
  const leftOut = [
    ...(seen.withoutQuestion > 0 ? [`without a question ${seen.withoutQuestion}`] : []),
    ...(seen.otherLines > 0 ? [`other lines ${seen.otherLines}`] : []),
  ];
  const what = `${seen.requests} requests in ${Math.round(seconds)} s`;
  return leftOut.length > 0 ? `${what}; left out: ${leftOut.join(', ')}` : what;
}
