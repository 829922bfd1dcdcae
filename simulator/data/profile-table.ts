import { FilterIndex } from './filter-index.ts';
import { type ProfileStyle, profileJson, withUnknownMember } from './profile-json.ts';
import type { ProfileSource } from './profile-source.ts';
import { rebuildRows } from './rebuild-rows.ts';
import { RowJsonCache } from './row-json-cache.ts';
import { firstRows, hasRow, type RowList, withoutRows } from './row-order.ts';

export interface IndexDescription {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type BuildState = 'ready' | 'building';

/** The profiles of one index of one tenant, generation by generation. */
export class ProfileTable {
  readonly source: ProfileSource;
  readonly #description: IndexDescription;
  readonly #style: ProfileStyle;
  readonly #firstRows: number;
  readonly #versions = new Map<number, number>();
  #rows: Uint32Array | undefined;
  #nextRow: number;
  #pivot = 0;
  #filterIndex: FilterIndex | undefined;
  #json = new RowJsonCache();
  #updatedAt: string;
  generation = 0;
  /** Whether the last rebuild moved rows across the seam, so that old cursors count places instead of rows. */
  overlapping = false;
  state: BuildState = 'ready';

  constructor(source: ProfileSource, rows: number, description: IndexDescription, style: ProfileStyle) {
    this.source = source;
    this.#firstRows = rows;
    this.#nextRow = rows + 1;
    this.#description = description;
    this.#style = style;
    this.#updatedAt = description.updatedAt;
  }

  get id(): string {
    return this.#description.id;
  }

  get updatedAt(): string {
    return this.#updatedAt;
  }

  /** The whole index in walking order. */
  list(): RowList {
    this.#rows ??= firstRows(this.#firstRows);
    return { rows: this.#rows, pivot: this.#pivot };
  }

  /** The rows matching every filter, in walking order. */
  async filtered(filters: readonly (readonly [string, string])[]): Promise<RowList> {
    const { rows } = this.list();
    this.#filterIndex ??= new FilterIndex(this.source, rows, (row) => this.#versionOf(row));
    return { rows: await this.#filterIndex.find(filters), pivot: this.#pivot };
  }

  /** Row number of a living profile. */
  rowOfId(id: string): number | undefined {
    const row = this.source.rowOfId(id);
    return row !== undefined && hasRow(this.list().rows, row) ? row : undefined;
  }

  json(row: number): string {
    return this.#json.get(row, (one) =>
      profileJson(this.source, this.id, one, this.#versionOf(one), this.#style),
    );
  }

  describe(): string {
    const { id, name, description, createdAt } = this.#description;
    const known = { id, name, description, created_at: createdAt, updated_at: this.#updatedAt };
    return withUnknownMember(JSON.stringify(known), this.#style);
  }

  /** The next generation: a share of the rows changed, a share removed, as many added. */
  rebuild(delta: number, seam: 'clean' | 'overlap', movesUpdatedAt: boolean): void {
    this.generation++;
    const next = rebuildRows(this.source, this.list().rows, this.#nextRow, this.generation, delta);
    for (const row of next.changed) this.#versions.set(row, this.generation);
    for (const row of next.removed) this.#versions.delete(row);
    this.#nextRow += next.added;
    this.overlapping = seam === 'overlap';
    // The new rows and as many old ones move to the front: a walk that counts places misses the latter.
    if (this.overlapping) this.#pivot = next.rows.at(-2 * Math.max(1, next.added)) ?? 0;
    this.#replaceRows(next.rows);
    if (movesUpdatedAt) this.touch();
  }

  /** Moves `updated_at` alone, to the clock and always forward. */
  touch(): void {
    const forward = Math.max(Date.now(), Date.parse(this.#updatedAt) + 1);
    this.#updatedAt = new Date(forward).toISOString();
  }

  /** False when there is no such profile. Walks under way go on behind it. */
  erase(id: string): boolean {
    const row = this.rowOfId(id);
    if (row === undefined) return false;
    this.#replaceRows(withoutRows(this.list().rows, [row]));
    return true;
  }

  #replaceRows(rows: Uint32Array): void {
    this.#rows = rows;
    this.#filterIndex = undefined;
    this.#json = new RowJsonCache();
  }

  #versionOf(row: number): number {
    return this.#versions.get(row) ?? 0;
  }
}
