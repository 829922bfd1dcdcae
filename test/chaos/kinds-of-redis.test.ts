import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisSentinel } from '../support/redis-sentinel.ts';
import { RedisServer } from '../support/redis-server.ts';
import { TestAuthority, tlsOptions } from '../support/redis-tls.ts';
import { FLOOD } from '../support/spawn-gateway.ts';
import { Backlog, later, rate } from './backlog.ts';
import { cold, Fleet, type FleetOptions } from './fleet.ts';

const TEAMS = ['a', 'b', 'c', 'd', 'e'];
const OPTIONS: FleetOptions = {
  settings: FLOOD,
  teams: Object.fromEntries(TEAMS.map((team) => [team, { scopes: ['purge:index'] }])),
  knobs: { 'latency.preset': 'off' },
};

/** See the simulator's contract: what is stamped behind a longer stall is no evidence. */
const MOST_STALL_MS = 20;

let fleet: Fleet | undefined;
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  await fleet?.stop();
  fleet = undefined;
  for (const end of ends.splice(0)) await end();
});

/** A page of one replica is a hit on the others, a backlog keeps the limit, and a purge reaches everybody. */
async function shareEverything(options: FleetOptions): Promise<void> {
  fleet = await Fleet.start({ ...OPTIONS, ...options });
  const replicas = fleet;
  await replicas.get(cold('shared'), 0, { team: 'a' });
  for (const turn of [1, 2]) {
    const reply = await replicas.get(cold('shared'), turn, { team: 'b' });
    expect([reply.status, reply.headers['cache-status']]).toEqual([
      200,
      expect.stringMatching(/; hit; ttl=/),
    ]);
  }
  expect((await replicas.calls()).count).toBe(1);
  let measured = await backlogged(replicas);
  // A simulator that stood still has stamped calls later than they came: such a run says nothing, and is repeated.
  if (measured.most > 10 && measured.stallMs > MOST_STALL_MS) measured = await backlogged(replicas);
  const { at, limited, most, statuses } = measured;
  expect(limited).toBe(0);
  expect(most).toBeLessThanOrEqual(10);
  // Two windows go out in bursts, before the backlog is known to be one and calls are spaced.
  expect(rate(at.slice(20))).toBeGreaterThanOrEqual(9);
  expect(statuses).toEqual([200]);
  const [one, other] = replicas.gateways;
  expect((await one?.purge({ index: 'idx-loyalty' }, { team: 'a' }))?.status).toBe(200);
  const onlyIfCached = { team: 'a', headers: { 'cache-control': 'only-if-cached' } };
  await eventually(
    'gone',
    async () => (await other?.get(cold('shared'), onlyIfCached))?.status === 504,
    1000,
  );
}

async function backlogged(replicas: Fleet) {
  await sleep(2000);
  await replicas.simulator.clearJournal();
  const load = new Backlog(replicas, TEAMS);
  await sleep(9000);
  const calls = await replicas.calls();
  await load.end();
  return { ...calls, statuses: [...load.statuses.keys()] };
}

test('three replicas share everything over a Cluster', async () => {
  const cluster = await RedisCluster.start();
  ends.push(() => cluster.stop());
  await shareEverything({ redisUrl: cluster.url });
}, 60_000);

test('three replicas share everything as the documented ACL user over TLS', async () => {
  const authority = new TestAuthority();
  ends.push(() => authority.remove());
  const tls = (port: number): string[] => tlsOptions(authority, port, 'no');
  const { freePort } = await import('../support/redis-server.ts');
  const port = await freePort();
  const server = await RedisServer.start(tls(port), port);
  ends.push(() => server.stop());
  const page = readFileSync(new URL('../../docs/redis.md', import.meta.url), 'utf8');
  const rule = (/^ACL SETUSER agw .*$/m.exec(page)?.[0] ?? '')
    .replaceAll('PASSWORD', 'pw')
    .replaceAll('NAME', 'acl-test')
    .replaceAll('BUDGET', 'acl-test')
    .split(' ');
  const flags = ['--tls', '--cacert', authority.cert];
  expect(await server.cli(rule, flags)).toBe('OK');
  await shareEverything({
    redisUrl: `rediss://127.0.0.1:${port}`,
    settings: { ...FLOOD, name: 'acl-test' },
    env: { REDIS_USERNAME: 'agw', REDIS_PASSWORD: 'pw', REDIS_CA_FILE: authority.cert },
  });
  expect(await server.cli(['acl', 'log'], flags)).toBe('');
}, 60_000);

test('behind Sentinels a failover under load keeps the limit, loses nobody and is over soon', async () => {
  const sentinel = await RedisSentinel.start();
  ends.push(() => sentinel.stop());
  await shareEverything({ redisUrl: sentinel.url });
  const replicas = fleet;
  if (replicas === undefined) throw new Error('there is no fleet');
  await replicas.simulator.clearJournal();
  const load = new Backlog(replicas, TEAMS);
  await sleep(2000);
  await sentinel.servers[0]?.stop();
  await sleep(12_000);
  const { at, limited, most } = await replicas.calls();
  await load.end();
  expect(limited).toBe(0);
  expect(most).toBeLessThanOrEqual(10);
  expect([...load.statuses.keys()]).toEqual([200]);
  expect(rate(later(at, (at.at(-1) ?? 0) - 3000))).toBeGreaterThanOrEqual(8.5);
}, 90_000);
