import Bottleneck from 'bottleneck';
import { type Clock, sleep } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import { type LeaseReading, leaseReader } from './bottleneck-leases.ts';
import { mendScripts, recogniseErrors, type ScriptConnection } from './bottleneck-redis7.ts';
import { Leases } from './leases.ts';
import type { Grant, Permits, RateLimit, Tuning } from './permits.ts';

export interface RedisPermitsParts {
  readonly limit: RateLimit;
  /** Names the limiter: replicas that give the same name share the budget. */
  readonly name: string;
  /** Opens a connection for the limiter alone, which the limiter closes. */
  readonly connect: () => RedisClient;
  readonly clock: Clock;
  readonly bursts: boolean;
  /** As many replicas as there can be, whose turns come before this one's. */
  readonly maxReplicas: number;
  /** Longest pause between two attempts of a client to reconnect. */
  readonly reconnectMs: number;
  /** Told what goes wrong; nothing of it needs to be handled. */
  readonly onTrouble: (trouble: Trouble) => void;
}

export type Trouble = 'connection' | 'state_loss' | 'rebuilt';

/**
 * How long after it asked for its lease a request may still reach the wire. With the default window a job then expires
 * after 4000 ms, which gives the lease of a replica that was killed back.
 */
const SEND_WITHIN_MS = 2975;
const HEARTBEAT_MS = 1000;
/** How often a job that waits asks again by itself, should the message that capacity came free have been lost. */
const POKE_MS = 250;
/** A permit that is not granted for this long while Redis answers is not waited for any more. */
const STUCK_MS = 3000;
/** How often the leases of the fleet are looked up at most. */
const LOOK_MS = 200;
/** How often a permit that could not even be asked for is asked for again. */
const AGAIN_MS = 100;

interface Asked {
  readonly use: (grant: Grant) => Promise<boolean>;
  readonly done: () => void;
  /** Monotonic instants: when it was asked for, and since when it could have been granted. */
  readonly at: number;
  since: number;
  granted: boolean;
}

/** The members of Bottleneck's parts that are not in its types. */
interface Inside {
  readonly _store: {
    readonly clientId: string;
    readonly clients: { readonly client?: RedisClient };
    __register__(
      index: string,
      weight: number,
      expiration: number,
    ): Promise<{ success: boolean; wait?: number }>;
  };
  _drainAll(): Promise<unknown>;
}

/** A limiter, its connection and its client, which live and die together. */
interface Build {
  readonly limiter: Bottleneck;
  readonly readLeases: () => Promise<LeaseReading>;
  readonly connection: Bottleneck.IORedisConnection;
  readonly client: RedisClient;
  ready: boolean;
  /** Monotonic instant from which the last lease runs in Redis, or a little before. */
  registeredAt: number;
}

/**
 * The budget of the whole fleet: Bottleneck over Redis in the lease profile. Each replica has one job waiting at most,
 * which is enough for the full rate. A limiter that does not come up, or is stuck, is thrown away with its connection
 * and built anew; what waits for a permit does not notice but for the time.
 */
export class BottleneckRedisPermits implements Permits {
  readonly #parts: RedisPermitsParts;
  readonly #leases: Leases;
  readonly #asked = new Set<Asked>();
  /** Of grants whose requests are not on the wire yet: the leases of these can still be lost. */
  readonly #unsent = new Set<AbortController>();
  readonly #cancelTick: () => void;
  #build: Build;
  /** Monotonic instant before which nothing is granted, because leases may be running that nobody remembers. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #tunedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(parts: RedisPermitsParts) {
    this.#parts = parts;
    this.#leases = new Leases(parts.limit, parts.clock, parts.bursts);
    this.#build = this.#create();
    this.#cancelTick = every(parts.clock, POKE_MS, () => this.#tick());
  }

  acquire(use: (grant: Grant) => Promise<boolean>): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((done) => {
      const at = this.#parts.clock.monotonic();
      const asked = { use, done, at, since: at, granted: false };
      this.#asked.add(asked);
      void this.#schedule(asked);
    });
  }

  tune(tuning: Tuning): void {
    const { leases, minTimeMs } = this.#leases.tuning;
    const isSame = tuning.leases === leases && tuning.minTimeMs === minTimeMs;
    const now = this.#parts.clock.monotonic();
    // Said again now and then: another replica may have seen less of the backlog, and Redis holds the last word said.
    if (isSame && now - this.#tunedAt < 2 * HEARTBEAT_MS) return;
    this.#leases.tuning = tuning;
    this.#tunedAt = now;
    if (this.#build.ready) this.#writeTuning(this.#build);
  }

  waitMs(turns: number): number {
    this.#look();
    return this.#leases.waitMs(turns, this.#notBefore);
  }

  held(): number {
    this.#look();
    return this.#leases.held();
  }

  /** Whether permits can be had: the limiter is up and its connections are. */
  isReady(): boolean {
    return this.#build.ready && this.#build.client.status === 'ready';
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTick();
    for (const { done } of this.#asked) done();
    this.#asked.clear();
    const build = this.#build;
    await this.#signOff(build).catch(() => undefined);
    this.#discard(build);
  }

  #create(): Build {
    const { connect, name, onTrouble } = this.#parts;
    const client = connect();
    const assertScripts = mendScripts(client, this.#coolDownMs());
    const connection = new Bottleneck.IORedisConnection({ client });
    connection.on('error', () => onTrouble('connection'));
    const limiter = new Bottleneck({
      id: `{agw-${name}}`,
      connection,
      maxConcurrent: this.#leases.tuning.leases,
      minTime: this.#leases.tuning.minTimeMs,
      heartbeatInterval: HEARTBEAT_MS,
    });
    limiter.on('error', () => onTrouble('connection'));
    const readLeases = leaseReader(client, limiter.id);
    const build: Build = { limiter, readLeases, connection, client, ready: false, registeredAt: 0 };
    recogniseErrors(connection as unknown as ScriptConnection, () => this.#onLoss());
    client.on('close', () => {
      // One that was given up has taken its leases along: they run out in Redis.
      if (build === this.#build) this.#onLoss();
    });
    this.#noteRegistrations(build);
    limiter.ready().then(
      () => {
        assertScripts();
        build.ready = true;
        this.#writeTuning(build);
      },
      () => this.#parts.clock.after(AGAIN_MS * 5, () => this.#rebuild(build)),
    );
    return build;
  }

  /** A lease runs from the start that Redis gave it, which is before Bottleneck says so. */
  #noteRegistrations(build: Build): void {
    const { _store: store } = build.limiter as unknown as Inside;
    const register = store.__register__.bind(store);
    store.__register__ = async (index, weight, expiration) => {
      const askedAt = this.#parts.clock.monotonic();
      const registered = await register(index, weight, expiration);
      build.registeredAt = askedAt + (registered.wait ?? 0);
      return registered;
    };
  }

  async #schedule(asked: Asked): Promise<void> {
    const build = this.#build;
    try {
      await build.limiter.schedule({ expiration: this.#leases.holdMs + SEND_WITHIN_MS }, () =>
        this.#hold(asked, build),
      );
    } catch {
      // Redis is away, or the job has expired, which gives its lease back: neither is the caller's to know.
    }
    if (asked.granted || this.#closed || !this.#asked.has(asked)) return;
    await sleep(this.#parts.clock, AGAIN_MS);
    if (!asked.granted && this.#asked.has(asked) && build === this.#build) void this.#schedule(asked);
  }

  async #hold(asked: Asked, build: Build): Promise<void> {
    const { clock } = this.#parts;
    // Of a limiter that was given up, or before what was forgotten has run out: the lease goes back unused.
    if (asked.granted || build !== this.#build || clock.monotonic() < this.#notBefore) return;
    asked.granted = true;
    this.#asked.delete(asked);
    const lease = Symbol('lease');
    const unsent = new AbortController();
    const sendBy = build.registeredAt + SEND_WITHIN_MS;
    try {
      this.#leases.grant(lease, build.registeredAt);
      this.#unsent.add(unsent);
      const sent = await asked.use({ sendBy, revoked: unsent.signal }).catch(() => true);
      this.#unsent.delete(unsent);
      if (sent) {
        this.#leases.spend(lease);
        await sleep(clock, this.#leases.holdMs);
      }
    } finally {
      this.#leases.end(lease);
      asked.done();
    }
  }

  /**
   * Leases may be running that the limiter has forgotten, and other replicas may not have reconnected yet. What was
   * granted here and is not on the wire would come on top of what is granted next.
   */
  #onLoss(): void {
    const { clock, onTrouble } = this.#parts;
    this.#notBefore = clock.monotonic() + this.#coolDownMs();
    for (const unsent of this.#unsent) unsent.abort();
    onTrouble('state_loss');
  }

  /** Until every replica has found out that state was lost, and what it had sent by then is a window old. */
  #coolDownMs(): number {
    return Math.max(this.#parts.reconnectMs, HEARTBEAT_MS) + this.#leases.holdMs;
  }

  /** Others hold leases too. Whoever asks does not wait for the answer, and few ask in vain: it is of use to the next. */
  #look(): void {
    const { clock } = this.#parts;
    const at = clock.monotonic();
    if (!this.isReady() || at - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = at;
    this.#build.readLeases().then(
      ({ nextInMs, expireInMs }) =>
        this.#leases.see({
          at,
          ends: expireInMs.map((ms) => at + ms - SEND_WITHIN_MS),
          expirations: expireInMs.map((ms) => at + ms),
          nextAt: at + nextInMs,
        }),
      () => undefined,
    );
  }

  #writeTuning({ limiter }: Build): void {
    const { leases, minTimeMs } = this.#leases.tuning;
    // A promise, whatever its types say.
    const written: unknown = limiter.updateSettings({ maxConcurrent: leases, minTime: minTimeMs });
    Promise.resolve(written).catch(() => undefined);
  }

  #tick(): void {
    const { clock, maxReplicas } = this.#parts;
    const build = this.#build;
    const [asked] = this.#asked;
    if (asked === undefined || !this.isReady()) {
      if (asked !== undefined) asked.since = clock.monotonic();
      return;
    }
    this.#look();
    const now = clock.monotonic();
    const { holdMs, tuning } = this.#leases;
    // A replica that was killed may have taken all leases along; but in a backlog they are always all taken, too.
    const isExcused = this.#leases.areTaken() && now - asked.at < 2 * (holdMs + SEND_WITHIN_MS);
    if (now < this.#notBefore || isExcused) asked.since = now;
    const turnMs = (2 * holdMs * maxReplicas) / tuning.leases;
    if (now - asked.since > Math.max(STUCK_MS, turnMs) + this.waitMs(0)) this.#rebuild(build);
    else {
      this.#reconcile(build);
      void (build.limiter as unknown as Inside)._drainAll().catch(() => undefined);
    }
  }

  #rebuild(build: Build): void {
    if (this.#closed || build !== this.#build) return;
    this.#parts.onTrouble('rebuilt');
    this.#discard(build);
    this.#build = this.#create();
    for (const asked of this.#asked) {
      asked.since = this.#parts.clock.monotonic();
      void this.#schedule(asked);
    }
  }

  /** Whoever is gone and still counts as waiting is offered permits, each for a second that nobody else can use. */
  async #signOff({ client, limiter }: Build): Promise<void> {
    if (client.status !== 'ready') return;
    const own = (limiter as unknown as Inside)._store.clientId;
    const at = (set: string): string => `b_${limiter.id}_client_${set}`;
    void limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
    // While leases run, Redis counts them under this id, and its scripts look up how many jobs wait under it too; it
    // forgets them, and then the id, when they expire.
    const goodbye = client.multi().hset(at('num_queued'), own, 0);
    if (this.#leases.held() === 0) {
      goodbye.hdel(at('num_queued'), own).zrem(at('running'), own);
      goodbye.zrem(at('last_registered'), own).zrem(at('last_seen'), own);
    }
    await goodbye.exec().catch(() => undefined);
  }

  /** A reply that was lost leaves the count of waiting jobs wrong, and with 0 a replica is passed over for ever. */
  #reconcile({ client, limiter }: Build): void {
    const own = (limiter as unknown as Inside)._store.clientId;
    client.hset(`b_${limiter.id}_client_num_queued`, own, limiter.queued() ?? 0).catch(() => undefined);
  }

  #discard({ connection, client, limiter }: Build): void {
    void limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
    void connection.disconnect(false);
    client.disconnect();
  }
}

function every(clock: Clock, ms: number, run: () => void): () => void {
  let cancel = clock.after(ms, function again() {
    run();
    cancel = clock.after(ms, again);
  });
  return () => cancel();
}
