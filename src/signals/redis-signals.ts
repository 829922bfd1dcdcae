import type { RedisClient } from '../shared/redis.ts';
import { listenOn } from '../shared/redis-subscriptions.ts';
import { MemorySignals } from './memory-signals.ts';
import type { Signal, Signals } from './signals.ts';

export interface RedisSignalsParts {
  /** To publish with. */
  readonly client: RedisClient;
  /** In subscriber mode, and for this alone. */
  readonly subscriber: RedisClient;
  readonly channel: string;
  /** Told apart from the other replicas by this name. */
  readonly replica: string;
}

/** As it travels: names and numbers, never what a flight brought. */
interface Message {
  readonly from: string;
  readonly kind: Exclude<Signal<unknown>['kind'], 'queued'>;
  readonly key?: string;
  readonly forMs?: number;
}

/**
 * Signals of all replicas, over Redis pub/sub: this replica's own at once and whole, those of others by name. That a
 * flight is queued is told to nobody else, because each replica asks for permits for the flights it waits for itself.
 */
export class RedisSignals<T> implements Signals<T> {
  readonly #parts: RedisSignalsParts;
  readonly #local = new MemorySignals<T>();

  constructor(parts: RedisSignalsParts) {
    this.#parts = parts;
    const { channel, subscriber } = parts;
    listenOn(subscriber, channel);
    subscriber.on('message', (on: string, text: string) => {
      if (on === channel) this.#hear(text);
    });
  }

  publish(signal: Signal<T>): void {
    this.#local.publish(signal);
    if (signal.kind === 'queued') return;
    const { channel, client, replica: from } = this.#parts;
    const message: Message =
      'key' in signal ? { from, kind: signal.kind, key: signal.key } : { from, ...signal };
    client.publish(channel, JSON.stringify(message)).catch(() => undefined);
  }

  subscribe(listener: (signal: Signal<T>) => void): () => void {
    return this.#local.subscribe(listener);
  }

  /** Whatever else comes along this channel is not ours, and is passed over. */
  #hear(text: string): void {
    let message: Partial<Message>;
    try {
      message = JSON.parse(text) ?? {};
    } catch {
      return;
    }
    const { from, forMs, key, kind } = message;
    if (from === this.#parts.replica) return;
    if (kind === 'paused' && typeof forMs === 'number') this.#local.publish({ kind, forMs });
    else if (kind === 'outdated') this.#local.publish({ kind });
    else if (isAboutFlight(kind) && typeof key === 'string') this.#local.publish({ kind, key });
  }
}

const ABOUT_FLIGHTS = ['offered', 'claimed', 'requeued', 'settled'] as const;

const isAboutFlight = (kind: unknown): kind is (typeof ABOUT_FLIGHTS)[number] =>
  ABOUT_FLIGHTS.includes(kind as (typeof ABOUT_FLIGHTS)[number]);
