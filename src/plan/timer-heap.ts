/** Something that is due at an instant; of several due at once the one with the lower `order` goes first. */
export interface Due {
  readonly at: number;
  readonly order: number;
}

/** A binary heap: the earliest of a million timers is at hand without looking at the others. */
export class TimerHeap<T extends Due> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const items = this.#items;
    let hole = items.length;
    items.push(item);
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !precedes(item, parent)) break;
      items[hole] = parent;
      hole = above;
    }
    items[hole] = item;
  }

  /** Takes the earliest out. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let hole = 0;
    for (;;) {
      const below = this.#earlierOf(2 * hole + 1);
      const child = items[below];
      if (child === undefined || !precedes(child, last)) break;
      items[hole] = child;
      hole = below;
    }
    items[hole] = last;
    return first;
  }

  /** The place of the earlier of two siblings, the left of which stands at `left`. */
  #earlierOf(left: number): number {
    const a = this.#items[left];
    const b = this.#items[left + 1];
    return a !== undefined && b !== undefined && precedes(b, a) ? left + 1 : left;
  }
}

const precedes = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
