import type { Clock } from '../shared/clock.ts';
import type { FlightClass } from './fair-queue.ts';

/** For what a call was spent: an export has what is idle. */
export type Spending = Exclude<FlightClass, 'export'>;

export const spendingOf = (flightClass: FlightClass): Spending =>
  flightClass === 'export' ? 'idle' : flightClass;

/** What a team has had of the budget since the process began. */
export interface Account {
  /** Calls to Amperity on the team's turns, by class. */
  readonly spent: Readonly<Record<Spending, number>>;
  /** Answers that cost nothing, because the page was stored. */
  readonly savedByCache: number;
  /** Answers that cost this team nothing, because somebody else's call brought the page. */
  readonly savedBySharing: number;
  /** Time the team's callers have waited for permits, all of them together. */
  readonly waitedMs: number;
  /** Callers turned away by the budget. */
  readonly refused: number;
}

type Entry = { -readonly [K in keyof Account]: Account[K] } & {
  spent: Record<Spending, number>;
  recent: number[];
};

/** Who uses the budget, and who saves it. */
export class Ledger {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(teams: readonly string[], windowMs: number, clock: Clock) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    for (const team of teams) this.#entry(team);
  }

  spent(team: string, flightClass: FlightClass): void {
    const entry = this.#entry(team);
    entry.spent[spendingOf(flightClass)] += 1;
    entry.recent = [...this.#within(entry), this.#clock.monotonic()];
  }

  /** A caller was answered, or turned away. */
  served(team: string, how: 'cache' | 'sharing' | 'call' | 'refused', waitedMs: number): void {
    const entry = this.#entry(team);
    if (how === 'cache') entry.savedByCache += 1;
    if (how === 'sharing') entry.savedBySharing += 1;
    if (how === 'refused') entry.refused += 1;
    entry.waitedMs += waitedMs;
  }

  /** Permits the team has spent in the last window. */
  recent(team: string): number {
    const entry = this.#entry(team);
    return entry.recent.length === 0 ? 0 : this.#within(entry).length;
  }

  accounts(): Readonly<Record<string, Account>> {
    return Object.fromEntries([...this.#entries.keys()].map((team) => [team, this.account(team)]));
  }

  /** Of a team that has come since, too. */
  account(team: string): Account {
    const { recent: _, ...account } = this.#entry(team);
    return { ...account, waitedMs: Math.round(account.waitedMs) };
  }

  #within({ recent }: Entry): number[] {
    const from = this.#clock.monotonic() - this.#windowMs;
    return recent.filter((at) => at > from);
  }

  #entry(team: string): Entry {
    const known = this.#entries.get(team);
    if (known !== undefined) return known;
    const spent = { caller: 0, refresh: 0, idle: 0 };
    const entry: Entry = { spent, savedByCache: 0, savedBySharing: 0, waitedMs: 0, refused: 0, recent: [] };
    this.#entries.set(team, entry);
    return entry;
  }
}
