import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { FLOOD } from '../support/spawn-gateway.ts';
import { Backlog, later, rate } from './backlog.ts';
import { cold, Fleet } from './fleet.ts';

let fleet: Fleet;
afterEach(() => fleet?.stop());

const TEAMS = ['a', 'b', 'c', 'd', 'e'];
/** Each replica has 3 of 10 for itself. */
const OPTIONS = {
  settings: { ...FLOOD, budget: { maxReplicas: 3 } },
  teams: Object.fromEntries(TEAMS.map((team) => [team, {}])),
  knobs: { 'latency.preset': 'off' },
};

const backlog = (): Backlog => new Backlog(fleet, TEAMS);

test('without Redis each replica goes on with its part of the budget, and they come together again', async () => {
  fleet = await Fleet.start(OPTIONS);
  const load = backlog();
  await sleep(2000);
  for (const way of fleet.ways) way.refuse(true);
  await fleet.until('share');
  await sleep(5000);
  const alone = await fleet.calls();
  for (const way of fleet.ways) {
    way.refuse(false);
    await sleep(700);
  }
  await fleet.until('shared');
  // It is called shared from the return of Redis on; up to 2.3 s go by before it is drawn on by all.
  await sleep(6000);
  const { at, limited, most } = await fleet.calls();
  await load.end();
  expect(limited).toBe(0);
  expect(most).toBeLessThanOrEqual(10);
  expect(new Set(load.statuses.keys())).toEqual(new Set([200]));
  const lastAlone = alone.at.at(-1) ?? 0;
  expect(rate(later(alone.at, lastAlone - 3500))).toBeGreaterThanOrEqual(7.5);
  expect(rate(later(at, (at.at(-1) ?? 0) - 3000))).toBeGreaterThanOrEqual(8.5);
}, 60_000);

test('for a replica that alone has lost Redis, no more than its part comes on top', async () => {
  fleet = await Fleet.start({
    ...OPTIONS,
    // So that what comes on top is seen and not refused.
    knobs: { 'latency.preset': 'off', 'rate.kind': 'off' },
  });
  const load = backlog();
  await sleep(2000);
  fleet.ways[0]?.refuse(true);
  await fleet.until('share', fleet.gateways.slice(0, 1));
  await sleep(5000);
  fleet.ways[0]?.refuse(false);
  await fleet.until('shared');
  await sleep(3000);
  const { most } = await fleet.calls();
  await load.end();
  expect(most).toBeLessThanOrEqual(13);
  expect(new Set(load.statuses.keys())).toEqual(new Set([200]));
}, 60_000);

test('where the budget is closed then, stored pages are answered and others refused with a time', async () => {
  fleet = await Fleet.start({ settings: { budget: { whenRedisIsLost: 'closed' } } });
  await fleet.get(cold('kept'), 0);
  for (const way of fleet.ways) way.refuse(true);
  await fleet.until('closed');
  const before = (await fleet.calls()).count;
  expect((await fleet.get(cold('kept'), 0)).status).toBe(200);
  const refused = await fleet.get(cold('new'), 0);
  expect([refused.status, Number(refused.headers['retry-after'])]).toEqual([503, 5]);
  expect((await fleet.calls()).count).toBe(before);
  for (const way of fleet.ways) way.refuse(false);
  await fleet.until('shared');
  expect((await fleet.get(cold('new'), 1)).status).toBe(200);
}, 60_000);
