import * as realCrypto from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import { base62 } from '../../../src/access/base62.ts';
import type { KeyRecord, TeamRecord } from '../../../src/access/teams.ts';
import { refusalOf } from '../query/refusal.ts';

/** Lengths of every pair compared: the comparison stays the real one and is only watched. */
const compared: [number, number][] = [];
jest.unstable_mockModule('node:crypto', () => ({
  ...realCrypto,
  timingSafeEqual: (one: Buffer, other: Buffer) => {
    compared.push([one.length, other.length]);
    return realCrypto.timingSafeEqual(one, other);
  },
}));
const { createApiKey } = await import('../../../src/access/api-key.ts');
const { Authenticator } = await import('../../../src/access/key-authenticator.ts');

const nowMs = Date.parse('2026-06-01T00:00:00Z');
const clock = { now: () => nowMs };
const good = createApiKey({ label: 'live' });

function recordOf(made: { id: string; sha256: string }, change: Partial<KeyRecord> = {}): KeyRecord {
  return { id: made.id, sha256: made.sha256, notAfterMs: nowMs + 1, state: 'active', ...change };
}

function teamWith(...keys: KeyRecord[]): TeamRecord {
  return {
    weight: 2,
    keys,
    indexes: ['i'],
    filters: [],
    withTotal: false,
    maxLimit: 100,
    maxFilters: 5,
    queue: 7,
  };
}

/** Right format and checksum, but not a secret that was ever given out. */
function forgedKey(id: string): string {
  const body = `agw_live_${id}_${'x'.repeat(43)}`;
  return `${body}_${base62(BigInt(crc32(body)), 6)}`;
}

const enter = (record: KeyRecord, key = good.key) =>
  new Authenticator({ shop: teamWith(record) }, clock).authenticate(['X-API-Key', key]);

describe('a key that is known and valid', () => {
  test('lets in as its team, by either header', () => {
    const authenticator = new Authenticator({ shop: teamWith(recordOf(good)) }, clock);
    for (const headers of [
      ['X-API-Key', good.key],
      ['Authorization', `Bearer ${good.key}`],
    ]) {
      const { team, keyId } = authenticator.authenticate(headers);
      expect(keyId).toBe(good.id);
      expect(team).toMatchObject({ name: 'shop', weight: 2, indexes: ['i'], maxQueuedFlights: 7 });
    }
  });

  test('does not take the records of its team along', () => {
    expect(JSON.stringify(enter(recordOf(good)))).not.toContain(good.sha256);
  });

  test('may be one of several of a team, and each leads to its own team', () => {
    const made = [1, 2, 3].map(() => createApiKey({ label: 'live' })) as [
      typeof good,
      typeof good,
      typeof good,
    ];
    const teams = { shop: teamWith(recordOf(made[0]), recordOf(made[1])), crm: teamWith(recordOf(made[2])) };
    const authenticator = new Authenticator(teams, clock);
    const found = made.map(({ key }) => authenticator.authenticate(['X-API-Key', key]));
    expect(found.map(({ team, keyId }) => [team.name, keyId])).toEqual([
      ['shop', made[0].id],
      ['shop', made[1].id],
      ['crm', made[2].id],
    ]);
  });

  test('is valid from its first instant on, until just before its last, and while it retires', () => {
    for (const change of [
      { notBeforeMs: nowMs },
      { notAfterMs: nowMs + 1 },
      { state: 'retiring' as const },
    ]) {
      expect(enter(recordOf(good, change)).keyId).toBe(good.id);
    }
  });

  test('matches a digest written in capitals', () => {
    expect(enter(recordOf(good, { sha256: good.sha256.toUpperCase() })).keyId).toBe(good.id);
  });

  test('expires while the gateway runs', () => {
    let now = nowMs;
    const authenticator = new Authenticator({ shop: teamWith(recordOf(good)) }, { now: () => now });
    expect(authenticator.authenticate(['X-API-Key', good.key]).keyId).toBe(good.id);
    now = nowMs + 1;
    expect(refusalOf(() => authenticator.authenticate(['X-API-Key', good.key])).info.cause).toBe('expired');
  });
});

describe('a key that is not', () => {
  const refusals: [string, string, () => unknown][] = [
    ['unknown', 'unknown_key', () => enter(recordOf(createApiKey({ label: 'live' })))],
    ['of a known id with another secret', 'wrong_secret', () => enter(recordOf(good), forgedKey(good.id))],
    ['mistyped', 'malformed_key', () => enter(recordOf(good), good.key.replace(/.$/, '~'))],
    ['a JWT', 'malformed_key', () => enter(recordOf(good), 'eyJh.eyJz.c2ln')],
    ['revoked', 'revoked', () => enter(recordOf(good, { state: 'revoked' }))],
    ['expired', 'expired', () => enter(recordOf(good, { notAfterMs: nowMs }))],
    ['not yet valid', 'not_yet_valid', () => enter(recordOf(good, { notBeforeMs: nowMs + 1 }))],
    ['there', 'no_credential', () => new Authenticator({}, clock).authenticate([])],
  ];

  test.each(refusals)('%s is refused as %s, for the log only', (_, cause, ask) => {
    expect(refusalOf(ask).info).toEqual({ cause });
  });

  test('is refused in the same words whatever the cause, and the error holds no credential', () => {
    const errors = refusals.map(([, , ask]) => refusalOf(ask));
    expect(new Set(errors.map((error) => `${error.code} ${error.message}`)).size).toBe(1);
    expect(errors[0]?.code).toBe('unauthenticated');
    for (const error of errors) {
      expect(`${error.message} ${error.cause} ${JSON.stringify(error)}`).not.toMatch(/agw_|eyJ/);
    }
  });

  test('tells its state only to the one who holds it: a forged key of a revoked id is just wrong', () => {
    const revoked = recordOf(good, { state: 'revoked' });
    expect(refusalOf(() => enter(revoked, forgedKey(good.id))).info.cause).toBe('wrong_secret');
  });

  test('finds nothing under the names every object has', () => {
    const authenticator = new Authenticator({ shop: teamWith(recordOf(good)) }, clock);
    for (const id of ['toString', 'constructor', 'valueOf']) {
      const error = refusalOf(() => authenticator.authenticate(['X-API-Key', forgedKey(id)]));
      expect(error.info.cause).toBe('unknown_key');
    }
  });
});

describe('the comparison', () => {
  test.each([
    ['known', () => enter(recordOf(good))],
    ['unknown', () => refusalOf(() => enter(recordOf(createApiKey({ label: 'live' }))))],
    ['known with another secret', () => refusalOf(() => enter(recordOf(good), forgedKey(good.id)))],
    ['revoked', () => refusalOf(() => enter(recordOf(good, { state: 'revoked' })))],
  ])('is made once, in constant time, over 32 bytes each, for an id that is %s', (_, ask) => {
    compared.length = 0;
    ask();
    expect(compared).toEqual([[32, 32]]);
  });
});

describe('the teams are refused at start', () => {
  test('when a key id stands twice, in one team or in two', () => {
    const record = recordOf(good);
    expect(() => new Authenticator({ a: teamWith(record, record) }, clock)).toThrow(/stands twice/);
    expect(() => new Authenticator({ a: teamWith(record), b: teamWith(record) }, clock)).toThrow(
      /stands twice/,
    );
  });

  test('when a digest is not 64 hex digits', () => {
    for (const sha256 of ['', 'ab', `${good.sha256}00`, 'z'.repeat(64)]) {
      expect(() => new Authenticator({ a: teamWith(recordOf(good, { sha256 })) }, clock)).toThrow(/64 hex/);
    }
  });
});
