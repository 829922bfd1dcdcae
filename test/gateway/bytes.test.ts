import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { httpGet, json, type Reply } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway, UPSTREAM_TOKEN } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let gateway: GatewayHandle;

beforeAll(async () => {
  // The direct calls that answers are compared with are no part of any budget.
  simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off', 'data.exotic': true });
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.restoreKnobs();
  await simulator.reset();
  gateway = await spawnGateway(simulator.dataUrl, { settings: { budget: { rate: 1000 } } });
});
afterEach(async () => {
  await gateway.stop();
});

/** What Amperity itself answers, its content coding undone. */
async function direct(path: string): Promise<Buffer> {
  const reply = await httpGet(simulator.dataUrl, path, {
    headers: {
      authorization: `Bearer ${UPSTREAM_TOKEN}`,
      'amperity-tenant': 'acme',
      'api-version': '2025-07-31',
      'accept-encoding': 'identity',
    },
  });
  expect(reply.status).toBe(200);
  return reply.headers['content-encoding'] === 'gzip' ? gunzipSync(reply.body) : reply.body;
}

async function calls(): Promise<number> {
  const journal = await simulator.journal();
  return journal.filter(({ user_agent }) => user_agent?.startsWith('amperity-gateway/')).length;
}

async function citiesOf(index: string): Promise<string[]> {
  const page = JSON.parse(String(await direct(`/api/indexes/${index}/profiles?limit=1000`)));
  return [...new Set<string>(page.data.map((item: Profile) => item.attributes.city))];
}

interface Profile {
  readonly attributes: { readonly city: string };
}

/** As text, so that a difference can be read; no byte is lost in latin1. */
const bytes = (body: Buffer) => body.toString('latin1');

const cacheOf = ({ headers }: Reply) => /; (hit|fwd=uri-miss)/.exec(headers['cache-status'] as string)?.[1];

const SHOPPERS = '/api/indexes/idx-shoppers/profiles';

const shapes = ['nested', 'flat'];
const lasts = ['absent', 'empty', 'null'];
const encodings = ['gzip', 'off'];
const corpus = shapes.flatMap((shape) =>
  lasts.flatMap((last) => encodings.map((encoding) => ({ shape, last, encoding }))),
);

describe('a list is answered with exactly the bytes that Amperity sent', () => {
  test('when it is fetched and when it comes from the cache, in every form a page can have', async () => {
    for (const [order, { shape, last, encoding }] of corpus.entries()) {
      await simulator.knobs({ 'data.shape': shape, 'page.last': last, 'http.encoding': encoding });
      // A page in the middle and a last one; the limits differ so that each form is a page of its own.
      for (const path of [`${SHOPPERS}?limit=${order + 1}`, `${SHOPPERS}?limit=${order + 100}`]) {
        const expected = bytes(await direct(path));
        expect(expected).toContain('9007199254740993');
        expect(expected).toContain('"score":1.0,"2024":"visits","__proto__"');
        const miss = await gateway.get(path);
        const hit = await gateway.get(path);
        expect([cacheOf(miss), cacheOf(hit)]).toEqual(['fwd=uri-miss', 'hit']);
        expect(bytes(miss.body)).toBe(expected);
        expect(bytes(hit.body)).toBe(expected);
      }
    }
    expect(await calls()).toBe(2 * corpus.length);
  });

  test('when the total is asked for, which then stands first', async () => {
    const cities = await citiesOf('idx-loyalty');
    for (const { shape, last, encoding } of corpus) {
      await simulator.knobs({ 'data.shape': shape, 'page.last': last, 'http.encoding': encoding });
      for (const limit of [3, 1000]) {
        // Totals are shared by pages of every size, so each page is of a list of its own.
        const city = encodeURIComponent(cities.pop() ?? '');
        const path = `/api/indexes/idx-loyalty/profiles?limit=${limit}&filter%5Bcity%5D=${city}`;
        const expected = bytes(await direct(`${path}&with_total=true`));
        expect(expected).toMatch(/^\{"total":\d\d+,/);
        for (const cache of ['fwd=uri-miss', 'hit']) {
          const reply = await gateway.get(`${path}&with_total=true`);
          expect(cacheOf(reply)).toBe(cache);
          expect(bytes(reply.body)).toBe(expected);
        }
        // Who does not ask for the total gets the same page without it, from the cache.
        const without = await gateway.get(path);
        expect(cacheOf(without)).toBe('hit');
        expect(bytes(without.body)).toBe(expected.replace(/^\{"total":\d+,/, '{'));
      }
    }
  });

  test('when a total known from another page is put in front of one that came without', async () => {
    const first = await gateway.get(`${SHOPPERS}?limit=50&with_total=true`);
    const cursor = encodeURIComponent(String(json(first).next_token));
    const second = `${SHOPPERS}?limit=50&with_total=true&next_token=${cursor}`;
    expect(bytes((await gateway.get(second)).body)).toBe(bytes(await direct(second)));
    const journal = await simulator.journal();
    const ours = journal.filter(({ user_agent }) => user_agent?.startsWith('amperity-gateway/'));
    expect(ours.map(({ with_total }) => with_total)).toEqual([true, false]);
  });

  test('when Amperity sends no total although it was asked, or a zero', async () => {
    for (const [order, kind] of ['never', 'zero'].entries()) {
      await simulator.knobs({ 'total.profiles': kind });
      const path = `${SHOPPERS}?limit=${70 + order}&with_total=true&filter%5Bcity%5D=${kind}`;
      const expected = bytes(await direct(path));
      expect(expected.startsWith('{"total":0,')).toBe(kind === 'zero');
      for (let time = 0; time < 2; time += 1) expect(bytes((await gateway.get(path)).body)).toBe(expected);
    }
    expect(await calls()).toBe(2);
  });
});

describe('the other routes', () => {
  test.each([
    ['a profile', `${SHOPPERS}/s-case`],
    ['a profile whose id needs encoding', `${SHOPPERS}/s-slash%2Finside`],
    ['a profile whose id ends in a blank', `${SHOPPERS}/s-blank%20`],
    ['an index', '/api/indexes/idx-loyalty'],
    ['the list of indexes', '/api/indexes'],
    ['the list of indexes with its total', '/api/indexes?with_total=true&limit=1'],
  ])('answer %s with the bytes that Amperity sent', async (_what, path) => {
    const expected = bytes(await direct(path));
    expect(expected).toContain('"x_unknown":{"10":[1.0,-0,1e2]');
    const replies = [await gateway.get(path), await gateway.get(path)];
    expect(replies.map(cacheOf)).toEqual(['fwd=uri-miss', 'hit']);
    for (const reply of replies) {
      expect(bytes(reply.body)).toBe(expected);
      expect(reply.headers['content-type']).toBe('application/json');
      expect(reply.headers['content-length']).toBe(String(reply.body.length));
    }
    expect(await calls()).toBe(1);
  });
});

describe('headers', () => {
  /** All that an answer may carry; the connection's own ones come from Node. */
  const OURS = new Set([
    'age',
    'cache-control',
    'cache-status',
    'content-length',
    'content-security-policy',
    'content-type',
    'cross-origin-resource-policy',
    'etag',
    'ratelimit',
    'ratelimit-policy',
    'referrer-policy',
    'vary',
    'x-budget-wait-ms',
    'x-content-type-options',
    'x-request-id',
    'connection',
    'date',
    'keep-alive',
  ]);

  test('of Amperity are not passed on, on no kind of answer', async () => {
    await simulator.knobs({
      'headers.deprecation': '@1767225600',
      'headers.sunset': 'Wed, 01 Jul 2026 00:00:00 GMT',
      'headers.extra': {
        'Set-Cookie': ['session=upstream-canary', 'other=upstream-canary'],
        ETag: '"upstream-canary"',
        Server: 'upstream-canary',
        'X-Powered-By': 'upstream-canary',
        'X-Request-Id': 'upstream-canary',
        'Access-Control-Allow-Origin': '*',
        Vary: 'upstream-canary',
        Link: '<upstream-canary>; rel=next',
        'Content-Language': 'upstream-canary',
      },
    });
    const path = `${SHOPPERS}?limit=3`;
    const replies = [
      await gateway.get(path),
      await gateway.get(path),
      await gateway.get('/api/indexes/idx-nowhere'),
      await gateway.get(`${path}&filter%5Bbirth_year%5D=1980`),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 404, 400]);
    for (const { headers } of replies) {
      expect(Object.keys(headers).filter((name) => !OURS.has(name))).toEqual([]);
      expect(JSON.stringify(headers)).not.toContain('upstream-canary');
    }
    expect(replies[0]?.headers['content-type']).toBe('application/json');
  });

  test('of the caller stay here: Amperity gets the documented ones only', async () => {
    await gateway.get(`${SHOPPERS}?limit=4`, {
      headers: {
        accept: 'application/json, text/plain',
        'accept-encoding': 'deflate',
        'accept-language': 'de',
        'amperity-tenant': 'acme',
        'api-version': '2025-07-31',
        baggage: 'canary=1',
        cookie: 'canary=1',
        forwarded: 'for=192.0.2.1',
        'if-none-match': '"canary"',
        prefer: 'wait=5',
        referer: 'https://canary.example/page',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'user-agent': 'canary/1',
        'x-forwarded-for': '192.0.2.1',
        'x-request-id': 'canary-request-1',
      },
    });
    const [entry, ...others] = await simulator.journal();
    expect(others).toEqual([]);
    expect([...(entry?.header_names ?? [])].sort()).toEqual([
      'accept',
      'accept-encoding',
      'amperity-tenant',
      'api-version',
      'authorization',
      'connection',
      'host',
      'user-agent',
    ]);
    expect(entry?.user_agent).toMatch(/^amperity-gateway\/\d/);
  });
});
