import { GatewayError } from '../shared/errors.ts';
import type { Purged, Purger, PurgeTarget } from '../shared/purger.ts';
import type { RedisClient } from '../shared/redis.ts';
import { EVERYTHING } from './generations.ts';
import type { RedisPageTags } from './redis-page-tags.ts';

export interface RedisPurgerParts {
  readonly client: RedisClient;
  readonly tags: RedisPageTags;
  /** Every scope that pages about the index may have. */
  readonly scopes: (index: string) => readonly string[];
  readonly holder: (scope: string, id: string) => string | undefined;
  /** Once Redis has nothing of it any more: has the memory of every replica follow, this one's before it resolves. */
  readonly announce: () => Promise<void>;
}

/** How long followers of Redis are waited for. Commands of this connection wait as long. */
const FOLLOWERS_MS = 100;

/**
 * Purges the pages that all replicas share, and what they have in memory. The new generation comes first: from then on
 * nothing older is answered or stored; removing it merely frees the memory, and keeps the promise that it is gone.
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
    const { announce, scopes, tags } = this.#parts;
    await tags.proclaim('stale', scopes(index));
    await announce();
  }

  async #purge(target: PurgeTarget): Promise<Purged> {
    const { holder, scopes, tags } = this.#parts;
    if ('all' in target) return this.#forget([EVERYTHING]);
    const of = scopes(target.index);
    const { profile } = target;
    if (profile === undefined) return this.#forget(of);
    const holders = of.map((scope) => holder(scope, profile)).filter((tag) => tag !== undefined);
    const { generation, isPartial } = await tags.proclaim('cut', of);
    if (isPartial) return { ...(await this.#forget(of)), widened: true };
    return this.#finish(holders, generation);
  }

  /** Whole scopes, whose pages are tagged with their names. */
  async #forget(scopes: readonly string[]): Promise<Purged> {
    const { generation } = await this.#parts.tags.proclaim('dead', scopes);
    return this.#finish(scopes, generation);
  }

  async #finish(tagged: readonly string[], generation: number): Promise<Purged> {
    const { announce, tags } = this.#parts;
    const acknowledged = await this.#awaitFollowers();
    let pages = 0;
    for (const tag of tagged) pages += await tags.unlink(tag);
    await announce();
    return { pages, generation, widened: false, acknowledged };
  }

  /** Who takes over from Redis must have heard of it; each shard of a cluster has followers of its own. */
  async #awaitFollowers(): Promise<number> {
    const { client } = this.#parts;
    if (client.isCluster) return 0;
    const followers = Number(/^connected_slaves:(\d+)/m.exec(await client.info('replication'))?.[1] ?? 0);
    return followers === 0 ? 0 : client.wait(followers, FOLLOWERS_MS);
  }
}
