import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { FLOOD } from '../support/spawn-gateway.ts';
import { Backlog, later, rate } from './backlog.ts';
import { Fleet } from './fleet.ts';

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
  test('the limit holds through every fault, nobody is lost, and the rate is back soon', async () => {
    fleet = await Fleet.start(OPTIONS);
    const load = backlog();
    await sleep(2000);
    const faults: Record<string, () => Promise<unknown>> = {
      'Redis is restarted without its data': () => fleet.redis.restart({ keepData: false }),
      'Redis loses everything': () => fleet.redis.cli(['flushall']),
      'Redis stands still for 1.5 s': async () => {
        fleet.redis.freeze();
        await sleep(1500);
        fleet.redis.thaw();
      },
      'a replica stands still for 1.5 s': async () => {
        fleet.gateways[1]?.child.kill('SIGSTOP');
        await sleep(1500);
        fleet.gateways[1]?.child.kill('SIGCONT');
      },
      'a replica is killed': async () => fleet.gateways[2]?.child.kill('SIGKILL'),
    };
    for (const [fault, happen] of Object.entries(faults)) {
      await happen();
      await sleep(7000);
      const { at, limited, most } = await fleet.calls();
      const found = { fault, limited, most, rate: rate(later(at, (at.at(-1) ?? 0) - 3000)) };
      expect(found).toEqual({ fault, limited: 0, most: 10, rate: expect.any(Number) });
      expect(found.rate).toBeGreaterThanOrEqual(8.5);
      // Those of a process that is killed are cut off; nobody else is.
      if (fault !== 'a replica is killed') expect([...load.statuses.keys()]).toEqual([200]);
    }
    await load.end();
    expect(new Set(load.statuses.keys())).toEqual(new Set([200, 'cut off']));
  }, 90_000);
});
