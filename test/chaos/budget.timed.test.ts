import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { FLOOD } from '../support/spawn-gateway.ts';
import { Backlog, later, rate } from './backlog.ts';
import { cold, Fleet } from './fleet.ts';

let fleet: Fleet;
afterEach(() => fleet?.stop());

const TEAMS = ['a', 'b', 'c', 'd', 'e'];
const OPTIONS = {
  settings: FLOOD,
  teams: Object.fromEntries(TEAMS.map((team) => [team, {}])),
  knobs: { 'latency.preset': 'off' },
};

const backlog = (): Backlog => new Backlog(fleet, TEAMS);

test('three replicas use one budget: never more than it, nearly all of it, each team the same part', async () => {
  fleet = await Fleet.start(OPTIONS);
  const load = backlog();
  await sleep(12_000);
  const { at, limited, most } = await fleet.calls();
  await load.end();
  expect([limited, most]).toEqual([0, 10]);
  expect(rate(at.slice(10))).toBeGreaterThanOrEqual(9.4);
  expect(new Set(load.statuses.keys())).toEqual(new Set([200]));
}, 60_000);

describe('while five teams always have something waiting', () => {
  test.each([
    ['Redis is restarted without its data', async () => fleet.redis.restart({ keepData: false })],
    ['Redis loses everything', async () => void (await fleet.redis.cli(['flushall']))],
    [
      'Redis stands still for 1.5 s',
      async () => {
        fleet.redis.freeze();
        await sleep(1500);
        fleet.redis.thaw();
      },
    ],
    [
      'a replica stands still for 1.5 s',
      async () => {
        fleet.gateways[1]?.child.kill('SIGSTOP');
        await sleep(1500);
        fleet.gateways[1]?.child.kill('SIGCONT');
      },
    ],
  ])(
    '%s: the limit holds, nobody is lost, and the rate is back within 3 s',
    async (_fault, happen) => {
      fleet = await Fleet.start(OPTIONS);
      const load = backlog();
      await sleep(3000);
      await happen();
      await sleep(7000);
      const { at, limited, most } = await fleet.calls();
      await load.end();
      expect(limited).toBe(0);
      expect(most).toBeLessThanOrEqual(10);
      expect(new Set(load.statuses.keys())).toEqual(new Set([200]));
      expect(rate(later(at, (at.at(-1) ?? 0) - 4000))).toBeGreaterThanOrEqual(8.5);
    },
    60_000,
  );

  test('a replica is killed: the limit holds and the callers of the others are all answered', async () => {
    fleet = await Fleet.start(OPTIONS);
    const load = backlog();
    await sleep(3000);
    fleet.gateways[2]?.child.kill('SIGKILL');
    await sleep(8000);
    const { at, limited, most } = await fleet.calls();
    await load.end();
    expect(limited).toBe(0);
    expect(most).toBeLessThanOrEqual(10);
    expect(new Set(load.statuses.keys())).toEqual(new Set([200, 'cut off']));
    expect(rate(later(at, (at.at(-1) ?? 0) - 3000))).toBeGreaterThanOrEqual(8.5);
  }, 60_000);
});

describe('without Redis', () => {
  test('each replica goes on with its part of the budget, and they come together again', async () => {
    fleet = await Fleet.start({ ...OPTIONS, settings: { ...FLOOD, budget: { maxReplicas: 3 } } });
    const load = backlog();
    await sleep(2000);
    for (const way of fleet.ways) way.refuse(true);
    await fleet.until('share');
    await sleep(6000);
    const alone = await fleet.calls();
    for (const way of fleet.ways) {
      way.refuse(false);
      await sleep(700);
    }
    await fleet.until('shared');
    await sleep(5000);
    const { at, limited, most } = await fleet.calls();
    await load.end();
    expect(limited).toBe(0);
    expect(most).toBeLessThanOrEqual(10);
    expect(new Set(load.statuses.keys())).toEqual(new Set([200]));
    // 3 replicas with 3 of 10 each.
    const lastAlone = alone.at.at(-1) ?? 0;
    expect(rate(later(alone.at, lastAlone - 4000))).toBeGreaterThanOrEqual(7.5);
    expect(rate(later(at, (at.at(-1) ?? 0) - 3000))).toBeGreaterThanOrEqual(8.5);
  }, 60_000);

  test('for one of them, no more than its part comes on top', async () => {
    fleet = await Fleet.start({
      ...OPTIONS,
      settings: { ...FLOOD, budget: { maxReplicas: 3 } },
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
});
