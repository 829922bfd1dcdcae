/** The newest entries, oldest first. Appending is O(1) amortised; the oldest leave when there are too many. */
export class EntryRing<T> {
  #entries: (T | undefined)[] = [];
  #head = 0;
  #dropped = 0;

  get kept(): number {
    return this.#entries.length - this.#head;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(entry: T, keep: number): void {
    this.#entries.push(entry);
    while (this.kept > keep) {
      this.#entries[this.#head++] = undefined;
      this.#dropped++;
    }
    if (this.#head > 4096 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Up to `limit` entries from the position on, where 0 is the first entry ever pushed. */
  from(position: number, limit: number): T[] {
    const start = this.#head + Math.max(0, position - this.#dropped);
    return this.#entries.slice(start, start + limit) as T[];
  }
}
