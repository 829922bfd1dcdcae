import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createApiKey } from '../../../src/access/api-key.ts';
import { base62 } from '../../../src/access/base62.ts';
import { Gate } from '../../../src/access/gate.ts';
import { KnownTokens } from '../../../src/access/known-tokens.ts';
import { Roster } from '../../../src/access/roster.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { rejectionOf } from '../query/refusal.ts';
import { DENIED, noMaskKeys } from './records.ts';

describe('a gate', () => {
  const made = createApiKey({ label: 'test' });
  const clock = new ManualClock();
  const endsAt = clock.now() + 60_000;
  const record = {
    ...DENIED,
    keys: [{ id: made.id, sha256: made.sha256, state: 'active' as const, notAfterMs: endsAt * 2 }],
    jwt: [{ issuer: 'https://idp.example', claims: { sub: 'web' } }],
  };
  const gate = new Gate({
    roster: () => new Roster({ shop: record }, noMaskKeys),
    keys: { isRevoked: () => false, onUsed: () => undefined },
    tokens: {
      verify: async () => ({
        issuer: 'https://idp.example',
        claims: { sub: 'web' },
        expiresAtMs: endsAt,
      }),
      recall: () => undefined,
    },
    clock,
    audit: () => undefined,
  });
  const enter = (rawHeaders: readonly string[], address = '192.0.2.1') =>
    gate.authenticate({ rawHeaders, address, listener: 'public' });

  test('throttles an address that tries secrets for the id of a key that others use', async () => {
    await enter(['X-API-Key', made.key]);
    const body = `agw_test_${made.id}_${'0'.repeat(43)}`;
    const forged = ['X-API-Key', `${body}_${base62(BigInt(crc32(body)), 6)}`];
    for (let at = 0; at < 30; at += 1) await rejectionOf(enter(forged));
    expect((await rejectionOf(enter(forged))).code).toBe('auth_throttled');
  });

  test('renews the identity of no token that has ended', async () => {
    const identity = await enter(['Authorization', 'Bearer header.claims.signature'], '192.0.2.2');
    expect(gate.renew(identity).team.name).toBe('shop');
    await clock.advance(3_600_000);
    expect(() => gate.renew(identity)).toThrow();
  });
});

/** Refused credentials, more than are looked at from one address in a minute. */
async function exhaust(gate: Gate): Promise<void> {
  const unknown = ['X-API-Key', createApiKey({ label: 'test' }).key];
  const caller = { rawHeaders: unknown, address: '192.0.2.1', listener: 'public' as const };
  for (let at = 0; at < 31; at += 1) await rejectionOf(gate.authenticate(caller));
}

describe('what is recalled, beside a neighbour who tries credentials', () => {
  const made = createApiKey({ label: 'test' });
  const token = 'header.claims.signature';
  const FOREVER = ManualClock.EPOCH + 1e12;

  function open() {
    const clock = new ManualClock();
    const verified = { issuer: 'https://idp.example', claims: { sub: 'web' }, expiresAtMs: FOREVER };
    const record = {
      ...DENIED,
      keys: [{ id: made.id, sha256: made.sha256, state: 'active' as const, notAfterMs: FOREVER }],
      jwt: [{ issuer: verified.issuer, claims: verified.claims }],
    };
    const roster = new Roster({ shop: record }, noMaskKeys);
    const gate = new Gate({
      roster: () => roster,
      keys: { isRevoked: () => false, onUsed: () => undefined },
      tokens: new KnownTokens({ verify: async () => verified }, clock),
      clock,
      audit: () => undefined,
    });
    const rawHeaders = { key: ['X-API-Key', made.key], token: ['Authorization', `Bearer ${token}`] };
    const enter = (what: keyof typeof rawHeaders) =>
      gate.authenticate({ rawHeaders: rawHeaders[what], address: '192.0.2.1', listener: 'public' });
    const recall = (what: keyof typeof rawHeaders) =>
      gate.recall(what === 'key' ? made.key : token, what === 'key');
    return { clock, enter, gate, recall };
  }

  test.each(['key', 'token'] as const)(
    'counts as good for five minutes from its last use: %s',
    async (what) => {
      const { clock, enter, gate, recall } = open();
      await enter(what);
      for (let second = 1; second < 300; second += 1) {
        await clock.advance(1000);
        expect(recall(what)).toBeDefined();
      }
      await exhaust(gate);
      await clock.advance(1500);
      expect((await enter(what)).team.name).toBe('shop');
    },
  );

  test('a key that was not used for five minutes is left to the long way, which throttles', async () => {
    const { clock, enter, gate, recall } = open();
    await enter('key');
    await clock.advance(299_000);
    expect(recall('key')).toBeDefined();
    await clock.advance(300_000);
    await exhaust(gate);
    expect(recall('key')).toBeUndefined();
    expect((await rejectionOf(enter('key'))).code).toBe('auth_throttled');
  });
});
