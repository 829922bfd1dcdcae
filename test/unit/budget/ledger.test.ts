import { expect, test } from '@jest/globals';
import { Ledger } from '../../../src/budget/ledger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('the ledger keeps an account for each team from the start, by class and by what was saved', async () => {
  const ledger = new Ledger(['web', 'idle'], 1000, new ManualClock());
  ledger.spent('web', 'caller');
  ledger.spent('web', 'refresh');
  ledger.served('web', 'call', 120.4);
  ledger.served('web', 'sharing', 80);
  ledger.served('web', 'cache', 0);
  ledger.served('web', 'refused', 0);
  const nothing = {
    spent: { caller: 0, refresh: 0, idle: 0 },
    savedByCache: 0,
    savedBySharing: 0,
    waitedMs: 0,
    refused: 0,
  };
  expect(ledger.accounts()).toEqual({
    web: {
      spent: { caller: 1, refresh: 1, idle: 0 },
      savedByCache: 1,
      savedBySharing: 1,
      waitedMs: 200,
      refused: 1,
    },
    idle: nothing,
  });
});

test('the ledger counts as recent what was spent within the last window', async () => {
  const clock = new ManualClock();
  const ledger = new Ledger(['web'], 1000, clock);
  ledger.spent('web', 'caller');
  await clock.advance(600);
  ledger.spent('web', 'caller');
  expect(ledger.recent('web')).toBe(2);
  await clock.advance(400);
  expect(ledger.recent('web')).toBe(1);
  await clock.advance(600);
  expect(ledger.recent('web')).toBe(0);
});

test('a team that came after the start has an account, in which there is nothing yet', () => {
  const ledger = new Ledger([], 1000, new ManualClock());
  expect(ledger.account('web')).toMatchObject({ spent: { caller: 0, refresh: 0, idle: 0 }, waitedMs: 0 });
});
