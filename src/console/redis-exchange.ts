import type { RedisClient } from '../shared/redis.ts';
import { listenOn } from '../shared/redis-subscriptions.ts';
import type { Sealer } from '../shared/sealer.ts';
import { type Exchange, type Message, readMessage, writeMessage } from './report.ts';

export interface RedisExchangeParts {
  /** To publish with. */
  readonly client: RedisClient;
  /** In subscriber mode. */
  readonly subscriber: RedisClient;
  readonly channel: string;
  /** Names of indexes may tell what Redis is not to know. */
  readonly sealer: Sealer;
}

/** Over Redis pub/sub, encrypted. */
export class RedisExchange implements Exchange {
  readonly #parts: RedisExchangeParts;
  readonly #listeners = new Set<(message: Message) => void>();

  constructor(parts: RedisExchangeParts) {
    this.#parts = parts;
    const { channel, subscriber } = parts;
    listenOn(subscriber, channel);
    subscriber.on('messageBuffer', (on: Buffer, sealed: Buffer) => {
      if (this.#listeners.size > 0 && String(on) === channel) void this.#hear(sealed);
    });
  }

  publish(message: Message): void {
    const { channel, client, sealer } = this.#parts;
    sealer
      .seal(Buffer.from(writeMessage(message)), channel)
      .then((sealed) => client.publish(channel, sealed))
      .catch(() => undefined);
  }

  subscribe(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Only what a replica of ours has sealed opens, and another release may say what we do not know. */
  async #hear(sealed: Buffer): Promise<void> {
    const { channel, sealer } = this.#parts;
    const opened = await sealer.open(sealed, channel);
    const message = opened && readMessage(String(opened));
    if (message === undefined) return;
    for (const listener of this.#listeners) listener(message);
  }
}
