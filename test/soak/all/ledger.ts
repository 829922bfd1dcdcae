import { wayTold } from '../../chaos/teams/tally.ts';
import type { Reply } from '../../support/http-get.ts';

const EXAMPLES = 20;

/** What a hostile Amperity, a full budget and a cursor that expires are answered with, and no defect of ours. */
const EXPLAINED: Readonly<Record<string, readonly number[]>> = {
  upstream_error: [502],
  unavailable: [503],
  deadline_exceeded: [504],
  team_budget: [429],
  shared_budget: [429],
  cursor_expired: [410],
};
/** These say when to come back. */
const WITH_RETRY_AFTER: ReadonlySet<number> = new Set([429, 502, 503]);

/** What came of every request of the run. */
export class Ledger {
  /** By team, then by outcome. */
  readonly outcomes = new Map<string, Map<string, number>>();
  readonly wrong = new Map<string, number>();
  readonly unexplained = new Map<string, number>();
  /** Of single questions that nobody had asked, by team; ms by the caller's watch. */
  readonly waits = new Map<string, number[]>();
  readonly #onStrange: (line: string) => void;
  #examples = 0;
  asked = 0;
  answered = 0;
  /** Callers that went before their answer. */
  gone = 0;
  walks = 0;
  exports = 0;
  cutExports = 0;
  hung = 0;

  /** @param onStrange told the first of each kind of strange answer, and each wrong one, as it comes */
  constructor(onStrange: (line: string) => void) {
    this.#onStrange = onStrange;
  }

  /**
   * @param due what the question had to be answered with, where it is a wrong one
   * @param isOnward it was asked with a cursor
   */
  status(
    team: string,
    reply: Reply,
    { due, isOnward = false }: { due?: number; isOnward?: boolean } = {},
  ): void {
    const { status, headers, body } = reply;
    this.answered += 1;
    const code = status < 400 ? wayTold(headers['cache-status']?.toString()) : codeOf(body);
    this.#count(this.outcomes, team, `${status} ${code}`);
    if (status < 400 || status === due) return;
    const mayCome = WITH_RETRY_AFTER.has(status) ? Number(headers['retry-after']) > 0 : true;
    if (EXPLAINED[code]?.includes(status) && mayCome) return;
    // Where the page that handed the cursor out was purged, or lost with Redis, it is a cursor of the caller's own making.
    if (isOnward && status === 400 && code === 'upstream_rejected') return;
    this.strange(`${team}: ${status} ${code}`, body.toString('utf8').slice(0, 300));
  }

  /** Something happened that nothing of what is done to the house explains. */
  strange(what: string, example = ''): void {
    const before = this.unexplained.get(what) ?? 0;
    this.unexplained.set(what, before + 1);
    if (before === 0) this.#example(`${what} ${example}`);
  }

  fault(fault: string, example: string): void {
    this.wrong.set(fault, (this.wrong.get(fault) ?? 0) + 1);
    this.#example(`${fault}: ${example}`);
  }

  /** Share of what this team asked that was answered with a page, or with its being the same still. */
  shareGiven(team: string): number {
    const counts = [...(this.outcomes.get(team) ?? [])];
    const all = counts.reduce((sum, [, count]) => sum + count, 0);
    const given = counts.filter(([what]) => /^(200|304) /.test(what));
    return given.reduce((sum, [, count]) => sum + count, 0) / Math.max(1, all);
  }

  waited(team: string, ms: number): void {
    const waits = this.waits.get(team) ?? [];
    this.waits.set(team, waits);
    waits.push(ms);
  }

  #example(text: string): void {
    if (this.#examples >= EXAMPLES) return;
    this.#examples += 1;
    this.#onStrange(text.slice(0, 2000));
  }

  #count(rows: Map<string, Map<string, number>>, row: string, name: string): void {
    const counts = rows.get(row) ?? new Map<string, number>();
    rows.set(row, counts);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

function codeOf(body: Buffer): string {
  try {
    return String(JSON.parse(body.toString('utf8')).code);
  } catch {
    return 'no problem body';
  }
}
