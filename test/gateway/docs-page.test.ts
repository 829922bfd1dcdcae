import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { createApiKey } from '../../src/access/api-key.ts';
import { eventually } from '../support/eventually.ts';
import { FrontendPage, launchBrowser } from '../support/frontend/frontend-page.ts';
import { json } from '../support/http-get.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const { key: KEY, ...record } = createApiKey({ label: 'web' });
const FILES = ['/docs', '/docs/page.css', '/docs/page.js', '/openapi.json'];

const actors = stage({ preset: 'test', 'rate.kind': 'off' });

describe.each(FILES)('GET %s', (path) => {
  test('is answered to everybody, and with 304 to whoever has it; HEAD is, other methods are not', async () => {
    const gateway = await actors.start();
    const first = await gateway.ask(path);
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    const head = await gateway.ask(path, { method: 'HEAD' });
    expect([head.status, head.headers['content-length']]).toEqual([200, String(first.body.length)]);
    const again = await gateway.ask(path, { headers: { 'if-none-match': first.headers.etag ?? '' } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const posted = await gateway.ask(path, { method: 'POST' });
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD']);
    await eventually('their lines in the log', () => gateway.logged('request').length === 4);
    expect(gateway.logged('request').map((line) => line.route)).toEqual([path, path, path, 'other']);
    const metrics = String((await gateway.admin('/metrics')).body);
    expect(metrics).toMatch(/gateway_requests_total\{team="none",route="other",method="GET",status="200"/);
  });
});

test('every operation of the description is there, and no path has a method more', async () => {
  const gateway = await actors.start({ settings: { export: { enabled: true } } });
  const { paths } = json(await gateway.ask('/openapi.json')) as { paths: Record<string, object> };
  const methodsOf = (path: string) =>
    Object.keys(paths[path] ?? {}).map((name) => name.replace('x-', '').toUpperCase());
  for (const path of Object.keys(paths)) {
    const { headers, status } = await gateway.ask(path.replaceAll(/\{\w+\}/g, 'x'), { method: 'DELETE' });
    const allowed = headers.allow?.split(', ').filter((method) => method !== 'HEAD');
    // What stands before `/search` is also the path of a profile of that name.
    const documented = path.endsWith('/search') ? ['GET', 'POST'] : methodsOf(path);
    expect([path, status, allowed?.sort()]).toEqual([path, 405, documented.sort()]);
  }
});

describe('the page', () => {
  let browser: Browser;
  let gateway: GatewayHandle;
  let frontend: FrontendPage;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  }, 180_000);
  afterAll(() => browser?.close());
  beforeEach(async () => {
    const port = await freePort();
    const policy = { attributes: { 'idx-loyalty': { allow: ['first_name'] } } };
    const own = { ...record, kind: 'browser', origins: [`http://127.0.0.1:${port}`], policy };
    const notAfter = new Date(Date.now() + 86_400_000).toISOString();
    gateway = await actors.start({
      env: { PORT: String(port) },
      teams: { web: { keys: [{ ...own, notAfter }] } },
      secrets: [KEY],
    });
    frontend = await FrontendPage.open(browser, `${gateway.url}/docs`);
    complaints.length = 0;
    frontend.page.on('console', (message) => complaints.push(message.text()));
    frontend.page.on('pageerror', (error) => complaints.push(String(error)));
    await frontend.page.reload();
    await frontend.page.waitForSelector('#listProfiles');
  });
  afterEach(() => frontend?.close());

  /** Fills in a form of the page and gives back what it shows of the answer. */
  async function tried(id: string, values: Readonly<Record<string, string>>): Promise<string> {
    const { page } = frontend;
    await page.click(`#${id} summary`);
    for (const [name, value] of Object.entries(values)) {
      await page.locator(`#${id} [name="${name}"]`).fill(value);
    }
    await page.click(`#${id} button`);
    await page.waitForSelector(`#${id} pre:not([hidden])`);
    return text(page, `#${id} pre`);
  }
  const text = (page: Page, selector: string) =>
    page.$eval(selector, (shown) => shown.textContent) as Promise<string>;

  test('tries a call with a key, and shows the answer', async () => {
    await frontend.page.type('#key', KEY);
    const shown = await tried('listProfiles', { filter: 'first_name=Daniel', limit: '2' });
    expect(shown).toMatch(/^200 OK\n/);
    expect(shown).toMatch(/^cache-status: amperity-gateway; fwd=uri-miss; stored$/m);
    const { data } = JSON.parse(shown.slice(shown.indexOf('\n\n')));
    expect(data).toHaveLength(2);
    expect(data[0]).toMatchObject({ index_id: 'idx-loyalty', attributes: { first_name: 'Daniel' } });
    expect((await actors.simulator.summary()).requests).toBe(1);
  });

  test('asks by QUERY with the body of the example', async () => {
    await frontend.page.type('#key', KEY);
    expect(await tried('queryProfiles', {})).toMatch(/^200 OK\n[\s\S]*"data":\[/);
  });

  test('shows a refusal like any other answer', async () => {
    expect(await tried('getUsage', {})).toMatch(/^401 Unauthorized\n[\s\S]*"code":"unauthenticated"/);
  });

  test('keeps the key to itself, and asks nobody but the gateway', async () => {
    await frontend.page.type('#key', KEY);
    await tried('getUsage', {});
    const kept = await frontend.page.evaluate(
      'document.cookie + location.href + JSON.stringify([localStorage, sessionStorage])',
    );
    expect(kept).not.toContain(KEY);
    expect([...new Set(frontend.sent.map(({ url }) => new URL(url).origin))]).toEqual([gateway.url]);
    expect(complaints).toEqual([]);
    await frontend.page.reload();
    expect(await frontend.page.$eval('#key', (input) => Reflect.get(input, 'value'))).toBe('');
  });

  test('runs no script but its own', async () => {
    const ran = await frontend.page.evaluate(`{
      const script = document.createElement('script');
      try { script.textContent = 'window.ran = true'; document.head.append(script); } catch {}
      window.ran === true;
    }`);
    expect(ran).toBe(false);
  });
});

/** Somebody else may take it until the gateway does, which then would not start. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
