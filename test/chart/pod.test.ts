import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/http-get.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';
import type { Pod } from './support/pod.ts';
import { RenderedPods } from './support/rendered-pods.ts';

const PAGE = '/api/indexes/idx-loyalty/profiles?limit=';

/** Tests build on each other: one pod lives through them. */
describe('the rendered pod, run', () => {
  let simulator: SimulatorHandle;
  let redis: RedisServer | undefined;
  let pods: RenderedPods;
  let pod: Pod;
  let ports: readonly [number, number];
  let redisPort: number;

  const ask = (limit: number) =>
    httpGet(`http://127.0.0.1:${ports[0]}`, `${PAGE}${limit}`, { headers: { 'x-api-key': pods.key.key } });
  /** A page that nobody has asked for. */
  let asked = 10;
  const askNew = () => {
    asked += 1;
    return ask(asked);
  };
  const probe = async (kind: 'startupProbe' | 'livenessProbe' | 'readinessProbe') => {
    const { path = '', port = '' } = pods.container[kind]?.httpGet ?? {};
    const { containerPort } = pods.container.ports?.find(({ name }) => name === port) ?? {};
    const [publicPort, adminPort] = ports;
    const at = containerPort === 8080 ? publicPort : adminPort;
    return (await httpGet(`http://127.0.0.1:${at}`, path)).status;
  };
  const probes = async () => [
    await probe('startupProbe'),
    await probe('livenessProbe'),
    await probe('readinessProbe'),
  ];
  const reading = async (name: string) => {
    const { body } = await httpGet(`http://127.0.0.1:${ports[1]}`, '/metrics');
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body.toString('utf8'))?.[1]);
  };

  beforeAll(async () => {
    simulator = await spawnSimulator({ preset: 'test' });
    redisPort = await freePort();
    ports = [await freePort(), await freePort()];
    pods = new RenderedPods({
      upstream: { baseUrl: simulator.dataUrl },
      redis: { url: `redis://127.0.0.1:${redisPort}` },
      config: { drain: { delayMs: 500, timeoutMs: 10_000 } },
    });
    pod = pods.start('127.0.0.1', ports);
    await pod.listening();
  }, 120_000);
  afterAll(async () => {
    await pods.stop();
    await redis?.stop();
    await simulator.stop();
  });

  test('complaint 9: begins without Redis, is ready by its own probes, and answers', async () => {
    expect(await probes()).toEqual([200, 200, 200]);
    expect((await ask(1)).status).toBe(200);
    expect(await reading('gateway_redis_up')).toBe(0);
  });

  test('complaint 8: finds the Redis that its values name, by the password of a Secret', async () => {
    redis = await RedisServer.start(['--requirepass', 'of-redis'], redisPort);
    await eventually('Redis is up', async () => (await reading('gateway_redis_up')) === 1, 20_000);
    expect((await ask(2)).status).toBe(200);
    expect((await redis.cli(['-a', 'of-redis', '--no-auth-warning', 'dbsize'])).trim()).not.toBe('0');
  });

  test('complaint 10: stays alive and ready when Redis goes, and says that it has', async () => {
    await redis?.stop();
    redis = undefined;
    await eventually('Redis is down', async () => (await reading('gateway_redis_up')) === 0, 20_000);
    expect(await probes()).toEqual([200, 200, 200]);
    expect((await ask(2)).status).toBe(200);
  });

  test('complaint 7: takes a new token of Amperity from its Secret, as the same process', async () => {
    const { pid } = pod.child;
    pods.replaceSecret('amperity', { token: 'nobodys' });
    await eventually(
      'the new token is used, and refused',
      async () => (await askNew()).status === 502,
      20_000,
    );
    pods.replaceSecret('amperity', { token: 'sim-token' });
    await eventually('the right one is used', async () => (await askNew()).status === 200, 20_000);
    expect([pod.child.pid, pod.child.exitCode]).toEqual([pid, null]);
  });

  test('ends on SIGTERM within its grace period, with what it has begun', async () => {
    await simulator.knobs({ 'latency.table': { 0: [1500, 1500] } });
    const before = (await simulator.summary()).requests;
    const begun = askNew();
    await eventually('the call', async () => (await simulator.summary()).requests > before);
    const from = performance.now();
    const gone = once(pod.child, 'exit');
    pod.child.kill('SIGTERM');
    expect((await begun).status).toBe(200);
    expect(await gone).toEqual([0, null]);
    expect(performance.now() - from).toBeLessThan((pods.spec.terminationGracePeriodSeconds ?? 0) * 1000);
  });
});
