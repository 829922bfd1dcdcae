import type { Clock } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import { defineScript, type Script } from '../shared/redis-script.ts';
import { type Generations, type Gone, LEVELS, type Mark } from './generations.ts';

export interface RedisGenerationsParts {
  readonly client: RedisClient;
  /** Of the hash that holds the marks; what is gone lies beside it under `<key>:gone`. */
  readonly key: string;
  readonly generations: Generations;
  readonly clock: Clock;
  /** Longer than any page is kept: what was purged before does not matter any more. */
  readonly longestLifeMs: number;
  /** Told when there is something that was not known. */
  readonly onNews: () => void;
}

/** A lost message about a purge is made up for within this time. */
const READ_MS = 5000;

/** What is gone is read from a little before the newest that is known: generations of two purges may come in any order. */
const OVERLAP_MS = 60_000;

/** Sets marks unless newer ones are there, and returns all. ARGV: field, generation, and so on. */
const EXCHANGE = `
for at = 1, #ARGV, 2 do
  local known = tonumber(redis.call('hget', KEYS[1], ARGV[at]) or 0)
  if tonumber(ARGV[at + 1]) > known then redis.call('hset', KEYS[1], ARGV[at], ARGV[at + 1]) end
end
return redis.call('hgetall', KEYS[1])
`;

/** As the scripts of redis-page-tags.ts write it. */
const fieldOf = ({ level, scope }: Mark): string => `${level}:${scope}`;
const memberOf = ({ holder, scope }: Gone): string => `${scope} ${holder}`;

/**
 * Keeps the generations of the fleet in step: read every 5 s and on every connection, and written back where Redis has
 * forgotten them, as after a failover to a server that had not heard of them yet.
 */
export class RedisGenerations {
  readonly #parts: RedisGenerationsParts;
  readonly #exchange: Script<[key: string, ...marks: (string | number)[]], string[]>;
  #inStep: Promise<unknown>;
  /** Newest generation of what is gone that was read on this connection. */
  #goneUntil = 0;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(parts: RedisGenerationsParts) {
    this.#parts = parts;
    this.#exchange = defineScript(parts.client, 'generations', 1, EXCHANGE);
    this.#inStep = this.read();
    parts.client.on('ready', () => {
      this.#goneUntil = 0;
      this.#inStep = this.read();
    });
  }

  /** Resolves when whatever was purged before this connection is known here, or Redis is away. */
  async known(): Promise<void> {
    await this.#inStep;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  /** Never rejects: what cannot be read now is read on the next connection, before anything else is. */
  async read(): Promise<void> {
    const { clock, generations, longestLifeMs, onNews } = this.#parts;
    this.#cancel();
    try {
      const isNews = [await this.#readMarks(), await this.#readGone()].includes(true);
      generations.forgetGone(this.#goneUntil - longestLifeMs);
      if (isNews) onNews();
    } catch {
      // Redis is away.
    }
    this.#cancel();
    if (!this.#closed) this.#cancel = clock.after(READ_MS, () => void this.read());
  }

  async #readMarks(): Promise<boolean> {
    const { generations, key } = this.#parts;
    const own = [...generations.marks()].flatMap((mark) => [fieldOf(mark), mark.generation]);
    const read = await this.#exchange(key, ...own);
    const marks = read.map((field, at) => (at % 2 === 0 ? markOf(field, Number(read[at + 1])) : undefined));
    return marks.filter((mark) => mark !== undefined && generations.learn(mark)).length > 0;
  }

  /** On a new connection all of it, and given back what Redis may have forgotten; then what has come since. */
  async #readGone(): Promise<boolean> {
    const { client, generations, key } = this.#parts;
    const gone = `${key}:gone`;
    if (this.#goneUntil === 0) {
      const own = [...generations.gone()].flatMap((each) => [each.generation, memberOf(each)]);
      if (own.length > 0) await client.zadd(gone, 'GT', ...own);
    }
    const read = await client.zrangebyscore(gone, this.#goneUntil - OVERLAP_MS, '+inf', 'WITHSCORES');
    let isNews = false;
    for (let at = 0; at < read.length; at += 2) {
      const [scope = '', holder = ''] = (read[at] ?? '').split(' ');
      const generation = Number(read[at + 1]);
      isNews = generations.learnGone({ scope, holder, generation }) || isNews;
      this.#goneUntil = Math.max(this.#goneUntil, generation);
    }
    return isNews;
  }
}

/** Undefined for fields that are something else. */
function markOf(field: string, generation: number): Mark | undefined {
  const level = LEVELS.find((each) => field.startsWith(`${each}:`));
  return level && { level, scope: field.slice(level.length + 1), generation };
}
