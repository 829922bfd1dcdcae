import * as realCrypto from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import type { AuditEvent } from '../../../src/access/audit.ts';
import { base62 } from '../../../src/access/base62.ts';
import type { KeyPolicy, KeyRecord, TeamRecord } from '../../../src/access/team-record.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { refusalOf, rejectionOf } from '../query/refusal.ts';
import { DENIED, noMaskKeys } from './records.ts';

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
const { Gate } = await import('../../../src/access/gate.ts');
const { Roster } = await import('../../../src/access/roster.ts');

const nowMs = ManualClock.EPOCH;
const good = createApiKey({ label: 'live' });

function recordOf(made: { id: string; sha256: string }, change: Partial<KeyRecord> = {}): KeyRecord {
  return { id: made.id, sha256: made.sha256, notAfterMs: nowMs + 1, state: 'active', ...change };
}

function teamWith(...keys: KeyRecord[]): TeamRecord {
  return { ...DENIED, weight: 2, keys, indexes: ['i'], queue: 7 };
}

/** Right format and checksum, but not a secret that was ever given out. */
function forgedKey(id: string): string {
  const body = `agw_live_${id}_${'x'.repeat(43)}`;
  return `${body}_${base62(BigInt(crc32(body)), 6)}`;
}

class Door {
  readonly clock = new ManualClock();
  readonly revoked = new Set<string>();
  readonly used: string[] = [];
  readonly events: AuditEvent[] = [];
  readonly gate: InstanceType<typeof Gate>;
  teams: Readonly<Record<string, TeamRecord>>;

  constructor(teams: Readonly<Record<string, TeamRecord>>) {
    this.teams = teams;
    this.gate = new Gate({
      roster: () => new Roster(this.teams, noMaskKeys),
      keys: { isRevoked: (id) => this.revoked.has(id), onUsed: (_team, id) => this.used.push(id) },
      clock: this.clock,
      audit: (event) => this.events.push(event),
    });
  }

  enter(rawHeaders: readonly string[], rest: { address?: string; listener?: 'public' | 'admin' } = {}) {
    return this.gate.authenticate({ rawHeaders, address: '192.0.2.1', listener: 'public', ...rest });
  }
}

const enter = (record: KeyRecord, key = good.key) =>
  new Door({ shop: teamWith(record) }).enter(['X-API-Key', key]);

describe('a key that is known and valid', () => {
  test('lets in as its team, by either header', async () => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    for (const headers of [
      ['X-API-Key', good.key],
      ['Authorization', `Bearer ${good.key}`],
    ]) {
      const { team, keyId } = await door.enter(headers);
      expect(keyId).toBe(good.id);
      expect(team).toMatchObject({ name: 'shop', weight: 2, indexes: ['i'], maxQueuedFlights: 7 });
    }
  });

  test('does not take the records of its team along', async () => {
    expect(JSON.stringify(await enter(recordOf(good)))).not.toContain(good.sha256);
  });

  test('may be one of several of a team, and each leads to its own team', async () => {
    const made = [1, 2, 3].map(() => createApiKey({ label: 'live' })) as [
      typeof good,
      typeof good,
      typeof good,
    ];
    const teams = { shop: teamWith(recordOf(made[0]), recordOf(made[1])), crm: teamWith(recordOf(made[2])) };
    const door = new Door(teams);
    const found = await Promise.all(made.map(({ key }) => door.enter(['X-API-Key', key])));
    expect(found.map(({ team, keyId }) => [team.name, keyId])).toEqual([
      ['shop', made[0].id],
      ['shop', made[1].id],
      ['crm', made[2].id],
    ]);
  });

  test('is valid from its first instant on, until just before its last, and while it retires', async () => {
    for (const change of [
      { notBeforeMs: nowMs },
      { notAfterMs: nowMs + 1 },
      { state: 'retiring' as const },
    ]) {
      expect((await enter(recordOf(good, change))).keyId).toBe(good.id);
    }
  });

  test('matches a digest written in capitals', async () => {
    expect((await enter(recordOf(good, { sha256: good.sha256.toUpperCase() }))).keyId).toBe(good.id);
  });

  test('expires while the gateway runs', async () => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    const identity = await door.enter(['X-API-Key', good.key]);
    expect(identity.keyId).toBe(good.id);
    await door.clock.advance(1);
    expect((await rejectionOf(door.enter(['X-API-Key', good.key]))).info.cause).toBe('expired');
    expect(refusalOf(() => door.gate.renew(identity)).info.cause).toBe('expired');
  });
});

describe('a key that is not', () => {
  const refusals: [string, string, () => Promise<unknown>][] = [
    ['unknown', 'unknown_key', () => enter(recordOf(createApiKey({ label: 'live' })))],
    ['of a known id with another secret', 'wrong_secret', () => enter(recordOf(good), forgedKey(good.id))],
    ['mistyped', 'malformed_key', () => enter(recordOf(good), good.key.replace(/.$/, '~'))],
    ['a JWT', 'malformed_key', () => enter(recordOf(good), 'eyJh.eyJz.c2ln')],
    [
      'a JWT as a bearer, where none is let in',
      'mode_off',
      () => new Door({}).enter(['Authorization', 'Bearer eyJh.eyJz.c2ln']),
    ],
    ['revoked', 'revoked', () => enter(recordOf(good, { state: 'revoked' }))],
    ['expired', 'expired', () => enter(recordOf(good, { notAfterMs: nowMs }))],
    ['not yet valid', 'not_yet_valid', () => enter(recordOf(good, { notBeforeMs: nowMs + 1 }))],
    ['there', 'no_credential', () => new Door({}).enter([])],
  ];

  test.each(refusals)('%s is refused as %s, for the log only', async (_, cause, ask) => {
    expect((await rejectionOf(ask())).info).toEqual({ cause });
  });

  test('is refused in the same words whatever the cause, and the error holds no credential', async () => {
    const errors = await Promise.all(refusals.map(([, , ask]) => rejectionOf(ask())));
    expect(new Set(errors.map((error) => `${error.code} ${error.message}`)).size).toBe(1);
    expect(errors[0]?.code).toBe('unauthenticated');
    for (const error of errors) {
      expect(`${error.message} ${error.cause} ${JSON.stringify(error)}`).not.toMatch(/agw_|eyJ/);
    }
  });

  test('tells its state only to the one who holds it: a forged key of a revoked id is just wrong', async () => {
    const revoked = recordOf(good, { state: 'revoked' });
    expect((await rejectionOf(enter(revoked, forgedKey(good.id)))).info.cause).toBe('wrong_secret');
  });

  test('finds nothing under the names every object has', async () => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    for (const id of ['toString', 'constructor', 'valueOf']) {
      const error = await rejectionOf(door.enter(['X-API-Key', forgedKey(id)]));
      expect(error.info.cause).toBe('unknown_key');
    }
  });
});

describe('the comparison', () => {
  test.each([
    ['known', () => enter(recordOf(good))],
    ['unknown', () => rejectionOf(enter(recordOf(createApiKey({ label: 'live' }))))],
    ['known with another secret', () => rejectionOf(enter(recordOf(good), forgedKey(good.id)))],
    ['revoked', () => rejectionOf(enter(recordOf(good, { state: 'revoked' })))],
  ])('is made once, in constant time, over 32 bytes each, for an id that is %s', async (_, ask) => {
    compared.length = 0;
    await ask();
    expect(compared).toEqual([[32, 32]]);
  });
});

describe('a revocation by hand', () => {
  test('ends a key at once, also for a request that is being answered', async () => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    const identity = await door.enter(['X-API-Key', good.key]);
    door.revoked.add(good.id);
    expect((await rejectionOf(door.enter(['X-API-Key', good.key]))).info.cause).toBe('revoked');
    expect(refusalOf(() => door.gate.renew(identity)).info.cause).toBe('revoked');
  });
});

describe('another roster', () => {
  test('counts from the next request on, also for one that is being answered', async () => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    const identity = await door.enter(['X-API-Key', good.key]);
    door.teams = { shop: { ...teamWith(recordOf(good)), maxLimit: 7 } };
    expect((await door.enter(['X-API-Key', good.key])).team.maxLimit).toBe(7);
    expect(door.gate.renew(identity).team.maxLimit).toBe(7);
    door.teams = { shop: teamWith() };
    expect((await rejectionOf(door.enter(['X-API-Key', good.key]))).info.cause).toBe('unknown_key');
    expect(refusalOf(() => door.gate.renew(identity)).info.cause).toBe('unknown_key');
  });
});

describe('refused credentials from one address', () => {
  const wrong = () => ['X-API-Key', forgedKey(good.id)];
  const spend = async (door: Door, address = '192.0.2.1') => {
    for (let at = 0; at < 30; at += 1) await rejectionOf(door.enter(wrong(), { address }));
  };

  test('are looked at 30 times a minute; then not even hashed, until the minute is over', async () => {
    const door = new Door({ shop: teamWith(recordOf(good, { notAfterMs: nowMs + 100_000 })) });
    await spend(door);
    compared.length = 0;
    const error = await rejectionOf(door.enter(wrong()));
    expect([error.code, error.info.retryAfterMs]).toEqual(['auth_throttled', 60_000]);
    expect(compared).toEqual([]);
    expect((await rejectionOf(door.enter(['X-API-Key', good.key]))).code).toBe('auth_throttled');
    await door.clock.advance(60_000);
    expect((await door.enter(['X-API-Key', good.key])).keyId).toBe(good.id);
  });

  test('keep nobody out who was let in within the last five minutes, nor other addresses', async () => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    await door.enter(['X-API-Key', good.key]);
    await spend(door);
    expect((await door.enter(['X-API-Key', good.key])).keyId).toBe(good.id);
    const other = { address: '192.0.2.2' };
    expect((await rejectionOf(door.enter(wrong(), other))).code).toBe('unauthenticated');
  });

  test('leave a line each, and one when it is enough; without the credential', async () => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    await spend(door);
    expect(door.events).toHaveLength(31);
    const address = '192.0.2.1';
    expect(door.events[0]).toEqual({
      event: 'login_refused',
      cause: 'wrong_secret',
      keyId: good.id,
      address,
    });
    expect(door.events[30]).toEqual({ event: 'login_throttled', address });
    expect(JSON.stringify(door.events)).not.toContain('agw_');
  });

  test('are none where there is no credential at all', async () => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    for (let at = 0; at < 40; at += 1) await rejectionOf(door.enter([]));
    expect(door.events).toEqual([]);
    expect((await door.enter(['X-API-Key', good.key])).keyId).toBe(good.id);
  });
});

describe('a server key', () => {
  test.each([
    ['Origin', 'https://app.example'],
    ['Origin', 'null'],
    ['Sec-Fetch-Site', 'same-origin'],
  ])('beside %s: %s has leaked into a page, which the public listener refuses', async (name, value) => {
    const door = new Door({ shop: teamWith(recordOf(good)) });
    const headers = ['X-API-Key', good.key, name, value];
    expect((await rejectionOf(door.enter(headers))).code).toBe('forbidden_origin');
    expect(door.events).toEqual([
      { event: 'origin_refused', team: 'shop', keyId: good.id, kind: 'server', address: '192.0.2.1' },
    ]);
    expect((await door.enter(headers, { listener: 'admin' })).keyId).toBe(good.id);
  });
});

describe('a browser key', () => {
  const policy: KeyPolicy = {
    maxLimit: 10,
    minFilters: 1,
    withTotal: false,
    profilesPerDay: 1000,
    requestsPerSecond: 5,
  };
  const origins = ['https://app.example', 'https://gw.example:8443'];
  const record = recordOf(good, { kind: 'browser', origins, policy, notAfterMs: nowMs + 1000 });
  const team: TeamRecord = {
    ...teamWith(record),
    maxLimit: 100,
    withTotal: true,
    export: true,
    bypassCache: true,
    scopes: ['purge:all'],
    profilesPerDay: 50_000,
  };
  const from = (door: Door, ...headers: string[]) => door.enter(['X-API-Key', good.key, ...headers]);

  test('is good for its origins, and for pages of the gateway where these are listed', async () => {
    const door = new Door({ shop: team });
    expect((await from(door, 'Origin', 'https://app.example')).keyId).toBe(good.id);
    const own = ['Sec-Fetch-Site', 'same-origin', 'Host', 'gw.example:8443'];
    expect((await from(door, ...own)).keyId).toBe(good.id);
  });

  test.each([
    [],
    ['Origin', 'https://evil.example'],
    ['Origin', 'https://app.example.evil.example'],
    ['Origin', 'https://sub.app.example'],
    ['Origin', 'http://app.example'],
    ['Origin', 'null'],
    ['Origin', 'https://evil.example', 'Sec-Fetch-Site', 'same-origin', 'Host', 'gw.example:8443'],
    ['Sec-Fetch-Site', 'same-origin', 'Host', 'other.example'],
    ['Sec-Fetch-Site', 'cross-site', 'Host', 'gw.example:8443'],
  ])('is refused with the headers %j', async (...headers) => {
    const error = await rejectionOf(from(new Door({ shop: team }), ...headers));
    expect(error.code).toBe('forbidden_origin');
    expect(error.message).toMatch(headers[0] === 'Origin' ? /not for pages of this origin/ : /for web pages/);
  });

  test('may do what both its team and its policy allow, and never what needs a secret', async () => {
    const { team: reached } = await from(new Door({ shop: team }), 'Origin', 'https://app.example');
    expect(reached).toMatchObject({
      name: 'shop',
      weight: 2,
      indexes: ['i'],
      maxLimit: 10,
      minFilters: 1,
      withTotal: false,
      export: false,
      bypassCache: false,
      scopes: [],
      quotas: [
        { subject: 'shop', most: 50_000 },
        { subject: `key:${good.id}`, most: 1000 },
      ],
    });
  });

  test('filters by what its team is not shown only where its own policy says so', async () => {
    const attributes = { i: { allow: ['tier'], mask: [], maskAs: {} } };
    const of = (own: Partial<KeyPolicy>): TeamRecord => ({
      ...team,
      keys: [{ ...record, policy: { ...policy, ...own } }],
      attributes,
      filters: ['tier'],
      filterOnly: ['email'],
    });
    const mayFilter = async (own: Partial<KeyPolicy>) => {
      const { team: reached } = await from(new Door({ shop: of(own) }), 'Origin', 'https://app.example');
      return ['tier', 'email', 'other'].filter((attribute) => reached.mayFilter('i', attribute));
    };
    expect(await mayFilter({})).toEqual(['tier']);
    expect(await mayFilter({ filters: ['email', 'other'] })).toEqual(['email']);
    expect(await mayFilter({ filters: '*' })).toEqual(['tier', 'email']);
    expect(await mayFilter({ attributes: { i: { allow: [], mask: [], maskAs: {} } } })).toEqual([]);
  });

  test('may be used so many times a second from one address, and from others besides', async () => {
    const door = new Door({ shop: team });
    const ask = (address: string) =>
      door.enter(['X-API-Key', good.key, 'Origin', 'https://app.example'], { address });
    for (let at = 0; at < 5; at += 1) await ask('192.0.2.1');
    const error = await rejectionOf(ask('192.0.2.1'));
    expect([error.code, error.info.retryAfterMs]).toEqual(['address_rate', 200]);
    await ask('192.0.2.2');
    await door.clock.advance(200);
    await ask('192.0.2.1');
  });
});

describe('the teams are refused at start', () => {
  test('when a key id stands twice, in one team or in two', () => {
    const record = recordOf(good);
    expect(() => new Roster({ a: teamWith(record, record) }, noMaskKeys)).toThrow(/stands twice/);
    expect(() => new Roster({ a: teamWith(record), b: teamWith(record) }, noMaskKeys)).toThrow(
      /stands twice/,
    );
  });

  test('when a digest is not 64 hex digits', () => {
    for (const sha256 of ['', 'ab', `${good.sha256}00`, 'z'.repeat(64)]) {
      expect(() => new Roster({ a: teamWith(recordOf(good, { sha256 })) }, noMaskKeys)).toThrow(/64 hex/);
    }
  });
});
