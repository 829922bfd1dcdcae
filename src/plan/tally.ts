import type { ErrorCode } from '../shared/errors.ts';

/** What became of a request; a closed set, so that the columns of a team add up to its requests. */
const OUTCOMES = ['hit', 'stale', 'shared', 'miss', 'refused', 'timedOut', 'other'] as const;
export type RowOutcome = (typeof OUTCOMES)[number];

export interface Figures extends Readonly<Record<RowOutcome, number>> {
  readonly requests: number;
  /** Waits for the budget of those whose page had to be fetched (`miss` and `shared`), in ms. */
  readonly wait: { readonly p50: number; readonly p95: number; readonly p99: number };
}

const OF_CODE: Partial<Record<ErrorCode, RowOutcome>> = {
  team_budget: 'refused',
  shared_budget: 'refused',
  upstream_budget: 'refused',
  deadline_exceeded: 'timedOut',
};

/** Of a request that was not given a page, by the code of its failure; a caller who has gone is `other` too. */
export const outcomeOf = (code: ErrorCode | undefined): RowOutcome =>
  (code !== undefined && Object.hasOwn(OF_CODE, code) && OF_CODE[code]) || 'other';

/** Counts what became of requests, by team. */
export class Tally {
  readonly #teams = new Map<string, { counts: Record<RowOutcome, number>; waitsMs: number[] }>();

  add(team: string, outcome: RowOutcome, waitedMs: number): void {
    const entry = this.#entry(team);
    entry.counts[outcome] += 1;
    if (outcome === 'miss' || outcome === 'shared') entry.waitsMs.push(waitedMs);
  }

  /** By team, in the order of their names. */
  teams(): Map<string, Figures> {
    const sorted = [...this.#teams].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(sorted.map(([team, entry]) => [team, figures([entry])]));
  }

  total(): Figures {
    return figures([...this.#teams.values()]);
  }

  #entry(team: string) {
    const known = this.#teams.get(team);
    if (known !== undefined) return known;
    const counts = { hit: 0, stale: 0, shared: 0, miss: 0, refused: 0, timedOut: 0, other: 0 };
    const entry = { counts, waitsMs: [] };
    this.#teams.set(team, entry);
    return entry;
  }
}

function figures(
  entries: readonly { readonly counts: Readonly<Record<RowOutcome, number>>; readonly waitsMs: number[] }[],
): Figures {
  const count = (outcome: RowOutcome): number =>
    entries.reduce((sum, { counts }) => sum + counts[outcome], 0);
  const waits = Float64Array.from(entries.flatMap(({ waitsMs }) => waitsMs)).sort();
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count(outcome)])) as Record<
    RowOutcome,
    number
  >;
  return {
    ...counts,
    requests: OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0),
    wait: { p50: percentile(waits, 50), p95: percentile(waits, 95), p99: percentile(waits, 99) },
  };
}

/** The least value that so many percent do not exceed (nearest rank); 0 of none. */
function percentile(sorted: Float64Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}
