import type { PlanSettings } from './compose-plan.ts';
import type { Recorded } from './recorded-load.ts';
import type { Replayed } from './replay.ts';
import type { Figures } from './tally.ts';

export interface Row extends Figures {
  readonly team: string;
  /** Calls to Amperity on the team's turns, refreshes included; a log does not tell them. */
  readonly calls: number | undefined;
}

/** One load under one set of settings, in figures. */
export interface Scenario {
  readonly name: string;
  readonly seconds: number;
  readonly teams: readonly Row[];
  readonly total: Omit<Row, 'team'>;
  /** How much of the budget was used; absent where calls are not known. */
  readonly budget: { readonly callsPerSecond: number; readonly allowedPerSecond: number } | undefined;
}

export function replayedScenario(
  name: string,
  { tally, calls, seconds }: Replayed,
  { budget }: PlanSettings,
): Scenario {
  const sum = [...calls.values()].reduce((all, some) => all + some, 0);
  return {
    name,
    seconds,
    teams: [...tally.teams()].map(([team, figures]) => ({ team, ...figures, calls: calls.get(team) ?? 0 })),
    total: { ...tally.total(), calls: sum },
    budget: {
      // A load of one instant has no rate of its own: what it takes is then set against one window.
      callsPerSecond: sum / Math.max(seconds, budget.windowMs / 1000),
      allowedPerSecond: (budget.rate * 1000) / budget.windowMs,
    },
  };
}

export function recordedScenario(name: string, { tally, seconds }: Recorded): Scenario {
  return {
    name,
    seconds,
    teams: [...tally.teams()].map(([team, figures]) => ({ team, ...figures, calls: undefined })),
    total: { ...tally.total(), calls: undefined },
    budget: undefined,
  };
}
