import type { Clock } from '../shared/clock.ts';
import type { RedisClient } from '../shared/redis.ts';
import { defineScript, type Script } from '../shared/redis-script.ts';
import {
  type Findings,
  type FleetHealth,
  type FleetMember,
  type HealthFinding,
  TROUBLES,
  type Trouble,
} from './fleet-health.ts';

export interface FleetHealthParts {
  readonly client: RedisClient;
  /** Of the hash that holds what each replica has found. */
  readonly key: string;
  readonly replica: string;
  readonly clock: Clock;
}

const BEAT_MS = 500;
/** What has not been said for so long is not believed any more, here and of the others. */
const BELIEVED_MS = 3 * BEAT_MS;

/** Says what this replica has found and reads what the others said lately, by the clock of Redis. */
const BEAT = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('hset', KEYS[1], ARGV[1], string.format('%.0f %s', now, ARGV[2]))
redis.call('pexpire', KEYS[1], 60000)
local others = {}
local fields = redis.call('hgetall', KEYS[1])
for at = 1, #fields, 2 do
  local saidAt, found = string.match(fields[at + 1], '^(%d+) (.*)$')
  if fields[at] ~= ARGV[1] then
    if now - saidAt > tonumber(ARGV[3]) then redis.call('hdel', KEYS[1], fields[at])
    else table.insert(others, found) end
  end
end
return others
`;

/** Twice a second every replica says in Redis how its calls fare. */
export class RedisFleetHealth implements FleetHealth {
  readonly #parts: FleetHealthParts;
  readonly #tell: Script<[key: string, replica: string, found: string, believedMs: number], string[]>;
  #member: FleetMember | undefined;
  #others: readonly Findings[] = [];
  #heardAt = Number.NEGATIVE_INFINITY;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(parts: FleetHealthParts) {
    this.#parts = parts;
    this.#tell = defineScript(parts.client, 'health', 1, BEAT);
    // At once, rather than with the next beat: until then this replica takes itself for the only one.
    parts.client.on('ready', () => {
      if (this.#member !== undefined) void this.#beat();
    });
  }

  join(member: FleetMember): void {
    this.#member = member;
    void this.#beat();
  }

  othersMayDoBetter(trouble: Trouble): boolean {
    const others = this.#heard();
    // One that makes no calls because of another trouble is of no help.
    const free = others.filter((findings) => !TROUBLES.some((each) => isWaiting(findings[each])));
    if (free.some((findings) => findings[trouble] === 'well')) return true;
    // One that fails beside this one is enough to tell that it is not for this one's own sake; one that does not know
    // will find out.
    return free.length > 0 && !others.some((findings) => isFailing(findings[trouble]));
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    const { client, key, replica } = this.#parts;
    client.hdel(key, replica).catch(() => undefined);
  }

  /** What the others said lately. */
  #heard(): readonly Findings[] {
    return this.#parts.clock.monotonic() - this.#heardAt > BELIEVED_MS ? [] : this.#others;
  }

  async #beat(): Promise<void> {
    const { clock, key, replica } = this.#parts;
    this.#cancel();
    try {
      const own = JSON.stringify(this.#member?.findings());
      const others = await this.#tell(key, replica, own, BELIEVED_MS);
      this.#others = others.map((found) => JSON.parse(found));
      this.#heardAt = clock.monotonic();
      this.#adopt();
    } catch {
      // While Redis is away each replica is on its own.
    }
    this.#cancel();
    if (!this.#closed) this.#cancel = clock.after(BEAT_MS, () => void this.#beat());
  }

  /** Two that fail are enough for those that have nothing to say of their own. */
  #adopt(): void {
    const own = this.#member?.findings();
    for (const trouble of TROUBLES) {
      const found = this.#heard().map((findings) => findings[trouble]);
      const retries = found.filter(isFailing).map(({ failing }) => failing);
      if (own?.[trouble] === 'unknown' && retries.length >= 2 && !found.includes('well')) {
        this.#member?.adopt(trouble, Math.min(...retries));
      }
    }
  }
}

const isFailing = (finding: HealthFinding): finding is { readonly failing: number } =>
  typeof finding === 'object';

const isWaiting = (finding: HealthFinding): boolean => isFailing(finding) && finding.failing > 0;
