import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { eventually } from '../support/eventually.ts';
import { launchBrowser } from '../support/frontend/frontend-page.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const LIST = '/api/indexes/idx-loyalty/profiles';
const OTHER = '/api/indexes/idx-shoppers/profiles';
const CACHE_KEYS = `k1:${Buffer.alloc(32, 9).toString('base64')}`;
/** Looked at by people; not in the repository. */
const PICTURES = fileURLToPath(new URL('../../artefacts/console/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = { desktop: { width: 1280, height: 1500 }, phone: { width: 390, height: 844 } };

const scene = stage({ preset: 'test', 'rate.kind': 'off', 'latency.table': { 0: [150, 150] } });
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  mkdirSync(PICTURES, { recursive: true });
}, 180_000);
afterAll(() => browser?.close());
afterEach(() => page?.close());

async function open(gateway: GatewayHandle): Promise<void> {
  page = await browser.newPage();
  complaints.length = 0;
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => complaints.push(message.text()));
  await page.setViewport(WIDTHS.desktop);
  await page.goto(`${gateway.adminUrl}/console`);
}

const text = (selector: string): Promise<string> =>
  page.$eval(selector, (shown) => shown.textContent ?? '') as Promise<string>;
const figure = async (id: string): Promise<number> => Number((await text(`#${id}`)).replaceAll(',', ''));
const said = (id: string): Promise<string> => text(`#${id} figcaption p`);
/** By the words of its first column. */
const row = (table: string, name: string): Promise<string[]> =>
  page.$$eval(
    `#${table} tbody tr`,
    (rows, wanted) => {
      const cells = rows.map((each) => [...each.children].map((cell) => cell.textContent ?? ''));
      return cells.find(([first]) => first === wanted) ?? [];
    },
    name,
  );
const shows = (what: string, holds: () => Promise<boolean>, withinMs = 8000) =>
  eventually(what, holds, withinMs);

/** In both colours and at both widths, and judged for accessibility in each. */
async function pictures(name: string): Promise<void> {
  for (const [width, viewport] of Object.entries(WIDTHS)) {
    for (const scheme of ['light', 'dark']) {
      await page.setViewport(viewport);
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      // Plots follow the width when it has been laid out.
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))');
      await page.screenshot({ path: join(PICTURES, `${name}-${width}-${scheme}.png`), fullPage: true });
      expect([name, width, scheme, await findings()]).toEqual([name, width, scheme, []]);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect([name, width, overflow]).toEqual([name, width, 0]);
    }
  }
  await page.setViewport(WIDTHS.desktop);
  await page.emulateMediaFeatures([]);
}

/** What axe finds that is serious. The page runs no script but its own, so axe comes from outside of it. */
async function findings(): Promise<string[]> {
  await page.evaluate(AXE);
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

describe('the console', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis?.stop());

  test('follows a fleet from idle to flooded to Amperity down to recovered, as it was at Amperity', async () => {
    const options = {
      settings: {
        name: `console-${process.pid}`,
        cache: { prefetch: { enabled: false } },
        upstream: { attempts: 1 },
      },
      teams: { flood: {}, light: {} },
      env: { REDIS_URL: redis.url, CACHE_KEYS },
    };
    const one = await scene.start(options);
    const two = await scene.start({ ...options, twin: one });
    await open(one);
    await shows('two replicas', async () => (await figure('replica-count')) === 2);
    expect([await text('#state'), await text('#mode'), await text('#limit')]).toEqual([
      'Live',
      'shared',
      '10',
    ]);
    expect(await said('answers')).toBe('Nobody has asked in the last minute.');
    await pictures('idle');

    // Flooded: by one team over both replicas, while another one asks now and then, mostly what is stored.
    const ask = (gateway: GatewayHandle, team: string, path: string) => gateway.get(path, { team });
    const statuses: number[] = [];
    const count = ({ status }: { status: number }) => statuses.push(status);
    const flood = Array.from({ length: 80 }, (_, n) =>
      ask(n % 2 ? one : two, 'flood', `${LIST}?filter[first_name]=n${n}`).then(count),
    );
    for (let n = 0; n < 30; n += 1) count(await ask(one, 'light', `${OTHER}?limit=${n % 3 === 0 ? 5 : 6}`));
    await shows('who waits', async () => Number((await row('teams', 'flood'))[1]) > 5);
    expect(await figure('waiting')).toBeGreaterThan(5);
    await shows('a full budget', async () => (await figure('calls-second')) >= 8);
    expect(await figure('calls-second')).toBeLessThanOrEqual(10);
    await pictures('flooded');
    await Promise.all(flood);
    expect(statuses).toEqual(Array(110).fill(200));
    const calls = (await scene.simulator.summary()).requests;
    await shows('all calls', async () =>
      (await said('budget')).startsWith(`${calls} calls in the last minute`),
    );
    const readKinds = async (): Promise<Record<string, number>> =>
      Object.fromEntries(
        [...(await said('answers')).matchAll(/(\d+) (\w+)/g)].map(([, n, kind]) => [kind, Number(n)]),
      );
    // A call counts when it is made, its answer when it has been given: a message of its replica later.
    await shows('all answers', async () => {
      const counts = Object.values(await readKinds());
      return counts.reduce((sum, each) => sum + each, 0) === 110;
    });
    const kinds = await readKinds();
    // Whichever replica has called for it.
    expect(kinds).toEqual({ hit: 110 - calls, miss: calls });
    expect(Number((await row('indexes', 'idx-loyalty'))[1])).toBe(80);
    expect(Number((await row('indexes', 'idx-shoppers'))[1])).toBe(30);
    expect(Number((await row('teams', 'flood'))[3]) + Number((await row('teams', 'light'))[3])).toBe(calls);
    const { value: busiest } = (await scene.simulator.summary()).max_in_1s.profile?.acme ?? { value: 0 };
    expect(Number(/at most (\d+) in a second/.exec(await said('budget'))?.[1])).toBeLessThanOrEqual(busiest);
    await shows('nobody waits', async () => (await figure('waiting')) === 0);

    // Down.
    await scene.simulator.faults([{ do: 'status', status: 503 }]);
    for (let n = 0; n < 12; n += 1) count(await ask(one, 'light', `${OTHER}?filter[first_name]=down${n}`));
    const failed = statuses.filter((status) => status >= 500).length;
    expect(failed).toBe(12);
    await shows('the failures', async () => (await figure('failed')) === failed);
    await shows('the warning', async () => (await text('#warnings')).includes('Amperity is failing'));
    expect((await row('problems', 'upstream_error'))[1]).toMatch(/^\d+$/);
    await pictures('upstream-down');

    // Recovered.
    await scene.simulator.clearFaults();
    await shows(
      'that it is over',
      async () => {
        count(await ask(one, 'light', `${OTHER}?filter[first_name]=up${statuses.length}`));
        return statuses.at(-1) === 200;
      },
      20_000,
    );
    await shows('no warning', async () => (await text('#warnings')) === '');
    await pictures('recovered');
    expect(complaints).toEqual([]);
  }, 120_000);

  test('adds up what two replicas have done, whichever of them shows it', async () => {
    const options = {
      settings: { name: `sums-${process.pid}`, cache: { prefetch: { enabled: false } } },
      teams: { web: {}, shop: { maxLimit: 3 } },
      env: { REDIS_URL: redis.url, CACHE_KEYS },
    };
    const one = await scene.start(options);
    const two = await scene.start({ ...options, twin: one });
    for (const [limit, gateway] of [one, two].entries()) {
      const ask = () => gateway.get(`${LIST}?limit=${limit + 1}`);
      await Promise.all([ask(), ask()]);
      await ask();
      expect((await gateway.get(`${LIST}?limit=9`, { team: 'shop' })).status).toBe(403);
    }
    await open(one);
    for (const gateway of [one, two]) {
      await page.goto(`${gateway.adminUrl}/console`);
      await shows('two replicas', async () => (await figure('replica-count')) === 2);
      await shows('both refusals', async () => (await row('problems', 'forbidden_limit'))[1] === '2');
      // Calls for callers, for refreshes and from idle budget, saved by the cache and by sharing.
      expect((await row('teams', 'web')).slice(3, 8)).toEqual(['2', '0', '0', '2', '2']);
      await shows('both in the minute', async () => (await row('indexes', 'idx-loyalty'))[1] === '6');
      expect(await text('#cached')).toBe('33 %');
      const rows = await page.$$eval('#replicas tbody tr', (all) =>
        all.map((each) => [...each.children].map((cell) => cell.textContent)),
      );
      expect(rows.map(([, , , state, budget, redisIs]) => [state, budget, redisIs])).toEqual([
        ['ready', 'shared', 'up'],
        ['ready', 'shared', 'up'],
      ]);
    }
    expect(complaints).toEqual([]);
  }, 60_000);

  test('says when Redis is lost, and when it is back', async () => {
    const options = { settings: { name: `lost-${process.pid}` }, env: { REDIS_URL: redis.url, CACHE_KEYS } };
    const gateway = await scene.start(options);
    await open(gateway);
    await shows('the budget of the fleet', async () => (await text('#mode')) === 'shared');
    await redis.stop();
    await shows('the loss', async () => (await text('#warnings')).includes('Redis is lost'));
    await shows('the share', async () => (await text('#mode')) === 'share');
    await pictures('redis-lost');
    redis = await RedisServer.start([], redis.port);
    await shows('that it is back', async () => (await text('#warnings')) === '', 15_000);
    // Later than Redis itself: what was granted while it was away has to run out first.
    await shows('the budget of the fleet again', async () => (await text('#mode')) === 'shared', 15_000);
    expect(await text('#warnings')).toBe('');
  }, 60_000);

  test('says how old it is when the gateway has gone, and goes on when it is back', async () => {
    const [PORT, ADMIN_PORT] = [String(await freePort()), String(await freePort())];
    const gateway = await scene.start({ env: { PORT, ADMIN_PORT } });
    await open(gateway);
    await shows('that it is live', async () => (await text('#state')) === 'Live');
    await gateway.stop();
    await shows(
      'its age',
      async () => (await text('#state')).startsWith('Old: ') && / (6|7|8) s old/.test(await text('#age')),
      15_000,
    );
    await pictures('gone');
    await scene.start({ env: { PORT, ADMIN_PORT }, twin: gateway });
    await shows('that it is live again', async () => (await text('#state')) === 'Live', 15_000);
  }, 60_000);

  test('asks for a key where it has to, and keeps it to itself', async () => {
    const teams = { web: {}, ops: { scopes: ['status:read'] } };
    const gateway = await scene.start({ env: { ADMIN_HOST: '0.0.0.0' }, teams });
    await open(gateway);
    await shows('the question', async () => (await text('#state')) === 'This listener asks for a key.');
    expect(await page.$eval('#shown', (main) => main.hasAttribute('hidden'))).toBe(true);
    expect(await findings()).toEqual([]);
    await page.type('#key', gateway.key('web'));
    await page.keyboard.press('Enter');
    await shows('the refusal', async () => (await text('#state')).startsWith('Refused: '));
    await page.locator('#key').fill(gateway.key('ops'));
    await page.keyboard.press('Enter');
    await shows('that it is live', async () => (await text('#state')) === 'Live');
    const kept = await page.evaluate(
      'document.cookie + location.href + JSON.stringify([localStorage, sessionStorage])',
    );
    expect(kept).not.toContain(gateway.key('ops'));
    await page.reload();
    await shows('the question again', async () => (await text('#state')) === 'This listener asks for a key.');
  });

  test('purges by keyboard, after it was asked back', async () => {
    const gateway = await scene.start({ teams: { web: {}, ops: { scopes: ['purge:index'] } } });
    expect((await gateway.get(`${LIST}?limit=5`)).status).toBe(200);
    await open(gateway);
    await shows('that it is live', async () => (await text('#state')) === 'Live');
    await page.focus('[name="what"]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.type('idx-loyalty');
    await page.keyboard.press('Tab');
    await page.keyboard.type(gateway.key('ops'));
    await page.keyboard.press('Enter');
    expect(await text('#purge-question')).toBe('Forget all of the index idx-loyalty?');
    await page.keyboard.press('Escape');
    await shows('that nothing was', async () => (await text('#purge-result')) === 'Nothing was purged.');
    expect((await gateway.get(`${LIST}?limit=5`)).headers['cache-status']).toMatch(/; hit/);
    await page.focus('#purge-key');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#purge-confirm[open]');
    await page.keyboard.press('Tab');
    await page.keyboard.down('Shift');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.up('Shift');
    await page.keyboard.press('Enter');
    await shows('that it was', async () => /^Purged: [1-9]\d* stored page/.test(await text('#purge-result')));
    expect((await gateway.get(`${LIST}?limit=5`)).headers['cache-status']).toMatch(/fwd=uri-miss/);
    await page.locator('#purge-key').fill(gateway.key('web'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('#purge-confirm[open]');
    await page.click('#purge-confirm [value="yes"]');
    await shows('the refusal', async () => (await text('#purge-result')).startsWith('Not purged: '));
  });
});
