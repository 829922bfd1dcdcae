import type { RedisClient } from '../shared/redis.ts';
import { defineScript, type Script } from '../shared/redis-script.ts';
import { EVERYTHING, type Level } from './generations.ts';
import type { StoredPage } from './page-store.ts';

export interface RedisPageTagsParts {
  readonly client: RedisClient;
  /** What the names of the keys begin with, in braces so that all lie in one slot of a cluster. */
  readonly root: string;
  /** Names of the profiles in the page, in its scope. */
  readonly holders: (page: StoredPage) => Iterable<string>;
}

/** Profiles of a page that are tagged one by one: a page with more of them stays until it ends, though nobody gets it. */
const MOST_HOLDERS = 100;

/** How many pages are looked up at a time. */
const BATCH = 1000;

/** More profiles than these, purged within the longest life of a page, are purged by their index. */
const MOST_GONE = 10_000;

/** KEYS: generations. */
const COMMON = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function markOf(level, scope) return tonumber(redis.call('hget', KEYS[1], level .. ':' .. scope) or 0) end
`;

/**
 * Notes under each tag that the page is there, and tells the newest generation that what is stored must not be older
 * than. In one step, so that a purge either finds the note or is found here.
 *
 * ARGV: page, lifetime in ms, scope, tags.
 */
const NOTE = `${COMMON}
local page, life, scope = ARGV[1], tonumber(ARGV[2]), ARGV[3]
for at = 4, #ARGV do
  local tag = string.sub(KEYS[1], 1, -2) .. 't:' .. ARGV[at]
  redis.call('zadd', tag, now + life, page)
  redis.call('zremrangebyscore', tag, '-inf', now)
  if redis.call('pttl', tag) < life then redis.call('pexpire', tag, life) end
end
return string.format('%.0f',
  math.max(markOf('dead', ''), markOf('cut', ''), markOf('dead', scope), markOf('cut', scope)))
`;

/**
 * A generation newer than all before, for some scopes; and for some profiles, where there are not too many of them
 * already, which is told instead.
 *
 * KEYS: generations, profiles that are gone. ARGV: level, lifetime of what is gone in ms, number of scopes, scopes,
 * profiles as \`<scope> <holder>\`.
 */
const PROCLAIM = `${COMMON}
local scopes = tonumber(ARGV[3])
if #ARGV > 3 + scopes then
  redis.call('zremrangebyscore', KEYS[2], '-inf', now - tonumber(ARGV[2]))
  if redis.call('zcard', KEYS[2]) >= ${MOST_GONE} then return nil end
end
local generation = now
for _, known in ipairs(redis.call('hvals', KEYS[1])) do generation = math.max(generation, tonumber(known) + 1) end
generation = string.format('%.0f', generation)
for at = 4, 3 + scopes do redis.call('hset', KEYS[1], ARGV[1] .. ':' .. ARGV[at], generation) end
for at = 4 + scopes, #ARGV do redis.call('zadd', KEYS[2], generation, ARGV[at]) end
return generation
`;

/** Only as it was read: what has been stored again meanwhile stays. KEYS: tag. ARGV: name, score, and so on. */
const UNTAG = `
for at = 1, #ARGV, 2 do
  if redis.call('zscore', KEYS[1], ARGV[at]) == ARGV[at + 1] then redis.call('zrem', KEYS[1], ARGV[at]) end
end
`;

/** By what stored pages are found again to be removed: everything, an index, a profile in it. */
export class RedisPageTags {
  readonly #parts: RedisPageTagsParts;
  readonly #note: Script<[generations: string, ...args: (string | number)[]], string>;
  readonly #proclaim: Script<
    [generations: string, gone: string, ...args: (string | number)[]],
    string | null
  >;
  readonly #untag: Script<[tag: string, ...namesAndScores: string[]], null>;

  constructor(parts: RedisPageTagsParts) {
    this.#parts = parts;
    this.#note = defineScript(parts.client, 'note', 1, NOTE);
    this.#proclaim = defineScript(parts.client, 'proclaim', 2, PROCLAIM);
    this.#untag = defineScript(parts.client, 'untag', 1, UNTAG);
  }

  /**
   * To be said as the page is stored: false if it is older than a purge, and has to be removed.
   *
   * @param name of its key in Redis
   */
  async note(name: string, page: StoredPage, lifetimeMs: number): Promise<boolean> {
    const { holders, root } = this.#parts;
    const { generation = 0, scope = EVERYTHING } = page;
    const tags = new Set([EVERYTHING, scope]);
    for (const holder of holders(page)) {
      if (tags.size < MOST_HOLDERS + 2) tags.add(holder);
    }
    const newest = await this.#note(`${root}:g`, name, lifetimeMs, scope, ...tags);
    return generation >= Number(newest);
  }

  /**
   * A new generation. Undefined where too many profiles are gone: then their index has to go.
   *
   * @param gone profiles, as `<scope> <holder>`
   * @param goneForMs longer than any page is kept
   */
  async proclaim(
    level: Level,
    scopes: readonly string[],
    gone: readonly string[] = [],
    goneForMs = 0,
  ): Promise<number | undefined> {
    const key = `${this.#parts.root}:g`;
    const told = await this.#proclaim(
      key,
      `${key}:gone`,
      level,
      goneForMs,
      scopes.length,
      ...scopes,
      ...gone,
    );
    return told === null ? undefined : Number(told);
  }

  /** Removes the pages under a tag; resolves to how many were still there. */
  async unlink(tag: string): Promise<number> {
    const { client, root } = this.#parts;
    const key = `${root}:t:${tag}`;
    let removed = 0;
    for (;;) {
      const read = await client.zrange(key, 0, `${BATCH - 1}`, 'WITHSCORES');
      const names = read.filter((_, place) => place % 2 === 0);
      if (names.length === 0) return removed;
      // One by one, sent together: in a cluster they belong to different nodes.
      const counts = await Promise.all(names.map((name) => client.unlink(name)));
      removed += counts.reduce((sum, count) => sum + count, 0);
      await this.#untag(key, ...read);
    }
  }
}
