import type { RedisClient } from '../../src/shared/redis.ts';

/** What the scripts of clients take for the time of Redis, so that days pass when a test says so. */
export class RedisTime {
  readonly #client: RedisClient;
  readonly #key: string;

  /** @param key where the time lies, in seconds since the Unix epoch */
  constructor(client: RedisClient, key: string) {
    this.#client = client;
    this.#key = key;
  }

  async set(epochMs: number): Promise<void> {
    await this.#client.set(this.#key, epochMs / 1000);
  }

  /** The client, whose scripts go by it if they are defined from now on. */
  appliedTo<T extends RedisClient>(client: T): T {
    const define = client.defineCommand.bind(client);
    const time = `{ math.floor(redis.call('get', '${this.#key}')), redis.call('get', '${this.#key}') % 1 * 1000000 }`;
    client.defineCommand = (name, definition) =>
      define(name, { ...definition, lua: definition.lua.replaceAll("redis.call('time')", time) });
    return client;
  }
}
