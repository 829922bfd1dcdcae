import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { json, type Reply } from '../support/http-get.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const scene = stage({ preset: 'test' });
let gateway: GatewayHandle;

const calls = async (): Promise<number> => (await scene.simulator.summary()).requests;
const cacheOf = ({ headers }: Reply): string => String(headers['cache-status']);

describe('a walker', () => {
  const list = '/api/indexes/idx-loyalty/profiles?limit=3';
  const next = (reply: Reply): string =>
    `${list}&next_token=${encodeURIComponent(String(json(reply).next_token))}`;

  test('finds the next page there, once it is known to walk', async () => {
    gateway = await scene.start();
    const first = await gateway.get(list);
    await sleep(300);
    expect(await calls()).toBe(1);
    const second = await gateway.get(next(first));
    expect(cacheOf(second)).toContain('fwd=uri-miss');
    await eventually('fetched', async () => (await calls()) === 3);
    await sleep(100);
    expect(cacheOf(await gateway.get(next(second)))).toContain('; hit');
    const metrics = String((await gateway.admin('/metrics')).body);
    expect(metrics).toMatch(/gateway_prefetch_total\{outcome="used"\} 1/);
    expect(metrics).toMatch(/gateway_budget_permits_total\{team="web",class="idle"\} [12]/);
  });

  test('does not, where that is turned off', async () => {
    gateway = await scene.start({
      settings: { cache: { prefetch: { enabled: false } } },
    });
    await gateway.get(next(await gateway.get(list)));
    await sleep(500);
    expect(await calls()).toBe(2);
  });
});

describe('a rebuilt index', () => {
  const list = '/api/indexes/idx-shoppers/profiles?limit=60';
  const polls = async (): Promise<number> =>
    (await scene.simulator.journal()).filter(({ route }) => route === 'GET /indexes/{id}').length;
  const start = async (pollMs: number): Promise<void> => {
    gateway = await scene.start({ settings: { cache: { generation: { pollMs } } } });
  };

  test('makes its pages stale at once: the old one is answered, and a new one is fetched behind', async () => {
    await start(400);
    await scene.simulator.knobs({ 'rebuild.delta': 0.5 });
    const old = await gateway.get(list);
    await eventually('looked', async () => (await polls()) > 0);
    expect(cacheOf(await gateway.get(list))).toMatch(/; hit; ttl=\d+$/);
    await scene.simulator.rebuild({ tenant: 'acme', index: 'idx-shoppers' });
    const stale = await eventually('stale', async () => {
      const reply = await gateway.get(list);
      return cacheOf(reply).includes('stale-while-revalidate') ? reply : undefined;
    });
    expect(stale.body).toEqual(old.body);
    const fresh = await eventually('fresh', async () => {
      const reply = await gateway.get(list);
      return /; hit; ttl=\d+$/.test(cacheOf(reply)) ? reply : undefined;
    });
    expect(fresh.body).not.toEqual(old.body);
    const before = await calls();
    await gateway.get(list);
    expect((await calls()) - before).toBeLessThanOrEqual(1);
  });

  test('is looked for only where callers are, and no more than may be', async () => {
    await start(200);
    await sleep(600);
    expect(await polls()).toBe(0);
    for (const index of ['idx-shoppers', 'idx-loyalty'])
      await gateway.get(`/api/indexes/${index}/profiles?limit=2`);
    await sleep(2000);
    // One index in 200 ms, however many there are.
    expect(await polls()).toBeLessThanOrEqual(11);
    expect(await polls()).toBeGreaterThanOrEqual(5);
  });

  test('is not looked for any more where Amperity refuses to tell, which is said once', async () => {
    await start(200);
    await scene.simulator.faults([{ match: { route: 'index' }, do: 'status', status: 403 }]);
    await gateway.get(list);
    await eventually('given up', () => gateway.output.find((line) => line.includes('not watched')));
    const seen = await polls();
    await sleep(1000);
    expect(await polls()).toBe(seen);
    expect(gateway.output.filter((line) => line.includes('not watched'))).toHaveLength(1);
  });
});
