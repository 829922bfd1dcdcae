import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import { digestApiKey, parseApiKey } from './api-key.ts';
import type { Authenticate, Identity } from './authenticate.ts';
import { readCredential } from './credentials.ts';
import { type KeyRecord, type TeamRecord, teamOf } from './teams.ts';
import { unauthenticated } from './unauthenticated.ts';

interface Entry {
  readonly record: KeyRecord;
  readonly digest: Buffer;
  readonly identity: Identity;
}

const SHA256_HEX = /^[0-9a-f]{64}$/i;

/** Lets in by API key. Immutable: after a change of the teams file, build a new one and put it in its place. */
export class Authenticator implements Authenticate {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #clock: Pick<Clock, 'now'>;
  /** Compared with when the id is unknown, so that this path costs what the other one costs. Matches no key. */
  readonly #dummyDigest = randomBytes(32);

  /** `teams` by name. Throws Error for an id that stands twice or a digest that is not 64 hex digits. */
  constructor(teams: Readonly<Record<string, TeamRecord>>, clock: Pick<Clock, 'now'>) {
    this.#entries = entriesOf(teams);
    this.#clock = clock;
  }

  authenticate(rawHeaders: readonly string[]): Identity {
    const key = readCredential(rawHeaders);
    const parsed = parseApiKey(key);
    if (parsed === undefined) throw unauthenticated('malformed_key');

    const entry = this.#entries.get(parsed.id);
    const matches = timingSafeEqual(digestApiKey(key), entry?.digest ?? this.#dummyDigest);
    if (entry === undefined) throw unauthenticated('unknown_key');
    if (!matches) throw unauthenticated('wrong_secret');

    const { state, notBeforeMs, notAfterMs } = entry.record;
    const nowMs = this.#clock.now();
    if (state === 'revoked') throw unauthenticated('revoked');
    if (notBeforeMs !== undefined && nowMs < notBeforeMs) throw unauthenticated('not_yet_valid');
    if (nowMs >= notAfterMs) throw unauthenticated('expired');
    return entry.identity;
  }
}

function entriesOf(teams: Readonly<Record<string, TeamRecord>>): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [name, teamRecord] of Object.entries(teams)) {
    const team = teamOf(name, teamRecord);
    for (const record of teamRecord.keys) {
      if (entries.has(record.id)) throw new Error(`key id ${record.id} stands twice in the teams`);
      // timingSafeEqual throws on unequal lengths: a short digest must fail here, not at each request.
      if (!SHA256_HEX.test(record.sha256)) throw new Error(`sha256 of key ${record.id} is not 64 hex digits`);
      const digest = Buffer.from(record.sha256, 'hex');
      entries.set(record.id, { record, digest, identity: { team, keyId: record.id } });
    }
  }
  return entries;
}
