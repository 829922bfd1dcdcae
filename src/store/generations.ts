import type { Provenance, StoredPage } from './page-store.ts';

/** The scope of everything; pages about no index have no other. */
export const EVERYTHING = '';

/**
 * What a generation does to what is older, in its scope. `dead`: it is answered no more. `cut`: somebody was purged, so
 * calls that began before bring nothing that may be stored, and what is stored is looked through for whom it holds.
 * `stale`: it is fresh no more.
 */
export const LEVELS = ['dead', 'cut', 'stale'] as const;
export type Level = (typeof LEVELS)[number];

const DEAD: readonly Level[] = ['dead'];
const CUT: readonly Level[] = ['cut'];
const OUTDATED: readonly Level[] = ['dead', 'cut'];
const STALE: readonly Level[] = ['stale'];

export interface Mark {
  readonly scope: string;
  readonly level: Level;
  /** Epoch ms by the clock of whoever keeps the marks, and more than any before. */
  readonly generation: number;
}

/** A profile that was purged: nothing older that holds it is answered. */
export interface Gone {
  readonly scope: string;
  /** Name of the profile in its scope; see tags.ts. */
  readonly holder: string;
  readonly generation: number;
}

/**
 * The newest generations that this replica knows of. Pages carry the one that was current when they were asked for.
 * The numbers are compared with each other only, never with a clock: no skew can revive an old page.
 */
export class Generations {
  readonly #marks = new Map<string, Record<Level, number>>();
  /** By scope and holder, oldest first. */
  readonly #gone = new Map<string, Map<string, number>>();
  /** What was told of pages that are not fresh any more: others remember pages by what they are told. */
  readonly #aged = new WeakMap<StoredPage, StoredPage>();

  /** False if as much was known. */
  learn({ scope, level, generation }: Mark): boolean {
    const known = this.#marks.get(scope) ?? { dead: 0, cut: 0, stale: 0 };
    if (generation <= known[level]) return false;
    this.#marks.set(scope, { ...known, [level]: generation });
    return true;
  }

  /** False if as much was known. */
  learnGone({ scope, holder, generation }: Gone): boolean {
    const holders = this.#gone.get(scope) ?? new Map<string, number>();
    if (generation <= (holders.get(holder) ?? 0)) return false;
    holders.delete(holder);
    holders.set(holder, generation);
    this.#gone.set(scope, holders);
    return true;
  }

  /** Profiles purged before this generation are forgotten: no page that is older is kept any more. */
  forgetGone(before: number): void {
    for (const [scope, holders] of this.#gone) {
      for (const [holder, generation] of holders) if (generation < before) holders.delete(holder);
      if (holders.size === 0) this.#gone.delete(scope);
    }
  }

  /** Everything that is known, one mark for each scope and level. */
  *marks(): Generator<Mark> {
    for (const [scope, known] of this.#marks) {
      for (const level of LEVELS) {
        if (known[level] > 0) yield { scope, level, generation: known[level] };
      }
    }
  }

  *gone(): Generator<Gone> {
    for (const [scope, holders] of this.#gone) {
      for (const [holder, generation] of holders) yield { scope, holder, generation };
    }
  }

  /** What a call that begins now is to be marked with. */
  current(scope: string): number {
    return this.#newest(scope, LEVELS);
  }

  /** Whether the page may not be answered any more, whoever is in it. */
  isDead({ scope = EVERYTHING, generation = 0 }: Provenance): boolean {
    return generation < this.#newest(scope, DEAD);
  }

  /** Whether what a call of this generation brings may be older than a purge. */
  isOutdated({ scope = EVERYTHING, generation = 0 }: Provenance): boolean {
    return generation < this.#newest(scope, OUTDATED);
  }

  /** Whether the page holds somebody who was purged after it was asked for; `holders` is asked only if that can be. */
  holdsGone({ scope = EVERYTHING, generation = 0 }: Provenance, holders: () => Iterable<string>): boolean {
    const gone = this.#gone.get(scope);
    if (gone === undefined || generation >= this.#newest(scope, CUT)) return false;
    for (const holder of holders()) if ((gone.get(holder) ?? 0) > generation) return true;
    return false;
  }

  /** The page as it is to be judged: since its index was found to be another, it has not been fresh. */
  aged(page: StoredPage): StoredPage {
    const { freshUntil, generation = 0, scope = EVERYTHING, storedAt } = page;
    const isStale = generation < this.#newest(scope, STALE);
    if (!isStale || freshUntil <= storedAt) return page;
    const aged = this.#aged.get(page) ?? { ...page, freshUntil: storedAt };
    this.#aged.set(page, aged);
    return aged;
  }

  #newest(scope: string, levels: readonly Level[]): number {
    if (this.#marks.size === 0) return 0;
    const everything = this.#marks.get(EVERYTHING);
    const own = this.#marks.get(scope);
    let newest = 0;
    for (const level of levels) newest = Math.max(newest, everything?.[level] ?? 0, own?.[level] ?? 0);
    return newest;
  }
}
