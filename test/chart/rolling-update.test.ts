import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { spawnSimulator } from '../../simulator/client.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/http-get.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';
import { startHaproxy } from './support/haproxy.ts';
import { mixedLoad } from './support/mixed-load.ts';
import type { Pod } from './support/pod.ts';
import { RenderedPods } from './support/rendered-pods.ts';

const REPLICAS = 3;
const PAGE = '/api/indexes/idx-loyalty/profiles?limit=';

/** A balancer that asks each pod whether it is ready, as a Service does through the kubelet. */
const balancer = (
  port: number,
  hosts: readonly string[],
  [own, admin]: readonly [number, number],
): string => `
defaults
  mode http
  option redispatch
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend public
  bind 127.0.0.1:${port}
  default_backend pods
backend pods
  balance leastconn
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr host gateway
  default-server check port ${admin} inter 500ms fall 1 rise 1
${hosts.map((host, at) => `  server pod${at} ${host}:${own}`).join('\n')}
`;

test('a rolling update of three pods under load loses no request and keeps the budget', async () => {
  const simulator = await spawnSimulator({ preset: 'test' });
  const redis = await RedisServer.start(['--requirepass', 'of-redis']);
  const pods = new RenderedPods({
    upstream: { baseUrl: simulator.dataUrl },
    redis: { url: `redis://127.0.0.1:${new URL(redis.url).port}` },
    replicaCount: REPLICAS,
    config: { drain: { delayMs: 2000, timeoutMs: 20_000 }, queue: { maxWaitMs: 15_000 } },
  });
  const ports = [await freePort(), await freePort()] as const;
  const publicPort = await freePort();
  // Each pod, and the one in its place.
  const hosts = Array.from({ length: 2 * REPLICAS }, (_, at) => `127.0.0.${at + 1}`);
  const folder = mkdtempSync(join(tmpdir(), 'rolling-'));
  writeFileSync(join(folder, 'haproxy.cfg'), balancer(publicPort, hosts, ports));
  const begin = async (host: string): Promise<Pod> => {
    const pod = pods.start(host, ports);
    await pod.listening();
    await eventually(
      'ready',
      async () => (await httpGet(`http://${host}:${ports[1]}`, '/readyz')).status === 200,
    );
    return pod;
  };
  const old = await Promise.all(hosts.slice(0, REPLICAS).map(begin));
  const proxy = startHaproxy(join(folder, 'haproxy.cfg'));

  const agent = new http.Agent({ keepAlive: true });
  const headers = { 'x-api-key': pods.key.key };
  const ask = (limit: number) =>
    httpGet(`http://127.0.0.1:${publicPort}`, `${PAGE}${limit}`, { agent, headers });
  let load: ReturnType<typeof mixedLoad> | undefined;
  try {
    await sleep(1500);
    load = mixedLoad(ask);
    for (const [at, pod] of old.entries()) {
      await begin(hosts[REPLICAS + at] ?? '');
      await sleep(1000);
      const gone = once(pod.child, 'exit');
      pod.child.kill('SIGTERM');
      expect(await gone).toEqual([0, null]);
      expect(pod.output.at(-1)).toContain('"clean":true');
    }
    await sleep(1000);
    const statuses = await load.end();
    expect(Object.keys(statuses)).toEqual(['200']);
    expect(statuses[200]).toBeGreaterThan(500);
    const { limited, max_in_1s } = await simulator.summary();
    expect([limited, (max_in_1s.profile?.acme?.value ?? 99) <= 10]).toEqual([0, true]);
  } finally {
    await load?.end();
    agent.destroy();
    proxy.kill();
    await pods.stop();
    await redis.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true });
  }
}, 120_000);
