import type { Clock } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import { defineScript, type Script } from '../shared/redis-script.ts';
import { type Generations, LEVELS, type Mark } from './generations.ts';

export interface RedisGenerationsParts {
  readonly client: RedisClient;
  /** Of the hash that holds the marks. */
  readonly key: string;
  readonly generations: Generations;
  readonly clock: Clock;
  /** Told when there is something that was not known. */
  readonly onNews: () => void;
}

/** A lost message about a purge is made up for within this time. */
const READ_MS = 5000;

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

/**
 * Keeps the generations of the fleet in step: read every 5 s and on every connection, and written back where Redis has
 * forgotten them, as after a failover to a server that had not heard of them yet.
 */
export class RedisGenerations {
  readonly #parts: RedisGenerationsParts;
  readonly #exchange: Script<[key: string, ...marks: (string | number)[]], string[]>;
  #inStep: Promise<unknown>;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(parts: RedisGenerationsParts) {
    this.#parts = parts;
    this.#exchange = defineScript(parts.client, 'generations', 1, EXCHANGE);
    this.#inStep = this.read();
    parts.client.on('ready', () => {
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
    const { clock, generations, key, onNews } = this.#parts;
    this.#cancel();
    const own = [...generations.marks()].flatMap((mark) => [fieldOf(mark), mark.generation]);
    try {
      const read = await this.#exchange(key, ...own);
      const marks = read.map((field, at) => (at % 2 === 0 ? markOf(field, Number(read[at + 1])) : undefined));
      const news = marks.filter((mark) => mark !== undefined && generations.learn(mark));
      if (news.length > 0) onNews();
    } catch {
      // Redis is away.
    }
    this.#cancel();
    if (!this.#closed) this.#cancel = clock.after(READ_MS, () => void this.read());
  }
}

/** Undefined for fields that are something else. */
function markOf(field: string, generation: number): Mark | undefined {
  const level = LEVELS.find((each) => field.startsWith(`${each}:`));
  return level && { level, scope: field.slice(level.length + 1), generation };
}
