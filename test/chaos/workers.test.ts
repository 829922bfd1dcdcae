import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway, spawnMain } from '../support/spawn-gateway.ts';
import { Fleet, newCacheKey } from './fleet.ts';

const LIST = '/api/indexes/idx-loyalty/profiles';
const WORKERS = 3;

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.stop();
  fleet = undefined;
});

async function start(settings: Record<string, unknown> = {}) {
  fleet = await Fleet.start({
    replicas: 1,
    settings: { cache: { prefetch: { enabled: false } }, queue: { maxWaitMs: 60_000 }, ...settings },
    env: { WORKERS: String(WORKERS) },
  });
  const [all] = fleet.gateways;
  if (all === undefined) throw new Error('one was meant');
  await eventually('all workers', () => workersOf(all).length === WORKERS);
  return { all, simulator: fleet.simulator };
}

interface Listening {
  readonly worker: number;
  readonly listen: string;
  readonly admin: string;
}

const workersOf = (all: GatewayHandle) => all.logged('listening') as unknown as readonly Listening[];

/** Each by a connection of its own, so that workers take turns. */
const ask = (all: GatewayHandle, path: string) => all.get(path, { agent: new http.Agent() });

const readings = async (all: GatewayHandle, name: string): Promise<number[]> =>
  Promise.all(
    workersOf(all).map(async ({ admin }) => {
      const { body } = await httpGet(`http://${admin}`, '/metrics');
      const lines = body.toString('utf8').matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+]+)$`, 'gm'));
      return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
    }),
  );

describe('workers', () => {
  test('share a port, the work, the pages and the budget, and each tells of itself', async () => {
    const { all, simulator } = await start();
    const workers = workersOf(all);
    expect(new Set(workers.map(({ listen }) => listen)).size).toBe(1);
    expect(new Set(workers.map(({ admin }) => admin)).size).toBe(WORKERS);
    expect(workers.map(({ worker }) => worker).sort()).toEqual([0, 1, 2]);

    const paths = Array.from({ length: 60 }, (_, number) => `${LIST}?limit=${number + 1}`);
    const first = await Promise.all(paths.map((path) => ask(all, path)));
    expect(first.map(({ status }) => status)).toEqual(paths.map(() => 200));
    const again = await Promise.all(paths.map((path) => ask(all, path)));
    expect(again.map(({ status }) => status)).toEqual(paths.map(() => 200));

    const { by_status, limited, requests } = await simulator.summary();
    expect({ by_status, limited, requests }).toEqual({
      by_status: { 200: paths.length },
      limited: 0,
      requests: paths.length,
    });
    for (const answered of await readings(all, 'gateway_requests_total'))
      expect(answered).toBeGreaterThan(20);
  });

  test('that are killed are replaced, and the others answer meanwhile', async () => {
    const { all } = await start();
    await ask(all, `${LIST}?limit=1`);
    const [victim = 0] = childrenOf(all.child.pid ?? 0);
    process.kill(victim, 'SIGKILL');
    for (let number = 0; number < 40; number += 1) {
      expect((await ask(all, `${LIST}?limit=1`)).status).toBe(200);
      await sleep(5);
    }
    await eventually('another worker', () => workersOf(all).length === WORKERS + 1);
    expect(all.logged('worker ended')).toEqual([
      expect.objectContaining({ level: 'error', signal: 'SIGKILL' }),
    ]);
    const replaced = workersOf(all).at(-1);
    expect(workersOf(all).filter(({ worker }) => worker === replaced?.worker)).toHaveLength(2);
  });

  test('that are killed with a connection on its way to them leave it to the others', async () => {
    const { all } = await start();
    await ask(all, `${LIST}?limit=1`);
    const [victim = 0] = childrenOf(all.child.pid ?? 0);
    // Stopped, it is handed one and never takes it.
    process.kill(victim, 'SIGSTOP');
    const asked = Array.from({ length: 2 * WORKERS }, () => ask(all, `${LIST}?limit=1`));
    await Promise.any(asked);
    await sleep(200);
    process.kill(victim, 'SIGKILL');
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(2 * WORKERS).fill(200));
  });

  test('that are all killed with connections on their way to them leave nobody waiting', async () => {
    const { all } = await start();
    await ask(all, `${LIST}?limit=1`);
    const victims = childrenOf(all.child.pid ?? 0);
    for (const victim of victims) process.kill(victim, 'SIGSTOP');
    const asked = Array.from({ length: 2 * WORKERS }, () => ask(all, `${LIST}?limit=1`));
    await sleep(200);
    for (const victim of victims) process.kill(victim, 'SIGKILL');
    for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected');
    await eventually('other workers', () => workersOf(all).length === 2 * WORKERS);
  });

  test.each(['the supervisor', 'every process of them'])(
    'end together on SIGTERM to %s, with every answer given that had begun',
    async (whom) => {
      const { all, simulator } = await start({ drain: { delayMs: 300, timeoutMs: 10_000 } });
      await simulator.knobs({ 'latency.table': { 0: [1000, 1000] } });
      const asked = Array.from({ length: 9 }, (_, number) => ask(all, `${LIST}?limit=${number + 1}`));
      await eventually('the calls', async () => (await simulator.summary()).requests === 9);
      const gone = once(all.child, 'exit');
      if (whom !== 'the supervisor')
        for (const pid of childrenOf(all.child.pid ?? 0)) process.kill(pid, 'SIGTERM');
      all.child.kill('SIGTERM');
      const answers = await Promise.all(asked);
      expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200));
      expect(await gone).toEqual([0, null]);
      expect(all.logged('stopped')).toEqual(Array(WORKERS).fill(expect.objectContaining({ clean: true })));
    },
  );

  test('that end before they are ready again leave the others alone', async () => {
    const { all } = await start();
    const before = childrenOf(all.child.pid ?? 0);
    process.kill(before[0] ?? 0, 'SIGKILL');
    const successor = await eventually('a successor', () =>
      childrenOf(all.child.pid ?? 0).find((pid) => !before.includes(pid)),
    );
    process.kill(successor, 'SIGKILL');
    await eventually('two that ended', () => all.logged('worker ended').length === 2);
    await eventually('another worker', () => workersOf(all).length === WORKERS + 1);
    expect((await ask(all, `${LIST}?limit=1`)).status).toBe(200);
  });

  test('end at once by a second signal', async () => {
    const { all } = await start({ drain: { delayMs: 20_000, timeoutMs: 1000 } });
    const gone = once(all.child, 'exit');
    all.child.kill('SIGTERM');
    await eventually('draining', () => all.logged('draining').length === WORKERS);
    all.child.kill('SIGTERM');
    expect(await gone).toEqual([130, null]);
  });
});

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

describe('workers that cannot start', () => {
  const env = {
    AMPERITY_BASE_URL: 'http://127.0.0.1:1/api',
    AMPERITY_TENANT: 'acme',
    AMPERITY_TOKEN: 'sim-token',
  };

  test.each([
    ['settings that are wrong', ['--workers', '3'], 78, /WORKERS: 3 processes without Redis/],
    ['a number that is none', ['--workers', 'all'], 78, /WORKERS: "all" is not allowed/],
    ['an argument that there is not', ['--worker', '3'], 64, /takes --workers N and no other argument/],
  ])('are not begun, and %s are told once', async (_what, args, exitCode, said) => {
    const { child, output } = spawnMain(env, args);
    expect(await once(child, 'close')).toEqual([exitCode, null]);
    expect(output.filter((line) => said.test(line))).toHaveLength(1);
  });

  test('end all of them: a port that is taken is taken for each', async () => {
    const { all } = await start();
    const { port } = new URL(all.url);
    const own = { ...env, REDIS_URL: fleet?.redis.url ?? '', CACHE_KEYS: newCacheKey() };
    const started = spawnGateway(env.AMPERITY_BASE_URL, {
      env: { ...own, PORT: port },
      args: ['--workers', '2'],
    });
    await expect(started).rejects.toThrow(/Port \d+ on 127.0.0.1 is taken/);
  });
});
