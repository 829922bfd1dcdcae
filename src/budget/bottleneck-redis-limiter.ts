import Bottleneck from 'bottleneck';
import type { Clock } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import { limiterId } from '../shared/redis-names.ts';
import { type LeaseReading, leaseReader } from './bottleneck-leases.ts';
import { mendScripts, recogniseErrors, type ScriptConnection } from './bottleneck-redis7.ts';
import type { Tuning } from './permits.ts';

export interface RedisLimiterParts {
  readonly name: string;
  /** Opened for the limiter alone, which closes it. */
  readonly client: RedisClient;
  readonly clock: Clock;
  readonly tuning: Tuning;
  readonly heartbeatMs: number;
  /** How long nothing is granted after the limiter was found without its state. */
  readonly coolDownMs: number;
  readonly onTrouble: () => void;
  /** Leases that run may have been forgotten. */
  readonly onLoss: () => void;
  readonly onClose: () => void;
  readonly onReady: () => void;
  readonly onFailed: () => void;
}

/** The members of Bottleneck's parts that are not in its types. */
interface Inside {
  readonly _store: {
    readonly clientId: string;
    __register__(
      index: string,
      weight: number,
      expiration: number,
    ): Promise<{ success: boolean; wait?: number }>;
  };
  _drainAll(): Promise<unknown>;
}

/** One Bottleneck over Redis, its connection and its client, which live and die together. */
export class RedisLimiter {
  readonly #clock: Clock;
  readonly #client: RedisClient;
  readonly #connection: Bottleneck.IORedisConnection;
  readonly #limiter: Bottleneck;
  readonly readLeases: () => Promise<LeaseReading>;
  #isBuilt = false;
  #registeredAt = 0;

  constructor(parts: RedisLimiterParts) {
    const { client, clock, coolDownMs, name, onTrouble } = parts;
    this.#clock = clock;
    this.#client = client;
    const assertScripts = mendScripts(client, coolDownMs);
    this.#connection = new Bottleneck.IORedisConnection({ client });
    this.#connection.on('error', onTrouble);
    this.#limiter = new Bottleneck({
      id: limiterId(name),
      connection: this.#connection,
      maxConcurrent: parts.tuning.leases,
      minTime: parts.tuning.minTimeMs,
      heartbeatInterval: parts.heartbeatMs,
    });
    this.#limiter.on('error', onTrouble);
    this.readLeases = leaseReader(client, this.#limiter.id);
    recogniseErrors(this.#connection as unknown as ScriptConnection, parts.onLoss);
    client.on('close', parts.onClose);
    this.#noteRegistrations();
    this.#limiter.ready().then(() => {
      assertScripts();
      this.#isBuilt = true;
      parts.onReady();
    }, parts.onFailed);
  }

  /** Whether jobs can be given to it: it has come up, and its connection is there. */
  isReady(): boolean {
    return this.#isBuilt && this.#client.status === 'ready';
  }

  /** Whether it has come up. */
  isBuilt(): boolean {
    return this.#isBuilt;
  }

  /** Monotonic instant from which the last lease runs in Redis, or a little before. */
  registeredAt(): number {
    return this.#registeredAt;
  }

  /** Rejects when the job has expired, which gives its lease back, or Redis is away. */
  schedule(expirationMs: number, job: () => Promise<void>): Promise<void> {
    return this.#limiter.schedule({ expiration: expirationMs }, job);
  }

  tune({ leases, minTimeMs }: Tuning): void {
    // A promise, whatever its types say.
    const written: unknown = this.#limiter.updateSettings({ maxConcurrent: leases, minTime: minTimeMs });
    Promise.resolve(written).catch(() => undefined);
  }

  /** Has what waits ask again, should the message that capacity came free have been lost. */
  poke(): void {
    // A reply that was lost leaves the count of waiting jobs wrong, and with 0 a replica is passed over for ever.
    const queued = `b_${this.#limiter.id}_client_num_queued`;
    this.#client.hset(queued, this.#ownId(), this.#limiter.queued() ?? 0).catch(() => undefined);
    void this.#inside()
      ._drainAll()
      .catch(() => undefined);
  }

  /**
   * Whoever is gone and still counts as waiting is offered permits, each for a second that nobody else can use.
   *
   * @param hasLeases whether leases of this replica run
   */
  async signOff(hasLeases: boolean): Promise<void> {
    if (this.#client.status !== 'ready') return;
    const own = this.#ownId();
    const at = (set: string): string => `b_${this.#limiter.id}_client_${set}`;
    void this.#limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
    // While leases run, Redis counts them under this id, and its scripts look up how many jobs wait under it too; it
    // forgets them, and then the id, when they expire.
    const goodbye = this.#client.multi().hset(at('num_queued'), own, 0);
    if (!hasLeases) {
      goodbye.hdel(at('num_queued'), own).zrem(at('running'), own);
      goodbye.zrem(at('last_registered'), own).zrem(at('last_seen'), own);
    }
    await goodbye.exec().catch(() => undefined);
  }

  discard(): void {
    void this.#limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
    void this.#connection.disconnect(false);
    this.#client.disconnect();
  }

  /** A lease runs from the start that Redis gave it, which is before Bottleneck says so. */
  #noteRegistrations(): void {
    const { _store: store } = this.#inside();
    const register = store.__register__.bind(store);
    store.__register__ = async (index, weight, expiration) => {
      const askedAt = this.#clock.monotonic();
      const registered = await register(index, weight, expiration);
      this.#registeredAt = askedAt + (registered.wait ?? 0);
      return registered;
    };
  }

  #ownId(): string {
    return this.#inside()._store.clientId;
  }

  #inside(): Inside {
    return this.#limiter as unknown as Inside;
  }
}
