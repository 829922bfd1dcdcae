import type { Clock } from '../shared/clock.ts';
import type { Purged, Purger, PurgeTarget } from '../shared/purger.ts';
import { EVERYTHING, type Generations, type Level } from './generations.ts';
import type { MemoryPageStore } from './memory-page-store.ts';
import type { StoredPage } from './page-store.ts';

export interface MemoryPurgerParts {
  readonly store: MemoryPageStore;
  readonly generations: Generations;
  /** Every scope that pages about the index may have. */
  readonly scopes: (index: string) => readonly string[];
  readonly clock: Clock;
}

/** Purges the memory of the only replica. */
export class MemoryPurger implements Purger {
  readonly #parts: MemoryPurgerParts;

  constructor(parts: MemoryPurgerParts) {
    this.#parts = parts;
  }

  async markStale(index: string): Promise<void> {
    this.#mark('stale', this.#parts.scopes(index));
  }

  async purge(target: PurgeTarget): Promise<Purged> {
    const { scopes, store } = this.#parts;
    const of = 'all' in target ? [EVERYTHING] : scopes(target.index);
    const profile = 'all' in target ? undefined : target.profile;
    const level: Level = profile === undefined ? 'dead' : 'cut';
    const generation = this.#mark(level, of);
    const isMeant = ({ scope = EVERYTHING, profiles }: StoredPage): boolean =>
      'all' in target ||
      (of.includes(scope) && (profile === undefined || (profiles?.includes(profile) ?? false)));
    return { pages: store.deleteWhere(isMeant), generation, widened: false, acknowledged: 0 };
  }

  #mark(level: Level, scopes: readonly string[]): number {
    const { clock, generations } = this.#parts;
    const generation = Math.max(clock.now(), ...scopes.map((scope) => generations.current(scope) + 1));
    for (const scope of scopes) generations.learn({ scope, level, generation });
    return generation;
  }
}
