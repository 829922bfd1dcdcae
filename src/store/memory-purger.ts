import type { Purged, Purger, PurgeTarget } from '../shared/purger.ts';
import { EVERYTHING, type Generations, type Level } from './generations.ts';
import type { MemoryPageStore } from './memory-page-store.ts';
import type { StoredPage } from './page-store.ts';
import { profileIds } from './profile-ids.ts';

export interface MemoryPurgerParts {
  readonly store: MemoryPageStore;
  readonly generations: Generations;
  /** Every scope that pages about the index may have. */
  readonly scopes: (index: string) => readonly string[];
  readonly now: () => number;
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
    const generation = this.#mark(profile === undefined ? 'dead' : 'cut', of);
    const isMeant = ({ body, scope = EVERYTHING }: StoredPage): boolean =>
      'all' in target || (of.includes(scope) && (profile === undefined || holds(body, profile)));
    return { pages: store.deleteWhere(isMeant), generation, widened: false, acknowledged: 0 };
  }

  #mark(level: Level, scopes: readonly string[]): number {
    const { generations, now } = this.#parts;
    const newest = Math.max(0, ...[...generations.marks()].map((mark) => mark.generation));
    const generation = Math.max(now(), newest + 1);
    for (const scope of scopes) generations.learn({ scope, level, generation });
    return generation;
  }
}

function holds(body: Buffer, profile: string): boolean {
  for (const id of profileIds(body)) if (id === profile) return true;
  return false;
}
