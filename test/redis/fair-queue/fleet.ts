import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim, LowerPace } from '../../../src/budget/fair-queue.ts';
import {
  type QueueNews,
  RedisFairQueue,
  type RedisQueueLimits,
} from '../../../src/budget/redis-fair-queue.ts';
import { type Clock, systemClock } from '../../../src/shared/clock.ts';
import type { RedisClient } from '../../../src/shared/redis.ts';
import type { Sealer } from '../../../src/shared/sealer.ts';
import { CONTRACT_LIMITS, Line, type QueueHarness, UNPACED } from '../../contract/fair-queue/line.ts';
import { AesSealer } from './aes-sealer.ts';

export interface Replica {
  readonly queue: RedisFairQueue;
  readonly line: Line;
  readonly harness: QueueHarness;
  readonly news: QueueNews[];
}

export interface ReplicaOptions {
  readonly redis?: RedisClient;
  readonly limits?: RedisQueueLimits;
  readonly sealer?: Sealer;
  readonly clock?: Clock;
}

/** Makes claim ids as replicas do, none of which comes twice. */
class ReplicaLine extends Line {
  override claim(id: string = randomUUID(), pace: LowerPace | null = UNPACED): Promise<Claim | undefined> {
    return super.claim(id, pace);
  }
}

/** Replicas over one queue, which no other test uses. */
export class Fleet {
  readonly name: string;
  readonly #redis: RedisClient;
  readonly #sealer = new AesSealer();
  readonly #queues: RedisFairQueue[] = [];

  constructor(redis: RedisClient, name = `test-${randomUUID()}`) {
    this.#redis = redis;
    this.name = name;
  }

  replica(options: ReplicaOptions = {}): Replica {
    const { redis = this.#redis, limits = CONTRACT_LIMITS, sealer = this.#sealer } = options;
    const { clock = systemClock } = options;
    const news: QueueNews[] = [];
    const onNews = (each: QueueNews): void => {
      news.push(each);
    };
    const replica = randomUUID();
    const queue = new RedisFairQueue({ redis, name: this.name, replica, limits, sealer, clock, onNews });
    this.#queues.push(queue);
    const harness = {
      queue,
      advance: (ms: number) => sleep(ms),
      now: () => clock.now(),
      close: async () => queue.close(),
    };
    return { queue, harness, line: new ReplicaLine(harness), news };
  }

  /** Every key of the fleet. */
  async keys(): Promise<string[]> {
    return (await this.#redis.keys(`agw:{${this.name}}:*`)).sort();
  }

  /** Ends all replicas as a kill does: without a word. */
  close(): void {
    for (const queue of this.#queues) queue.close();
  }
}
