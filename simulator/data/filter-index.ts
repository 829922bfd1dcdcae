import { buildColumns, type FilterColumns, scanColumns } from './filter-columns.ts';
import type { Person } from './planted-rows.ts';
import type { ProfileSource } from './profile-source.ts';
import { hasRow, withRows } from './row-order.ts';

export type Filter = readonly [attribute: string, value: string];

export const filterFields: ReadonlySet<string> = new Set([
  'first_name',
  'last_name',
  'email',
  'loyalty_tier',
  'city',
]);

const KEPT_RESULTS = 32;

/** Finds the rows of one generation of one index; made anew when a row is changed, added or removed. */
export class FilterIndex {
  readonly #source: ProfileSource;
  readonly #rows: Uint32Array;
  readonly #versionOf: (row: number) => number;
  readonly #results = new Map<string, Uint32Array>();
  #columns: Promise<FilterColumns> | undefined;

  constructor(source: ProfileSource, rows: Uint32Array, versionOf: (row: number) => number) {
    this.#source = source;
    this.#rows = rows;
    this.#versionOf = versionOf;
  }

  /** Ascending row numbers that match every filter byte for byte. The columns are built at the first call. */
  async find(filters: readonly Filter[]): Promise<Uint32Array> {
    const key = JSON.stringify(filters);
    const known = this.#results.get(key);
    if (known) return known;
    const found = await this.#search(filters);
    if (this.#results.size >= KEPT_RESULTS) this.#results.clear();
    this.#results.set(key, found);
    return found;
  }

  async #search(filters: readonly Filter[]): Promise<Uint32Array> {
    const email = filters.find(([name]) => name === 'email')?.[1];
    if (email !== undefined) {
      const rows = this.#source.rowsOfEmail(email).filter((row) => this.#matches(row, filters));
      return withRows([], rows);
    }
    this.#columns ??= buildColumns(this.#source, this.#rows, this.#versionOf);
    const drawn = scanColumns(await this.#columns, filters).map((place) => this.#rows[place] as number);
    const planted = [...this.#source.planted.keys()].filter((row) => this.#matches(row, filters));
    return withRows(drawn, planted);
  }

  #matches(row: number, filters: readonly Filter[]): boolean {
    if (!hasRow(this.#rows, row)) return false;
    const person = this.#source.person(row, this.#versionOf(row));
    return filters.every(([name, value]) => person[name as keyof Person] === value);
  }
}
