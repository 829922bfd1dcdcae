import type { Answered } from './connection.ts';
import type { Ask, Fault, Wrong } from './judge.ts';

const EXAMPLES = 5;

/** What came back, by team, way and status. */
export class Tally {
  /** By team, then by way and status. */
  readonly rows = new Map<string, Map<string, number>>();
  readonly wrong = new Map<Fault, number>();
  readonly examples: string[] = [];
  /** Answers that had been checked when the first wrong one came. */
  checkedBeforeWrong: number | undefined;
  /** Complete answers that were held against the truth: 200 and 304. */
  checked = 0;
  /** Of these by somebody's call, their own or one they joined. */
  fetched = 0;
  hungUp = 0;
  /** Ended by the gateway before the answer was complete, exports excepted, which are cut when they fail. */
  cutOff = 0;
  cutExports = 0;

  answered(ask: Ask, answered: Answered, wrong: Wrong | undefined): void {
    const { status } = answered;
    const way = wayOf(ask, answered);
    if (status === 200 || status === 304) {
      this.checked += 1;
      if (FETCHED.has(way)) this.fetched += 1;
    }
    this.#count(ask.team.policy.name, `${way} ${status}`);
    if (wrong === undefined) return;
    this.checkedBeforeWrong ??= this.checked;
    this.wrong.set(wrong.fault, (this.wrong.get(wrong.fault) ?? 0) + 1);
    if (this.examples.length < EXAMPLES) this.examples.push(`${wrong.fault}: ${wrong.example}`);
  }

  /** Of one team. */
  checkedOf(team: string): number {
    const counts = [...(this.rows.get(team) ?? [])];
    return counts.filter(([name]) => / (200|304)$/.test(name)).reduce((sum, [, count]) => sum + count, 0);
  }

  /** Over all teams. */
  get ways(): Map<string, number> {
    const sums = new Map<string, number>();
    for (const counts of this.rows.values()) {
      for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
    }
    return sums;
  }

  #count(team: string, name: string): void {
    const counts = this.rows.get(team) ?? new Map<string, number>();
    this.rows.set(team, counts);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

const FETCHED: ReadonlySet<string> = new Set(['miss', 'miss, not kept', 'expired', 'collapsed']);

const wayOf = (ask: Ask, { headers }: Answered): string =>
  ask.kind === 'export' ? ask.format : wayTold(headers.get('cache-status'));

/** How an answer was made, by what its `Cache-Status` says (RFC 9211). */
export function wayTold(said = ''): string {
  const detail = /detail=([\w-]+)/.exec(said)?.[1];
  if (detail !== undefined) return detail;
  if (said.includes('; hit')) return 'hit';
  if (said.includes('; collapsed')) return 'collapsed';
  if (said.includes('fwd=stale')) return 'expired';
  if (said.includes('fwd=')) return said.includes('; stored') ? 'miss' : 'miss, not kept';
  return 'none';
}
