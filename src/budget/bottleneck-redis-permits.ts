import { type Clock, every, sleep } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import { RedisLimiter } from './bottleneck-redis-limiter.ts';
import { Leases } from './leases.ts';
import { type Grant, type Permits, type RateLimit, SEND_WITHIN_MS, type Tuning } from './permits.ts';

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
  readonly onTrouble: (trouble: LimiterTrouble) => void;
}

export type LimiterTrouble = 'connection' | 'state_loss' | 'rebuilt';

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
  #limiter: RedisLimiter;
  /** Monotonic instant before which nothing is granted, because leases may be running that nobody remembers. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #tunedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(parts: RedisPermitsParts) {
    this.#parts = parts;
    this.#leases = new Leases(parts.limit, parts.clock, parts.bursts);
    this.#limiter = this.#create();
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
    if (this.#limiter.isBuilt()) this.#limiter.tune(tuning);
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
    return this.#limiter.isReady();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTick();
    for (const { done } of this.#asked) done();
    this.#asked.clear();
    const limiter = this.#limiter;
    await limiter.signOff(this.#leases.held() > 0).catch(() => undefined);
    limiter.discard();
  }

  #create(): RedisLimiter {
    const { clock, connect, name, onTrouble } = this.#parts;
    const limiter: RedisLimiter = new RedisLimiter({
      name,
      client: connect(),
      clock,
      tuning: this.#leases.tuning,
      heartbeatMs: HEARTBEAT_MS,
      coolDownMs: this.#coolDownMs(),
      onTrouble: () => onTrouble('connection'),
      onLoss: () => this.#onLoss(),
      // One that was given up has taken its leases along: they run out in Redis.
      onClose: () => {
        if (limiter === this.#limiter) this.#onLoss();
      },
      onReady: () => limiter.tune(this.#leases.tuning),
      onFailed: () => clock.after(AGAIN_MS * 5, () => this.#rebuild(limiter)),
    });
    return limiter;
  }

  async #schedule(asked: Asked): Promise<void> {
    const limiter = this.#limiter;
    try {
      await limiter.schedule(this.#leases.holdMs + SEND_WITHIN_MS, () => this.#hold(asked, limiter));
    } catch {
      // Redis is away, or the job has expired, which gives its lease back: neither is the caller's to know.
    }
    if (asked.granted || this.#closed || !this.#asked.has(asked)) return;
    await sleep(this.#parts.clock, AGAIN_MS);
    if (!asked.granted && this.#asked.has(asked) && limiter === this.#limiter) void this.#schedule(asked);
  }

  async #hold(asked: Asked, limiter: RedisLimiter): Promise<void> {
    const { clock } = this.#parts;
    // Of a limiter that was given up, or before what was forgotten has run out: the lease goes back unused.
    if (asked.granted || limiter !== this.#limiter || clock.monotonic() < this.#notBefore) return;
    asked.granted = true;
    this.#asked.delete(asked);
    const lease = Symbol('lease');
    const unsent = new AbortController();
    const registeredAt = limiter.registeredAt();
    const sendBy = registeredAt + SEND_WITHIN_MS;
    try {
      this.#leases.grant(lease, registeredAt);
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
    this.#limiter.readLeases().then(
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

  #tick(): void {
    const { clock, maxReplicas } = this.#parts;
    const limiter = this.#limiter;
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
    if (now - asked.since > Math.max(STUCK_MS, turnMs) + this.waitMs(0)) this.#rebuild(limiter);
    else limiter.poke();
  }

  #rebuild(limiter: RedisLimiter): void {
    if (this.#closed || limiter !== this.#limiter) return;
    this.#parts.onTrouble('rebuilt');
    limiter.discard();
    this.#limiter = this.#create();
    for (const asked of this.#asked) {
      asked.since = this.#parts.clock.monotonic();
      void this.#schedule(asked);
    }
  }
}
