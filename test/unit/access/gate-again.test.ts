import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createApiKey } from '../../../src/access/api-key.ts';
import { base62 } from '../../../src/access/base62.ts';
import { Gate } from '../../../src/access/gate.ts';
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
