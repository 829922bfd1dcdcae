import { expect, test } from '@jest/globals';
import { MemoryRevocations } from '../../../src/access/memory-revocations.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function started() {
  const clock = new ManualClock();
  return { clock, revocations: new MemoryRevocations(clock), endsAt: clock.now() + 60_000 };
}

test('a key is refused from the moment it was revoked, and no other is', async () => {
  const { endsAt, revocations } = started();
  expect(revocations.isRevoked('k7Qm2ZrT0a')).toBe(false);
  await revocations.revoke('k7Qm2ZrT0a', endsAt);
  expect(revocations.isRevoked('k7Qm2ZrT0a')).toBe(true);
  expect(revocations.isRevoked('k7Qm2ZrT0b')).toBe(false);
  expect(revocations.isRevoked('constructor')).toBe(false);
});

test('it is until the key ends by itself, and then nothing is kept of it', async () => {
  const { clock, endsAt, revocations } = started();
  await revocations.revoke('a', endsAt);
  await revocations.revoke('b', endsAt + 1);
  await clock.advance(59_999);
  expect(revocations.isRevoked('a')).toBe(true);
  expect([...revocations.standing()]).toEqual([
    ['a', endsAt],
    ['b', endsAt + 1],
  ]);
  await clock.advance(1);
  expect(revocations.isRevoked('a')).toBe(false);
  expect([...revocations.standing()]).toEqual([['b', endsAt + 1]]);
});

test('revoking it again takes nothing back, and may only prolong', async () => {
  const { clock, endsAt, revocations } = started();
  await revocations.revoke('a', endsAt);
  await revocations.revoke('a', endsAt + 1000);
  await revocations.revoke('a', clock.now());
  await clock.advance(60_500);
  expect(revocations.isRevoked('a')).toBe(true);
});
