import type { Clock } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import { defineScript, type Script } from '../shared/redis-script.ts';
import type { DailyCounts, Quota } from './daily-counts.ts';
import { restOfUtcDayMs, utcDay } from './utc-day.ts';

export interface RedisDailyCountsParts {
  readonly client: RedisClient;
  /** `agw:{name}`: the counts lie under `<root>:u:total` and `<root>:u:own`. */
  readonly root: string;
  /** Name that no other process has or had today. */
  readonly replica: string;
  /** As many replicas as there can be. */
  readonly maxReplicas: number;
  readonly clock: Clock;
}

const BEAT_MS = 1000;
/** Two beats may be missed. */
const LOST_MS = 3 * BEAT_MS;

/**
 * KEYS: the totals, and in the field `day` the day that both are of; what of them is each replica's own. ARGV: the day
 * and the name of the replica, then for each subject its name, what the replica has delivered to it, how much of that
 * is in the total that the replica knows, and that total.
 *
 * What is told are counts, not what was added to them, so that it may be told again. Where Redis has none of the
 * replica, it may have lost everything: then the total known is as good as any, and holds the counts of replicas
 * that do not live any more. Counts of another day are of no use.
 */
const EXCHANGE = `
local time = redis.call('time')
local today = math.floor(time[1] / 86400)
if redis.call('hget', KEYS[1], 'day') ~= tostring(today) then
  redis.call('del', KEYS[1], KEYS[2])
  redis.call('hset', KEYS[1], 'day', today)
end
for at = 3, tonumber(ARGV[1]) == today and #ARGV or 0, 4 do
  local subject, mine = 'of:' .. ARGV[at], ARGV[2] .. ' ' .. ARGV[at]
  local own, told, known = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local total = tonumber(redis.call('hget', KEYS[1], subject) or 0)
  local counted = tonumber(redis.call('hget', KEYS[2], mine) or 0)
  local sum = total
  if counted == 0 then sum = math.max(total, known) end
  sum = sum + math.max(0, own - (counted == 0 and told or counted))
  if sum > total then redis.call('hset', KEYS[1], subject, sum) end
  if own > counted then redis.call('hset', KEYS[2], mine, own) end
end
return { time[1] * 1000 + math.floor(time[2] / 1000), redis.call('hgetall', KEYS[1]) }
`;

type CountScript = Script<
  [totals: string, own: string, day: number, replica: string, ...counts: (string | number)[]],
  [nowMs: number, totals: string[]]
>;

/** Profiles that were delivered today to one subject. */
interface Count {
  /** By this replica. */
  own: number;
  /** As much of that as is in the total. */
  told: number;
  /** By the fleet, as Redis said last. */
  total: number;
}

const NONE: Readonly<Count> = { own: 0, told: 0, total: 0 };

/**
 * The counts of the fleet, exchanged once a second. A day is what Redis takes for one, whatever the replica's own
 * clock says.
 *
 * One replica alone overshoots no quota. What another delivers is known here within two seconds: one until it is told,
 * one until it is heard; so much the fleet can overshoot. A replica that Redis has not answered for 3 s, or never,
 * delivers no more than its share of what was left, so that those who lost it together stay within the quota; one that
 * alone is cut off adds its share to it. Nothing is lost with the data of Redis; with a replica that is killed,
 * what it had not told yet.
 */
export class RedisDailyCounts implements DailyCounts {
  readonly #parts: RedisDailyCountsParts;
  readonly #tell: CountScript;
  #counts = new Map<string, Count>();
  /** How often the counts have begun anew: told under the same name, they would pass for what was told before. */
  #beginnings = 0;
  #day: number;
  /** The time of Redis, and the monotonic instant at which it was that. */
  #heard: { readonly nowMs: number; readonly at: number } | undefined;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(parts: RedisDailyCountsParts) {
    this.#parts = parts;
    this.#day = utcDay(parts.clock.now());
    this.#tell = defineScript(parts.client, 'counts', 2, EXCHANGE);
    void this.#exchange();
    // At once, rather than with the next beat: until then this replica has its share only.
    parts.client.on('ready', () => void this.#exchange());
  }

  left({ subject, most }: Quota): number {
    const { own, told, total } = this.#today().get(subject) ?? NONE;
    const open = most - total;
    const mine = this.#isLost() ? Math.floor(open / this.#parts.maxReplicas) : open;
    return Math.max(0, mine - (own - told));
  }

  take(quotas: readonly Quota[], profiles: number): boolean {
    if (quotas.some((quota) => this.left(quota) < profiles)) return false;
    for (const subject of new Set(quotas.map((quota) => quota.subject))) {
      this.#count(subject).own += profiles;
    }
    return true;
  }

  resetMs(): number {
    return restOfUtcDayMs(this.#now());
  }

  /** Tells Redis once more, if it is there; the client may be disconnected right after. */
  close(): void {
    this.#closed = true;
    void this.#exchange();
  }

  #isLost(): boolean {
    return this.#heard === undefined || this.#parts.clock.monotonic() - this.#heard.at >= LOST_MS;
  }

  #now(): number {
    const { clock } = this.#parts;
    return this.#heard === undefined ? clock.now() : this.#heard.nowMs + clock.monotonic() - this.#heard.at;
  }

  #today(): Map<string, Count> {
    const today = utcDay(this.#now());
    if (today !== this.#day) this.#begin(today);
    return this.#counts;
  }

  #begin(day: number, counts = new Map<string, Count>()): void {
    this.#day = day;
    this.#counts = counts;
    this.#beginnings += 1;
  }

  #count(subject: string): Count {
    const counts = this.#today();
    const count = counts.get(subject) ?? { ...NONE };
    counts.set(subject, count);
    return count;
  }

  /** Never rejects: there is a next one. */
  async #exchange(): Promise<void> {
    const { clock, replica, root } = this.#parts;
    this.#cancel();
    try {
      const sent = [...this.#today()].map(([subject, count]) => ({ subject, count, ...count }));
      const name = `${replica}:${this.#beginnings}`;
      const args = sent.flatMap(({ subject, own, told, total }) => [subject, own, told, total]);
      const [nowMs, totals] = await this.#tell(`${root}:u:total`, `${root}:u:own`, this.#day, name, ...args);
      this.#follow(nowMs);
      // Where Redis has not taken them, for they were of another day, they are none of those any more.
      for (const { count, own } of sent) count.told = own;
      this.#learn(totals);
    } catch {
      // Redis is away.
    }
    this.#cancel();
    if (!this.#closed) this.#cancel = clock.after(BEAT_MS, () => void this.#exchange());
  }

  /** Goes by the time of Redis from now on. */
  #follow(nowMs: number): void {
    const today = utcDay(nowMs);
    // What was delivered under a wrong clock was not delivered on a day that is over.
    if (today < this.#day || (today !== this.#day && this.#heard === undefined)) {
      const kept = [...this.#counts].map(([subject, { own }]) => [subject, { ...NONE, own }] as const);
      this.#begin(today, new Map(kept));
    }
    this.#heard = { nowMs, at: this.#parts.clock.monotonic() };
  }

  /** @param totals fields and values in turn */
  #learn(totals: readonly string[]): void {
    for (let at = 0; at < totals.length; at += 2) {
      const subject = /^of:(.*)$/s.exec(totals[at] ?? '')?.[1];
      if (subject !== undefined) this.#count(subject).total = Number(totals[at + 1]);
    }
  }
}
