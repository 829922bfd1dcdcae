import { GatewayError } from '../shared/errors.ts';
import type { Purged, Purger, PurgeTarget } from '../shared/purger.ts';
import type { RedisClient } from '../shared/redis.ts';
import { awaitFollowers } from '../shared/redis-followers.ts';
import { EVERYTHING, type Generations, type Level } from './generations.ts';
import type { RedisPageTags } from './redis-page-tags.ts';

export interface RedisPurgerParts {
  readonly client: RedisClient;
  readonly tags: RedisPageTags;
  readonly generations: Generations;
  /** Every scope that pages about the index may have. */
  readonly scopes: (index: string) => readonly string[];
  readonly holder: (scope: string, id: string) => string | undefined;
  /** Longer than any page is kept. */
  readonly longestLifeMs: number;
  /** Once Redis has nothing of it any more: has the memory of every replica follow, this one's before it resolves. */
  readonly announce: () => Promise<void>;
}

/**
 * Purges the pages that all replicas share, and what they have in memory. The new generation comes first: from then on
 * nothing older is answered or stored, whether or not it is found to be removed.
 */
export class RedisPurger implements Purger {
  readonly #parts: RedisPurgerParts;

  constructor(parts: RedisPurgerParts) {
    this.#parts = parts;
  }

  async purge(target: PurgeTarget): Promise<Purged> {
    try {
      return await this.#purge(target);
    } catch (cause) {
      throw new GatewayError(
        'unavailable',
        'Redis did not confirm the purge, so part of it may be left. Purge again until this succeeds.',
        { retryAfterMs: 1000, cause },
      );
    }
  }

  async markStale(index: string): Promise<void> {
    await this.#proclaim('stale', this.#parts.scopes(index));
    await this.#parts.announce();
  }

  async #purge(target: PurgeTarget): Promise<Purged> {
    const { holder, scopes } = this.#parts;
    const of = 'all' in target ? [EVERYTHING] : scopes(target.index);
    const profile = 'all' in target ? undefined : target.profile;
    if (profile !== undefined) {
      const gone = of.flatMap((scope) => {
        const name = holder(scope, profile);
        return name === undefined ? [] : [{ scope, name }];
      });
      const generation = await this.#proclaim('cut', of, gone);
      if (generation !== undefined)
        return this.#remove(
          gone.map(({ name }) => name),
          generation,
        );
    }
    const generation = await this.#proclaim('dead', of);
    const purged = await this.#remove(of, generation ?? 0);
    return { ...purged, widened: profile !== undefined };
  }

  /** Known here at once, whatever becomes of Redis next. */
  async #proclaim(
    level: Level,
    scopes: readonly string[],
    gone: readonly { readonly scope: string; readonly name: string }[] = [],
  ): Promise<number | undefined> {
    const { generations, longestLifeMs, tags } = this.#parts;
    const names = gone.map(({ scope, name }) => `${scope} ${name}`);
    const generation = await tags.proclaim(level, scopes, names, longestLifeMs);
    if (generation === undefined) return undefined;
    for (const scope of scopes) generations.learn({ scope, level, generation });
    for (const { scope, name } of gone) generations.learnGone({ scope, holder: name, generation });
    return generation;
  }

  async #remove(tagged: readonly string[], generation: number): Promise<Purged> {
    const { announce, client, tags } = this.#parts;
    let pages = 0;
    for (const tag of tagged) pages += await tags.unlink(tag);
    const acknowledged = await awaitFollowers(client);
    await announce();
    return { pages, generation, widened: false, acknowledged };
  }
}
