import { expect, test } from '@jest/globals';
import type { AskQueue } from '../../../src/budget/fair-queue.ts';
import { Ground, watch } from './ground.ts';

test('hundreds of flights are rechecked in the course of a second, each once, and never all of them at once', async () => {
  const ground = new Ground({ total: 1000, failureMs: 1000, maxInFlight: 1000, teams: 1 });
  const entered: { readonly key: string; readonly at: number }[] = [];
  const queue: AskQueue = {
    enter: (key, ...rest) => {
      entered.push({ key, at: ground.clock.monotonic() });
      return ground.queue.enter(key, ...rest);
    },
    leave: (key, team) => ground.queue.leave(key, team),
    turnsAhead: (team) => ground.queue.turnsAhead(team),
  };
  const flights = ground.flights(queue, undefined, 1000);
  for (let flight = 0; flight < 400; flight += 1) {
    void watch(flights.board(ground.boarding({ key: `k-${flight}`, maxWaitMs: 60_000 })));
  }
  await ground.clock.settle();
  entered.length = 0;
  await ground.clock.advance(1999);
  expect(new Set(entered.map(({ key }) => key)).size).toBe(400);
  expect(entered).toHaveLength(400);
  const atOnce = new Map<number, number>();
  for (const { at } of entered) atOnce.set(at, (atOnce.get(at) ?? 0) + 1);
  expect(Math.max(...atOnce.values())).toBe(20);
});
