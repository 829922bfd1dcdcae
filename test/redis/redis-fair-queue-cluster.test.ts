import { expect, jest, test } from '@jest/globals';
import { Cluster } from 'ioredis';
import { keys, team } from '../contract/fair-queue/line.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { Fleet } from './fair-queue/fleet.ts';

jest.setTimeout(60_000);

const [a, b] = [team('a'), team('b')];

test('queues in a Redis Cluster keep to the slot of their name', async () => {
  const servers = await RedisCluster.start();
  const nodes = servers.servers.map(({ port }) => ({ host: '127.0.0.1', port }));
  const cluster = new Cluster(nodes);
  // Their slots lie on all three.
  const fleets = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) => new Fleet(cluster, name));
  try {
    for (const fleet of fleets) {
      const [one, two] = [fleet.replica(), fleet.replica()];
      await one.line.flood('k', a, 3);
      await two.line.enter('k1', b);
      await one.line.enter('r', b, { class: 'refresh' });
      await one.line.enter('left', b);
      await one.line.leave('left', b);
      await two.line.requeue(await two.line.claimed(), 'failed', 100);
      await two.line.advance(150);
      expect(await two.line.turnsAhead(b)).toBeGreaterThan(0);
      expect(keys(await two.line.serve())).toEqual(['k1', 'k2', 'k3', 'r']);
      await one.queue.renew();
      expect(await one.line.depth(a)).toBe(0);
    }
    const held = await Promise.all(cluster.nodes('master').map((node) => node.dbsize()));
    expect(held.every((count) => count > 0)).toBe(true);
  } finally {
    for (const fleet of fleets) fleet.close();
    cluster.disconnect();
    await servers.stop();
  }
});
