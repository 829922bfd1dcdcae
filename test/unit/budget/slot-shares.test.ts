import { describe, expect, test } from '@jest/globals';
import { SlotShares } from '../../../src/budget/slot-shares.ts';

/** Lets a team take what it may while the named teams wait. */
function fill(shares: SlotShares, team: string, waiting: Record<string, number>): number {
  const teams = new Map(Object.entries(waiting));
  let taken = 0;
  while (shares.mayTake(team, teams)) {
    shares.take(team);
    taken += 1;
  }
  return taken;
}

describe('the shares of concurrent calls', () => {
  test('are all for a team that is the only one', () => {
    expect(fill(new SlotShares(64, () => 1), 'a', { a: 1 })).toBe(64);
  });

  test('keep a part aside for teams that have nothing in the air yet', () => {
    const shares = new SlotShares(64, () => 2);
    expect(fill(shares, 'slow', { slow: 1 })).toBe(48);
    expect(fill(shares, 'quick', { slow: 1, quick: 1 })).toBe(16);
  });

  test('go by weight while several wait', () => {
    const shares = new SlotShares(60, () => 2);
    expect(fill(shares, 'a', { a: 1, b: 2 })).toBe(20);
    expect(fill(shares, 'b', { a: 1, b: 2 })).toBe(40);
  });

  test('pass a team over that has more than its share, until enough has come back', () => {
    const shares = new SlotShares(64, () => 2);
    fill(shares, 'slow', { slow: 1 });
    const both = new Map([
      ['slow', 1],
      ['quick', 1],
    ]);
    for (let landed = 0; landed < 16; landed += 1) {
      expect(shares.mayTake('slow', both)).toBe(false);
      shares.giveBack('slow');
    }
    expect(shares.of('slow')).toBe(32);
    expect(shares.mayTake('slow', both)).toBe(false);
    shares.giveBack('slow');
    expect(shares.mayTake('slow', both)).toBe(true);
  });

  test('leave a team its part however much more the others hold', () => {
    const shares = new SlotShares(64, () => 4);
    for (const team of ['a', 'b', 'c']) fill(shares, team, { [team]: 1 });
    expect(fill(shares, 'd', { a: 1, b: 1, c: 1, d: 1 })).toBeGreaterThanOrEqual(8);
  });

  test('let everybody have one call even where there are more teams than slots', () => {
    const shares = new SlotShares(2, () => 10);
    expect(fill(shares, 'a', { a: 1, b: 1, c: 1 })).toBe(1);
    expect(fill(shares, 'b', { a: 1, b: 1, c: 1 })).toBe(1);
  });
});
