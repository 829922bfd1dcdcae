import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { RedisClient } from '../shared/redis.ts';
import { awaitFollowers } from '../shared/redis-followers.ts';
import { defineScript, type Script } from '../shared/redis-script.ts';
import { MemoryRevocations } from './memory-revocations.ts';
import type { Revocations } from './revocations.ts';

export interface RedisRevocationsParts {
  readonly client: RedisClient;
  /** `agw:{name}`: the revocations lie in the hash `<root>:r`. */
  readonly root: string;
  readonly clock: Clock;
}

/** A revoked key is refused within a second on every replica; an answer may take the other half of it. */
const BEAT_MS = 500;

/**
 * Writes what Redis does not know, or not for as long, removes keys that have ended by its time, and returns the
 * others. ARGV: id of a key, when it ends, and so on.
 */
const EXCHANGE = `
for at = 1, #ARGV, 2 do
  local known = tonumber(redis.call('hget', KEYS[1], ARGV[at]) or 0)
  if tonumber(ARGV[at + 1]) > known then redis.call('hset', KEYS[1], ARGV[at], ARGV[at + 1]) end
end
local now = redis.call('time')[1] * 1000
local standing = {}
local fields = redis.call('hgetall', KEYS[1])
for at = 1, #fields, 2 do
  if tonumber(fields[at + 1]) <= now then redis.call('hdel', KEYS[1], fields[at])
  else
    table.insert(standing, fields[at])
    table.insert(standing, fields[at + 1])
  end
end
return standing
`;

/**
 * The revocations of the fleet. Every replica holds all of them, asks twice a second for new ones, and gives back to
 * Redis what it does not know: what was revoked while it was away, and what it has lost.
 */
export class RedisRevocations implements Revocations {
  readonly #parts: RedisRevocationsParts;
  readonly #key: string;
  readonly #exchange: Script<[key: string, ...revoked: (string | number)[]], string[]>;
  readonly #known: MemoryRevocations;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(parts: RedisRevocationsParts) {
    this.#parts = parts;
    this.#key = `${parts.root}:r`;
    this.#known = new MemoryRevocations(parts.clock);
    this.#exchange = defineScript(parts.client, 'revocations', 1, EXCHANGE);
    void this.#beat();
    // At once, rather than with the next beat: what was revoked in the meantime is let in until then.
    parts.client.on('ready', () => void this.#beat());
  }

  isRevoked(keyId: string): boolean {
    return this.#known.isRevoked(keyId);
  }

  async revoke(keyId: string, notAfterMs: number): Promise<void> {
    const { client } = this.#parts;
    this.#known.learn(keyId, notAfterMs);
    try {
      // Written even where it stands already: followers are waited for only as to what this connection wrote.
      await client.hset(this.#key, keyId, this.#known.standing().get(keyId) ?? notAfterMs);
      await awaitFollowers(client);
    } catch (cause) {
      throw new GatewayError(
        'unavailable',
        'This replica refuses the key from now on, but Redis did not confirm that the others will. Revoke it again until this succeeds.',
        { retryAfterMs: 1000, cause },
      );
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  /** Never rejects: there is a next one. */
  async #beat(): Promise<void> {
    this.#cancel();
    try {
      const standing = await this.#exchange(this.#key, ...[...this.#known.standing()].flat());
      for (let at = 0; at < standing.length; at += 2) {
        this.#known.learn(standing[at] ?? '', Number(standing[at + 1]));
      }
    } catch {
      // Redis is away.
    }
    this.#cancel();
    if (!this.#closed) this.#cancel = this.#parts.clock.after(BEAT_MS, () => void this.#beat());
  }
}
