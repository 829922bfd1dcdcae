import type { Provenance, StoredPage } from './page-store.ts';

/** The scope of everything; pages about no index have no other. */
export const EVERYTHING = '';

/**
 * What a generation does to what is older, in its scope. `dead`: it is answered no more. `cut`: calls that began before
 * bring nothing that may be stored, and what is stored may have been purged in part. `stale`: it is fresh no more.
 */
export const LEVELS = ['dead', 'cut', 'stale'] as const;
export type Level = (typeof LEVELS)[number];

export interface Mark {
  readonly scope: string;
  readonly level: Level;
  /** Epoch ms by the clock of whoever keeps the marks; it only ever grows. */
  readonly generation: number;
}

/**
 * The newest generations that this replica knows of. Pages carry the one that was current when they were asked for.
 * The numbers are compared with each other only, never with a clock: no skew can revive an old page.
 */
export class Generations {
  readonly #marks = new Map<string, Record<Level, number>>();

  /** False if as much was known. */
  learn({ scope, level, generation }: Mark): boolean {
    const known = this.#marks.get(scope) ?? { dead: 0, cut: 0, stale: 0 };
    if (generation <= known[level]) return false;
    this.#marks.set(scope, { ...known, [level]: generation });
    return true;
  }

  /** Everything that is known, one mark for each scope and level. */
  *marks(): Generator<Mark> {
    for (const [scope, known] of this.#marks) {
      for (const level of LEVELS) {
        if (known[level] > 0) yield { scope, level, generation: known[level] };
      }
    }
  }

  /** What a call that begins now is to be marked with. */
  current(scope: string): number {
    return this.#newest(scope, LEVELS);
  }

  /** Whether the page may not be answered any more. */
  isDead({ scope = EVERYTHING, generation = 0 }: Provenance): boolean {
    return generation < this.#newest(scope, ['dead']);
  }

  /** Whether what a call of this generation brings may be older than a purge. */
  isOutdated({ scope = EVERYTHING, generation = 0 }: Provenance): boolean {
    return generation < this.#newest(scope, ['dead', 'cut']);
  }

  /** The page as it is to be judged: fresh no longer than its index has stood as it was. */
  aged(page: StoredPage): StoredPage {
    const { freshUntil, scope = EVERYTHING, generation = 0 } = page;
    const stale = this.#newest(scope, ['stale']);
    return generation < stale && freshUntil > stale ? { ...page, freshUntil: stale } : page;
  }

  #newest(scope: string, levels: readonly Level[]): number {
    const marks = [this.#marks.get(EVERYTHING), this.#marks.get(scope)];
    return Math.max(0, ...marks.flatMap((known) => (known ? levels.map((level) => known[level]) : [])));
  }
}
