import { type Core, type CoreSettings, composeCore } from '../compose-core.ts';
import { composeMemory } from '../compose-memory.ts';
import type { Clock } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { Amperity } from '../upstream/amperity.ts';
import { LeasePermits } from './lease-permits.ts';
import { questionName } from './load.ts';

/** The settings a what-if may change, by the names they have in gateway.yaml. */
export interface PlanSettings extends CoreSettings {
  readonly queue: CoreSettings['queue'] & { readonly perTeam: number; readonly maxWaitMs: number };
}

export interface PlanParts {
  readonly settings: PlanSettings;
  readonly teams: readonly string[];
  readonly amperity: Amperity;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface PlannedGateway extends Pick<Core, 'answers' | 'ledger'> {
  close(): void;
}

/** Nobody compares them here. */
const ETAG = 'W/"plan"';

/** The gateway between the question and the call, under any clock. No HTTP, no keys, no metrics; and permits that need no real time. */
export function composePlan({ settings, teams, amperity, clock, random }: PlanParts): PlannedGateway {
  const permits = new LeasePermits(settings.budget, clock, settings.budget.pacing === 'burst');
  const keys = {
    page: questionName,
    total: (request: PageRequest) => `${questionName(request)} total`,
    scope: () => undefined,
    origin: (request: PageRequest) => `${questionName(request)} origin`,
    olderPages: () => [],
    olderTotals: () => [],
    olderOrigins: () => [],
  };
  const { answers, dispatcher, ledger } = composeCore({
    ...composeMemory(settings, () => teams.length, clock),
    permits,
    settings,
    teams,
    amperity,
    keys,
    etag: () => ETAG,
    clock,
    random,
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
