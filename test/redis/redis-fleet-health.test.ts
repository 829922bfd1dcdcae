import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Findings, FleetMember } from '../../src/budget/fleet-health.ts';
import { RedisFleetHealth } from '../../src/budget/redis-fleet-health.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { eventually } from '../support/eventually.ts';
import { closeClients, readyClient } from '../support/redis-client.ts';
import { RedisServer } from '../support/redis-server.ts';

let server: RedisServer;
const joined: RedisFleetHealth[] = [];
beforeEach(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  for (const health of joined.splice(0)) health.close();
  closeClients();
  await server.stop();
});

const NOTHING: Findings = { quick: 'unknown', slow: 'unknown', credential: 'unknown' };

/** A replica whose findings the test sets. */
class Replica implements FleetMember {
  found: Findings = NOTHING;
  readonly adopted: string[] = [];
  readonly health: RedisFleetHealth;

  private constructor(health: RedisFleetHealth) {
    this.health = health;
    health.join(this);
  }

  static async start(replica: string): Promise<Replica> {
    const { client } = await readyClient(server.url);
    const health = new RedisFleetHealth({ client, key: 'agw:{t}:q:1:health', replica, clock: systemClock });
    joined.push(health);
    return new Replica(health);
  }

  findings(): Findings {
    return this.found;
  }

  adopt(trouble: string, forMs: number): void {
    this.adopted.push(`${trouble} ${forMs}`);
  }

  get mayBetter(): boolean {
    return this.health.othersMayDoBetter('quick');
  }
}

const becomes = (what: string, holds: () => boolean): Promise<true> =>
  eventually(what, holds, 4000) as Promise<true>;

test('one that is alone has nobody to leave anything to, before and after there was another', async () => {
  const one = await Replica.start('one');
  expect(one.mayBetter).toBe(false);
  const two = await Replica.start('two');
  await becomes('the other is known', () => one.mayBetter);
  two.health.close();
  await becomes('the other is gone', () => !one.mayBetter);
});

test('who does not know is given a try, who fails as well ends the hope, and who succeeds revives it', async () => {
  const [one, two, three] = await Promise.all(['one', 'two', 'three'].map((name) => Replica.start(name)));
  if (one === undefined || two === undefined || three === undefined) throw new Error('no replicas');
  one.found = { ...NOTHING, quick: { failing: 4000 } };
  await becomes('two and three may do better', () => one.mayBetter);
  two.found = { ...NOTHING, quick: { failing: 3000 } };
  await becomes('two fails as well', () => !one.mayBetter);
  expect(one.health.othersMayDoBetter('slow')).toBe(true);
  three.found = { ...NOTHING, quick: 'well' };
  await becomes('three succeeds', () => one.mayBetter);
});

test('two replicas in different trouble do not leave everything to each other', async () => {
  const [one, two] = await Promise.all(['one', 'two'].map((name) => Replica.start(name)));
  if (one === undefined || two === undefined) throw new Error('no replicas');
  await becomes('they know each other', () => one.mayBetter && two.mayBetter);
  one.found = { ...NOTHING, quick: { failing: 4000 } };
  two.found = { quick: 'well', slow: { failing: 4000 }, credential: 'well' };
  await becomes('one expects nothing of two', () => !one.mayBetter);
  await becomes('nor two of one', () => !two.health.othersMayDoBetter('slow'));
});

test('two that fail are believed by those who have made no calls, and by no others', async () => {
  const [one, two, three] = await Promise.all(['one', 'two', 'three'].map((name) => Replica.start(name)));
  if (one === undefined || two === undefined || three === undefined) throw new Error('no replicas');
  one.found = { ...NOTHING, quick: { failing: 4000 }, slow: 'well' };
  two.found = { ...NOTHING, quick: { failing: 3000 } };
  await becomes('it is adopted', () => three.adopted.length > 0);
  expect(new Set(three.adopted)).toEqual(new Set(['quick 3000']));
  expect([...one.adopted, ...two.adopted]).toEqual([]);
});

test('a replica that falls silent counts for nothing after a moment, and so does what was heard before Redis went', async () => {
  const [one, two] = await Promise.all(['one', 'two'].map((name) => Replica.start(name)));
  await becomes('the other is known', () => one?.mayBetter === true);
  await server.stop();
  await becomes('nobody is known', () => one?.mayBetter === false && two?.mayBetter === false);
});
