import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'puppeteer-core';
import { createApiKey } from '../../src/access/api-key.ts';
import { eventually } from '../support/eventually.ts';
import { FrontendPage, launchBrowser, type Read } from '../support/frontend/frontend-page.ts';
import { PageServer } from '../support/frontend/page-server.ts';
import { json } from '../support/http-get.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const { key: BROWSER_KEY, ...browserKey } = createApiKey({ label: 'web' });
/** For pages of another frontend. */
const { key: OTHER_KEY, ...otherKey } = createApiKey({ label: 'web' });

const INDEX = 'idx-loyalty';
const LIST = `/api/indexes/${INDEX}/profiles`;
const DANIELS = `${LIST}?filter%5Bfirst_name%5D=Daniel`;
const SHOWN = { [INDEX]: { allow: ['first_name', 'city'], mask: ['email'] } };

const actors = stage({ preset: 'test', 'rate.kind': 'off' });
let browser: Browser;
let listed: PageServer;
/** Of the other frontend. */
let otherListed: PageServer;
let unlisted: PageServer;
const pages: FrontendPage[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  [listed, otherListed, unlisted] = (await Promise.all([1, 2, 3].map(() => PageServer.start()))) as [
    PageServer,
    PageServer,
    PageServer,
  ];
}, 180_000);
afterAll(async () => {
  await browser?.close();
  for (const server of [listed, otherListed, unlisted]) await server?.stop();
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});

const open = async (url: string): Promise<FrontendPage> => {
  const page = await FrontendPage.open(browser, url);
  pages.push(page);
  return page;
};

interface Wanted {
  readonly policy?: Readonly<Record<string, unknown>>;
  /** Beside those of all tests. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the listed one. */
  readonly origins?: readonly string[];
}

/** A gateway whose one team has a server key that may do everything, and two browser keys that may do little. */
const startGateway = ({ policy, settings, env, origins }: Wanted = {}): Promise<GatewayHandle> => {
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  const common = {
    notAfter,
    kind: 'browser',
    policy: { attributes: SHOWN, requestsPerSecond: 1000, ...policy },
  };
  return actors.start({
    settings: { budget: { rate: 1000 }, ...settings },
    teams: {
      web: {
        keys: [
          { ...browserKey, ...common, origins: origins ?? [listed.origin] },
          { ...otherKey, ...common, origins: [otherListed.origin] },
        ],
      },
    },
    secrets: [BROWSER_KEY, OTHER_KEY],
    ...(env && { env }),
  });
};

const calls = async () => (await actors.simulator.summary()).requests;

interface LogLine {
  readonly msg: string;
  readonly method?: string;
  readonly status?: number;
  readonly audit?: Readonly<Record<string, unknown>>;
}

const logOf = (gateway: GatewayHandle): LogLine[] => gateway.output.map((line) => JSON.parse(line));

/** `GET 200` for each request, once there are as many as expected. */
const requestsAt = async (gateway: GatewayHandle, expected: number): Promise<string[]> => {
  const found = () =>
    logOf(gateway)
      .filter(({ msg }) => msg === 'request')
      .map(({ method, status }) => `${method} ${status}`);
  await eventually(`${expected} requests in the log`, () => found().length >= expected);
  return found();
};

const X_API_KEY = { 'X-API-Key': BROWSER_KEY };
const BEARER = { Authorization: `Bearer ${BROWSER_KEY}` };
const JSON_BODY = { 'Content-Type': 'application/json' };

interface Profiles {
  readonly data: readonly { readonly id: string; readonly attributes: Record<string, string> }[];
}
const profilesIn = ({ body }: Read): Profiles => JSON.parse(body ?? '');
const problemIn = ({ body }: Read): Record<string, unknown> => JSON.parse(body ?? '');

describe('a page of a listed origin', () => {
  let gateway: GatewayHandle;
  let page: FrontendPage;
  beforeEach(async () => {
    gateway = await startGateway();
    page = await open(listed.origin);
  });

  /** Everything that the gateway says to a page about an answer. */
  const shown = (cache: RegExp) => ({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'cache-status': expect.stringMatching(cache),
    etag: expect.stringMatching(/^W\/"/),
    ratelimit: expect.stringMatching(/^"team";r=\d+;t=\d+$/),
    'ratelimit-policy': expect.stringContaining('"team";q='),
    'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
    'x-budget-wait-ms': expect.stringMatching(/^\d+$/),
  });

  test.each([
    ['X-API-Key', X_API_KEY],
    ['Authorization', BEARER],
  ])('reads profiles and what is said about them, by fetch with %s', async (_, headers) => {
    const first = await page.fetch(`${gateway.url}${DANIELS}`, { headers });
    expect(first).toMatchObject({ status: 200, type: 'cors', headers: shown(/fwd=uri-miss/) });
    expect(profilesIn(first).data).toHaveLength(10);
    const second = await page.fetch(`${gateway.url}${DANIELS}`, { headers });
    expect(second.headers).toMatchObject({ ...shown(/; hit; ttl=\d+$/), age: expect.any(String) });
    expect(second.body).toBe(first.body);
    expect(await calls()).toBe(1);
  });

  test.each([
    ['X-API-Key', X_API_KEY],
    ['Authorization', BEARER],
  ])('reads profiles and what is said about them, by axios with %s', async (_, headers) => {
    const params = { 'filter[first_name]': 'Daniel', limit: 3 };
    const read = await page.axios({ url: `${gateway.url}${LIST}`, params, headers });
    expect(read).toMatchObject({ status: 200, headers: shown(/fwd=uri-miss/) });
    expect(read.data).toEqual(profilesIn(read));
    expect(profilesIn(read).data).toHaveLength(3);
  });

  test('asks with the question in the body, by QUERY or by POST, and gets the answer of GET', async () => {
    const question = { filter: { first_name: 'Daniel' }, limit: 2 };
    const headers = { ...X_API_KEY, ...JSON_BODY };
    const body = JSON.stringify(question);
    const url = `${gateway.url}${LIST}`;
    const byGet = await page.fetch(`${gateway.url}${DANIELS}&limit=2`, { headers: X_API_KEY });
    const others = [
      await page.fetch(url, { method: 'QUERY', headers, body }),
      await page.axios({ url, method: 'QUERY', headers, data: question }),
      await page.fetch(`${url}/search`, { method: 'POST', headers, body }),
      await page.axios({ url: `${url}/search`, method: 'POST', headers, data: question }),
    ];
    expect(profilesIn(byGet).data).toHaveLength(2);
    for (const read of others) {
      expect(read).toMatchObject({ status: 200, body: byGet.body, headers: shown(/; hit;/) });
    }
    expect(await calls()).toBe(1);
  });

  test('is asked for leave once for each address, and no more for ten minutes', async () => {
    const ask = (path: string) => page.fetch(`${gateway.url}${path}`, { headers: X_API_KEY });
    const query = (filter: Record<string, string>) =>
      page.fetch(`${gateway.url}${LIST}`, {
        method: 'QUERY',
        headers: { ...X_API_KEY, ...JSON_BODY },
        body: JSON.stringify({ filter }),
      });
    const preflight = await gateway.ask(DANIELS, {
      method: 'OPTIONS',
      headers: {
        origin: listed.origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'x-api-key',
      },
    });
    expect(preflight.headers['access-control-max-age']).toBe('600');

    await ask(DANIELS);
    await ask(DANIELS);
    expect(await requestsAt(gateway, 4)).toEqual(['OPTIONS 204', 'OPTIONS 204', 'GET 200', 'GET 200']);
    // Another question is another address, unless it stands in the body.
    await ask(`${LIST}?filter%5Bfirst_name%5D=Anna`);
    await query({ first_name: 'Daniel' });
    await query({ first_name: 'Maria' });
    expect((await requestsAt(gateway, 9)).slice(4)).toEqual([
      'OPTIONS 204',
      'GET 200',
      'OPTIONS 204',
      'QUERY 200',
      'QUERY 200',
    ]);
  });

  test('learns by the ETag that nothing has changed', async () => {
    const first = await page.fetch(`${gateway.url}${DANIELS}`, { headers: X_API_KEY });
    const headers = { ...X_API_KEY, 'If-None-Match': first.headers?.etag ?? '' };
    expect(await page.fetch(`${gateway.url}${DANIELS}`, { headers })).toMatchObject({
      status: 304,
      body: '',
      headers: { etag: first.headers?.etag },
    });
    expect(await page.axios({ url: `${gateway.url}${DANIELS}`, headers })).toMatchObject({
      status: 304,
      rejected: 'AxiosError: Request failed with status code 304',
    });
  });

  test('gets nothing that its key does not show, whichever way it asks', async () => {
    const everything = json(await gateway.get(`${DANIELS}&limit=5`)) as unknown as Profiles;
    const [daniel] = everything.data;
    const headers = { ...X_API_KEY, ...JSON_BODY };
    const body = JSON.stringify({ filter: { first_name: 'Daniel' }, limit: 5 });
    const reads = [
      await page.fetch(`${gateway.url}${DANIELS}&limit=5`, { headers: X_API_KEY }),
      await page.fetch(`${gateway.url}${LIST}`, { method: 'QUERY', headers, body }),
      await page.axios({ url: `${gateway.url}${LIST}/search`, method: 'POST', headers, data: body }),
      await page.fetch(`${gateway.url}${LIST}/${daniel?.id}`, { headers: X_API_KEY }),
    ];
    const hidden = everything.data.flatMap(({ attributes }) =>
      Object.entries(attributes)
        .filter(([name, value]) => !['first_name', 'city'].includes(name) && value.length >= 5)
        .map(([, value]) => value),
    );
    expect(hidden.length).toBeGreaterThan(20);
    for (const read of reads) {
      expect(read.status).toBe(200);
      for (const value of hidden) expect(read.body).not.toContain(value);
    }
    for (const read of reads.slice(0, 3)) {
      expect(profilesIn(read).data.map(({ attributes }) => Object.keys(attributes))).toEqual(
        Array(5).fill(['first_name', 'email', 'city']),
      );
    }
  });

  test('reads why it was refused', async () => {
    const rows: [path: string, status: number, code: string, detail: RegExp][] = [
      [LIST, 403, 'forbidden_limit', /at least 1 filter/],
      [`${DANIELS}&limit=11`, 403, 'forbidden_limit', /at most 10/],
      [`${LIST}?filter%5Blast_name%5D=Dietz`, 403, 'forbidden_attribute', /last_name/],
      [`${DANIELS}&with_total=true`, 403, 'forbidden_total', /withTotal/],
      [`${DANIELS}&size=3`, 400, 'invalid_parameter', /size/],
      ['/api/profiles', 404, 'not_found', /no such path/],
    ];
    for (const [path, status, code, detail] of rows) {
      const expected = { status, code, detail: expect.stringMatching(detail) };
      const read = await page.fetch(`${gateway.url}${path}`, { headers: X_API_KEY });
      expect(read).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
      expect(problemIn(read)).toMatchObject(expected);
      expect(problemIn(read).request_id).toBe(read.headers?.['x-request-id']);
      const viaAxios = await page.axios({ url: `${gateway.url}${path}`, headers: X_API_KEY });
      expect(viaAxios).toMatchObject({
        data: expected,
        rejected: `AxiosError: Request failed with status code ${status}`,
      });
    }
    expect(await calls()).toBe(0);
  });

  test('reads that its key is unknown, or for pages of another origin', async () => {
    const unknown = createApiKey({ label: 'web' }).key;
    for (const [key, status, code] of [
      [unknown, 401, 'unauthenticated'],
      [OTHER_KEY, 403, 'forbidden_origin'],
    ] as const) {
      const read = await page.fetch(`${gateway.url}${DANIELS}`, { headers: { 'X-API-Key': key } });
      expect([read.status, problemIn(read).code]).toEqual([status, code]);
    }
    expect(await calls()).toBe(0);
  });

  test('has no cookie sent or set, and may not have credentials sent', async () => {
    await page.page.evaluate(`document.cookie = 'session=of-the-page'`);
    // Cookies know no ports: without more ado the gateway would be sent this one.
    await page.page.evaluate(`fetch('/')`);
    const url = `${gateway.url}${DANIELS}`;
    expect((await page.fetch(url, { headers: X_API_KEY })).status).toBe(200);
    expect((await page.axios({ url, headers: X_API_KEY })).status).toBe(200);
    expect(await page.fetch(url, { headers: X_API_KEY, credentials: 'include' })).toEqual({
      failed: 'TypeError: Failed to fetch',
    });
    expect(await page.axios({ url, headers: X_API_KEY, withCredentials: true })).toEqual({
      failed: 'AxiosError: Network Error',
    });
    await eventually('the reasons', () => page.reasons.length === 2);
    expect(page.reasons).toEqual(Array(2).fill('PreflightInvalidAllowCredentials'));

    const sentTo = (origin: string) => page.sent.filter((request) => request.url.startsWith(origin));
    expect(sentTo(listed.origin).map(({ headers }) => headers.cookie)).toEqual(['session=of-the-page']);
    expect(sentTo(gateway.url).map(({ method }) => method)).toEqual(
      expect.arrayContaining(['OPTIONS', 'GET', 'GET']),
    );
    for (const { headers } of sentTo(gateway.url)) expect(headers.cookie).toBeUndefined();
    expect(await page.page.evaluate('document.cookie')).toBe('session=of-the-page');
    expect((await page.page.browserContext().cookies()).map(({ name }) => name)).toEqual(['session']);
  });
});

test('a page with a server key reads that it is none for pages, and the operator hears of it', async () => {
  const gateway = await startGateway({ settings: { cors: { origins: [unlisted.origin] } } });
  const page = await open(unlisted.origin);
  const url = `${gateway.url}${DANIELS}`;
  const key = gateway.key();
  const reads = [
    await page.fetch(url, { headers: { 'X-API-Key': key } }),
    await page.axios({ url, headers: { Authorization: `Bearer ${key}` } }),
  ];
  for (const read of reads) {
    expect(read.status).toBe(403);
    expect(problemIn(read)).toMatchObject({
      code: 'forbidden_origin',
      detail: expect.stringMatching(/for servers.*make a browser key/),
    });
  }
  const refused = { event: 'origin_refused', team: 'web', keyId: key.split('_')[2], kind: 'server' };
  const audited = () => logOf(gateway).flatMap(({ audit }) => audit ?? []);
  await eventually('the audit lines', () => audited().length === 2);
  expect(audited()).toEqual(Array(2).fill({ ...refused, address: '127.0.0.1' }));
  expect(await calls()).toBe(0);
});

test('a page that asks too fast reads when to come back, and is then let in', async () => {
  const gateway = await startGateway({ policy: { requestsPerSecond: 1 } });
  const page = await open(listed.origin);
  const url = `${gateway.url}${DANIELS}`;
  // Leave to ask counts as nothing.
  const first = await page.fetch(url, { headers: X_API_KEY });
  const more = await Promise.all(Array.from({ length: 10 }, () => page.fetch(url, { headers: X_API_KEY })));
  const refused = more.find(({ status }) => status === 429) ?? {};
  expect([first.status, refused.status]).toEqual([200, 429]);
  expect(problemIn(refused)).toMatchObject({ code: 'address_rate', retry_after: 1 });
  expect(refused.headers).toMatchObject({
    'retry-after': '1',
    'content-type': 'application/problem+json',
    'x-request-id': problemIn(refused).request_id,
  });
  await sleep(1000 * Number(refused.headers?.['retry-after']));
  expect((await page.axios({ url, headers: X_API_KEY })).status).toBe(200);
});

test('with browserCache the browser itself asks whether its copy is still good', async () => {
  const gateway = await startGateway({ settings: { cache: { browserCache: true } } });
  const page = await open(listed.origin);
  const ask = () => page.fetch(`${gateway.url}${DANIELS}`, { headers: X_API_KEY });
  const first = await ask();
  const second = await ask();
  expect(await requestsAt(gateway, 3)).toEqual(['OPTIONS 204', 'GET 200', 'GET 304']);
  expect(second).toMatchObject({ status: 200, body: first.body });
  expect(second.headers?.['x-request-id']).not.toBe(first.headers?.['x-request-id']);
  expect(second.headers).toMatchObject({ 'cache-control': 'private, no-cache', age: expect.any(String) });
});

describe('a page of an origin that is not listed', () => {
  let gateway: GatewayHandle;
  let page: FrontendPage;
  beforeEach(async () => {
    gateway = await startGateway();
    page = await open(unlisted.origin);
  });

  const NOTHING = [{ failed: 'TypeError: Failed to fetch' }, { failed: 'AxiosError: Network Error' }];

  test.each([
    ['a browser key', () => BROWSER_KEY],
    ['a server key', () => gateway.key()],
  ])('learns nothing with %s, and none of its questions is asked', async (_, key) => {
    const url = `${gateway.url}${DANIELS}`;
    for (const headers of [{ 'X-API-Key': key() }, { Authorization: `Bearer ${key()}` }]) {
      expect([await page.fetch(url, { headers }), await page.axios({ url, headers })]).toEqual(NOTHING);
    }
    const search = { url: `${gateway.url}${LIST}/search`, method: 'POST', headers: { 'X-API-Key': key() } };
    expect(await page.axios({ ...search, data: { filter: { first_name: 'Daniel' } } })).toEqual(NOTHING[1]);
    await eventually('the reasons', () => page.reasons.length === 5);
    expect(page.reasons).toEqual(Array(5).fill('PreflightMissingAllowOriginHeader'));
    // The question never went out.
    expect(page.sent.map(({ method }) => method)).toEqual(Array(5).fill('OPTIONS'));
    expect(await requestsAt(gateway, 5)).toEqual(Array(5).fill('OPTIONS 403'));
    expect(await calls()).toBe(0);
  });

  test('without a key, and so without leave to ask, learns nothing either', async () => {
    for (const path of [DANIELS, '/livez']) {
      const url = `${gateway.url}${path}`;
      expect([await page.fetch(url), await page.axios({ url })]).toEqual(NOTHING);
    }
    expect(await requestsAt(gateway, 4)).toEqual(['GET 401', 'GET 401', 'GET 200', 'GET 200']);
    await eventually('the reasons', () => page.reasons.length === 4);
    expect(page.reasons).toEqual(Array(4).fill('MissingAllowOriginHeader'));
  });

  test('gets nothing into itself that it could use', async () => {
    // What everybody may have is the hardest case.
    const url = `${gateway.url}/livez`;
    expect(await page.fetch(url, { mode: 'no-cors' })).toEqual(NOTHING[0]);
    expect(await page.embed('img', url)).toBe('error');
    expect(await page.embed('script', url)).toBe('error');
    await eventually('the reasons', () => page.reasons.length === 3);
    expect(page.reasons).toEqual(Array(3).fill('corp-not-same-origin'));
    // Without leave a page cannot add a header, so its key stays where it is.
    const withKey = { mode: 'no-cors', headers: X_API_KEY } as const;
    expect(await page.fetch(`${gateway.url}${DANIELS}`, withKey)).toEqual(NOTHING[0]);
    const simple = { ...withKey, method: 'POST', body: '{"filter":{"first_name":"Daniel"}}' };
    expect(await page.fetch(`${gateway.url}${LIST}/search`, simple)).toEqual(NOTHING[0]);
    expect((await requestsAt(gateway, 5)).slice(3)).toEqual(['GET 401', 'POST 401']);
    expect(await calls()).toBe(0);
  });
});

describe('a page without an origin', () => {
  test('in a sandboxed frame of a listed one learns nothing', async () => {
    const gateway = await startGateway();
    const page = await open(listed.origin);
    const read = await page.fromSandbox(`${gateway.url}${DANIELS}`, { headers: X_API_KEY });
    expect(read).toEqual({ origin: 'null', failed: 'TypeError: Failed to fetch' });
    expect(await requestsAt(gateway, 1)).toEqual(['OPTIONS 403']);
    expect(await calls()).toBe(0);
  });

  test('from a file learns nothing', async () => {
    const gateway = await startGateway();
    const file = new URL('../support/frontend/index.html', import.meta.url);
    const page = await open(file.href);
    await page.page.addScriptTag({
      path: fileURLToPath(new URL('../support/frontend/page.js', import.meta.url)),
    });
    expect(await page.fetch(`${gateway.url}${DANIELS}`, { headers: X_API_KEY })).toEqual({
      failed: 'TypeError: Failed to fetch',
    });
    const toGateway = page.sent.filter(({ url }) => url.startsWith(gateway.url));
    expect(toGateway.map(({ method, headers }) => [method, headers.origin])).toEqual([['OPTIONS', 'null']]);
    expect(await calls()).toBe(0);
  });
});

describe('a page of the gateway itself', () => {
  /** Somebody else may take it until the gateway does, which then would not start. */
  const freePort = async (): Promise<number> => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    return typeof address === 'object' && address !== null ? address.port : 0;
  };

  test.each([
    ['is let in where its origin is listed', true, 200],
    ['is refused where it is not', false, 403],
  ])('%s, although GET comes without Origin', async (_, isListed, status) => {
    const port = await freePort();
    const own = `http://127.0.0.1:${port}`;
    const gateway = await startGateway({
      env: { PORT: String(port) },
      origins: [isListed ? own : listed.origin],
    });
    const page = await open(`${gateway.url}/livez`);
    // This one may do nothing.
    await page.page.setBypassCSP(true);
    await page.page.reload();
    await page.page.addScriptTag({
      path: fileURLToPath(new URL('../support/frontend/page.js', import.meta.url)),
    });
    const read = await page.fetch(DANIELS, { headers: X_API_KEY });
    expect(read).toMatchObject({ status, type: 'basic' });
    const asked = page.sent.at(-1);
    expect([asked?.headers.origin, asked?.headers['sec-fetch-site']]).toEqual([undefined, 'same-origin']);
    const body = JSON.stringify({ filter: { first_name: 'Daniel' } });
    const query = { method: 'QUERY', headers: { ...X_API_KEY, ...JSON_BODY }, body };
    expect((await page.fetch(LIST, query)).status).toBe(status);
    expect(page.sent.at(-1)?.headers.origin).toBe(own);
  });
});
