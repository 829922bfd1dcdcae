const ROWS_PER_HALF = 10_000;

/** Text of rows by number, in two halves: a row used again moves to the young one, the old one is dropped. */
export class RowJsonCache {
  #young = new Map<number, string>();
  #old = new Map<number, string>();

  get(row: number, make: (row: number) => string): string {
    const young = this.#young.get(row);
    if (young !== undefined) return young;
    const text = this.#old.get(row) ?? make(row);
    if (this.#young.size >= ROWS_PER_HALF) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(row, text);
    return text;
  }
}
