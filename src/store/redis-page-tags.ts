import type { RedisClient } from '../shared/redis.ts';
import { defineScript, type Script } from '../shared/redis-script.ts';
import { EVERYTHING, type Level } from './generations.ts';
import type { StoredPage } from './page-store.ts';

export interface RedisPageTagsParts {
  readonly client: RedisClient;
  /** What the names of the keys begin with, in braces so that all lie in one slot of a cluster. */
  readonly root: string;
  /** Name of a profile in a scope; see tags.ts. */
  readonly holder: (scope: string, id: string) => string | undefined;
}

/** Profiles of a page that can be found again one by one; a page with more of them is purged with its index. */
const MOST_HOLDERS = 100;

/** How many pages are looked up at a time. */
const BATCH = 1000;

const COMMON = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function markOf(level, scope)
  return tonumber(redis.call('hget', KEYS[1], level .. ':' .. scope) or 0)
end
`;

/**
 * Notes under each tag that the page is there, and tells the newest generation that what is stored must not be older
 * than. In one step, so that a purge either finds the note or is found here.
 *
 * ARGV: page, lifetime in ms, scope, whether it holds more than the tags say, tags.
 */
const NOTE = `${COMMON}
local page, life, scope = ARGV[1], tonumber(ARGV[2]), ARGV[3]
for at = 5, #ARGV do
  local tag = string.sub(KEYS[1], 1, -2) .. 't:' .. ARGV[at]
  redis.call('zadd', tag, now + life, page)
  redis.call('zremrangebyscore', tag, '-inf', now)
  if redis.call('pttl', tag) < life then redis.call('pexpire', tag, life) end
end
if ARGV[4] == '1' and markOf('some', scope) < now + life then
  redis.call('hset', KEYS[1], 'some:' .. scope, now + life)
end
return string.format('%.0f',
  math.max(markOf('dead', ''), markOf('cut', ''), markOf('dead', scope), markOf('cut', scope)))
`;

/**
 * A new generation for some scopes, newer than all before, and whether pages of theirs do not say whom they hold.
 *
 * ARGV: level, scopes.
 */
const PROCLAIM = `${COMMON}
local generation, isPartial = now, 0
for at = 2, #ARGV do
  for _, level in ipairs({ 'dead', 'cut', 'stale' }) do
    generation = math.max(generation, markOf(level, ARGV[at]) + 1)
  end
  if markOf('some', ARGV[at]) > now then isPartial = 1 end
end
for at = 2, #ARGV do
  redis.call('hset', KEYS[1], ARGV[1] .. ':' .. ARGV[at], string.format('%.0f', generation))
end
return { string.format('%.0f', generation), isPartial }
`;

/** By what stored pages are found again: everything, an index, a profile in it. */
export class RedisPageTags {
  readonly #parts: RedisPageTagsParts;
  readonly #note: Script<[generations: string, ...args: (string | number)[]], string>;
  readonly #proclaim: Script<
    [generations: string, ...args: string[]],
    [generation: string, isPartial: number]
  >;

  constructor(parts: RedisPageTagsParts) {
    this.#parts = parts;
    this.#note = defineScript(parts.client, 'note', 1, NOTE);
    this.#proclaim = defineScript(parts.client, 'proclaim', 1, PROCLAIM);
  }

  /**
   * To be said after the page was stored: false if it is older than a purge, and has to be removed.
   *
   * @param name of its key in Redis
   */
  async note(name: string, page: StoredPage, lifetimeMs: number): Promise<boolean> {
    const { holder, root } = this.#parts;
    const { generation = 0, profiles = [], scope = EVERYTHING } = page;
    const named = profiles.slice(0, MOST_HOLDERS).map((id) => holder(scope, id));
    const tags = [
      EVERYTHING,
      ...(scope === EVERYTHING ? [] : [scope]),
      ...named.filter((tag) => tag !== undefined),
    ];
    const holdsMore = scope !== EVERYTHING && page.count > tags.length - 2;
    const newest = await this.#note(
      `${root}:g`,
      name,
      lifetimeMs,
      scope,
      holdsMore ? 1 : 0,
      ...new Set(tags),
    );
    return generation >= Number(newest);
  }

  async proclaim(
    level: Level,
    scopes: readonly string[],
  ): Promise<{ generation: number; isPartial: boolean }> {
    const [generation, isPartial] = await this.#proclaim(`${this.#parts.root}:g`, level, ...scopes);
    return { generation: Number(generation), isPartial: isPartial === 1 };
  }

  /** Removes the pages under a tag; resolves to how many were still there. */
  async unlink(tag: string): Promise<number> {
    const { client, root } = this.#parts;
    const key = `${root}:t:${tag}`;
    let removed = 0;
    for (;;) {
      const names = await client.zrange(key, 0, `${BATCH - 1}`);
      if (names.length === 0) return removed;
      // One by one, sent together: in a cluster they belong to different nodes.
      const counts = await Promise.all(names.map((name) => client.unlink(name)));
      removed += counts.reduce((sum, count) => sum + count, 0);
      await client.zrem(key, ...names);
    }
  }
}
