import { crc32 } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { createApiKey } from '../../src/access/api-key.ts';
import { base62 } from '../../src/access/base62.ts';
import { type GetOptions, json, type Reply } from '../support/http-get.ts';
import { type RawReply, rawHttp } from '../support/raw-http.ts';
import { type GatewayHandle, type GatewayOptions, spawnGateway } from '../support/spawn-gateway.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

/** Keys of team `web` that do not let in, beside the one that does. */
const [revoked, expired, early] = Array.from({ length: 3 }, () => createApiKey({ label: 'test' }));
const recordOf = (made: ReturnType<typeof createApiKey> | undefined, more: Record<string, string>) => ({
  id: made?.id,
  sha256: made?.sha256,
  notAfter: inDays(1),
  ...more,
});

const SETTINGS = { budget: { rate: 1000 } };
const TEAMS = {
  web: {
    keys: [
      recordOf(revoked, { state: 'revoked' }),
      recordOf(expired, { notAfter: inDays(-1) }),
      recordOf(early, { notBefore: inDays(0.5) }),
    ],
  },
  narrow: {
    indexes: ['idx-loyalty'],
    filters: ['first_name', 'city'],
    withTotal: false,
    maxLimit: 10,
    maxFilters: 1,
  },
};

let simulator: SimulatorHandle;
/** Most tests share one gateway: what they ask leaves nothing behind. */
let gateway: GatewayHandle;
const others: GatewayHandle[] = [];

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off' });
  gateway = await spawnGateway(simulator.dataUrl, { settings: SETTINGS, teams: TEAMS });
});
afterAll(async () => {
  await gateway?.stop();
  await simulator?.stop();
});
beforeEach(() => simulator.reset());
afterEach(async () => {
  for (const other of others.splice(0)) await other.stop();
});

async function another(options: GatewayOptions): Promise<GatewayHandle> {
  const other = await spawnGateway(simulator.dataUrl, options);
  others.push(other);
  return other;
}

const calls = async () => (await simulator.summary()).requests;
const LIST = '/api/indexes/idx-loyalty/profiles';
const PROFILE = `${LIST}/m-00001`;

/** In whatever is asked and may not be repeated. */
const CANARY = 'cAnArY7';
const textOf = ({ headers, body }: Pick<Reply, 'headers' | 'body'>) => `${JSON.stringify(headers)}${body}`;

/** A request as bytes, with the key of team `web`, on a connection of its own. */
const raw = async (head: string, body = ''): Promise<RawReply> => {
  const bytes = head.replaceAll('\n', '\r\n').replace('KEY', gateway.key()) + body;
  const [method = '', path = ''] = head.split(' ');
  const reply = await rawHttp(gateway.url, bytes);
  return reply.status === 0 ? gateway.answered(reply) : gateway.judged({ method, path }, reply);
};

describe('a query that is not exactly a question is refused before Amperity is asked', () => {
  const twentyFive = Array.from({ length: 25 }, (_, at) => `p${at}=${CANARY}`).join('&');
  const elevenFilters = Array.from({ length: 11 }, (_, at) => `filter%5Ba${at}%5D=${CANARY}`).join('&');
  const rows: [query: string, ...names: string[]][] = [
    ['limit=1&limit=2', 'limit'],
    [`filter[city]=${CANARY}&filter%5Bcity%5D=${CANARY}`, 'filter[city]'],
    ['with_total=true&with_total=true', 'with_total'],
    [`next_token=${CANARY}&next_token=${CANARY}`, 'next_token'],
    [`filter[__proto__]=${CANARY}`, 'parameter 1'],
    [`filter[constructor]=${CANARY}`, 'parameter 1'],
    [`filter[prototype]=${CANARY}`, 'parameter 1'],
    [`limit=1&filter[constructor][prototype][p]=${CANARY}`, 'parameter 2'],
    [`filter[a][b][c][d][e][f][g]=${CANARY}`, 'parameter 1'],
    [`filter[]=${CANARY}`, 'parameter 1'],
    [`filter[1${CANARY}]=x`, 'parameter 1'],
    [`filter[city=${CANARY}`, 'parameter 1'],
    [`filter[city]x=${CANARY}`, 'parameter 1'],
    [`filter.city=${CANARY}`, 'filter.city'],
    [`filter=${CANARY}`, 'filter'],
    [`__proto__=${CANARY}`, 'parameter 1'],
    ['next_token=', 'next_token'],
    ['next_token', 'next_token'],
    ['next_token=null', 'next_token'],
    [`next_token=${CANARY}+${CANARY}`, 'next_token'],
    [`next_token=${CANARY}!`, 'next_token'],
    [`next_token=${'x'.repeat(2049)}`, 'next_token'],
    ['filter[city]=%', 'filter[city]'],
    ['filter[city]=%zz', 'filter[city]'],
    ['filter[city]=%ff%fe', 'filter[city]'],
    ['filter[city]=%ED%A0%80', 'filter[city]'],
    ['filter[city]=%C0%AF', 'filter[city]'],
    ['filter[city]=%00', 'filter[city]'],
    [`filter[city]=${CANARY}%0d%0aX-Injected:%201`, 'filter[city]'],
    ['filter[city]=%C2%85', 'filter[city]'],
    ['filter[city]=', 'filter[city]'],
    ['filter[city]', 'filter[city]'],
    [`filter[city]=${'x'.repeat(513)}`, 'filter[city]'],
    [`filter[city]=${'%C3%BC'.repeat(257)}`, 'filter[city]'],
    ['%ff=1', 'parameter 1'],
    ['limit=', 'limit'],
    ['limit=0', 'limit'],
    ['limit=01', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=+5', 'limit'],
    ['limit=%205%20', 'limit'],
    ['limit=0x10', 'limit'],
    ['limit=1e3', 'limit'],
    ['limit=5.0', 'limit'],
    ['limit=10000', 'limit'],
    ['limit=%D9%A5', 'limit'],
    ['with_total=TRUE', 'with_total'],
    ['with_total=1', 'with_total'],
    ['with_total=', 'with_total'],
    [`Limit=${CANARY}`, 'Limit'],
    [`api_key=${CANARY}`, 'api_key'],
    [`access_token=${CANARY}`, 'access_token'],
    [`filter[city]=Tom&${CANARY}`, 'parameter 2'],
    [`=${CANARY}`, 'parameter 1'],
    ['limit=1&&with_total=true', 'parameter 2'],
    ['limit=1&', 'parameter 2'],
    [`unknown=${CANARY}&limit=x&with_total=${CANARY}`, 'unknown', 'limit', 'with_total'],
    [twentyFive, 'parameter 25'],
    [elevenFilters, 'filter'],
    [Array(1100).fill('a=').join('&'), 'parameter 25'],
  ];

  test.each(rows.map(([query, ...names]) => [query.slice(0, 60), query, names] as const))(
    '?%s',
    async (_shown, query, names) => {
      const reply = await gateway.get(`${LIST}?${query}`);
      expect(reply.status).toBe(400);
      const problem = json(reply) as { code: string; errors: { name: string; reason: string }[] };
      expect(problem.code).toBe('invalid_parameter');
      expect(problem.errors.map(({ name }) => name).sort()).toEqual([...names].sort());
      expect(textOf(reply)).not.toContain(CANARY);
      expect(reply.headers['x-injected']).toBeUndefined();
      expect(await calls()).toBe(0);
    },
  );

  test.each([
    '/api/indexes/idx-loyalty?limit=1',
    `${PROFILE}?limit=1`,
    `${PROFILE}?filter[city]=x`,
    `/api/indexes?filter[city]=${CANARY}`,
    `/api/indexes/idx-loyalty?${CANARY}=1`,
  ])('%s: a parameter that this path does not have', async (path) => {
    const reply = await gateway.get(path);
    expect([reply.status, json(reply).code]).toEqual([400, 'invalid_parameter']);
    expect(await calls()).toBe(0);
  });

  test('a query above 4 KB is too long, whatever it says, and a head above 16 KB is too large', async () => {
    const longest = `${LIST}?filter[city]=${'x'.repeat(4096 - 'filter[city]='.length)}`;
    expect((await gateway.get(longest)).status).toBe(400);
    for (const length of [4097, 12_000]) {
      const reply = await gateway.get(`${LIST}?${'x'.repeat(length)}`);
      expect([reply.status, json(reply).code]).toEqual([414, 'invalid_parameter']);
    }
    for (const head of [
      `GET ${LIST}?${'x'.repeat(20_000)} HTTP/1.1\nHost: a\nX-API-Key: KEY\n\n`,
      `GET ${LIST} HTTP/1.1\nHost: a\nX-API-Key: KEY\nX-Large: ${CANARY.repeat(3000)}\n\n`,
    ]) {
      const reply = await raw(head);
      expect(reply.status).toBe(431);
      expect(JSON.parse(String(reply.body))).toMatchObject({ code: 'invalid_parameter', status: 431 });
      expect(reply.headers['content-type']).toBe('application/problem+json');
      expect(reply.text).not.toContain(CANARY);
    }
    expect(await calls()).toBe(0);
  });

  test('filters reach Amperity decoded once and encoded afresh, in one order', async () => {
    await gateway.get(`${LIST}?limit=2&filter%5blast_name%5d=a+b%2Bc%26d%3D%25&filter[city]=Z%c3%bcrich`);
    const [entry] = await simulator.journal();
    expect(entry?.target).toBe(
      `${LIST}?limit=2&filter[city]=Z%C3%BCrich&filter[last_name]=a%20b%2Bc%26d%3D%25`,
    );
  });
});

describe('an id that could lead elsewhere is refused before Amperity is asked', () => {
  test.each([
    '..',
    '%2e%2e',
    '.%2e',
    '.',
    '..%2f..%2fadmin',
    '%2e%2e%2fadmin',
    '..%5c..%5cadmin',
    'm-1%2f..%2fm-2',
    '%',
    '%f',
    '%ff',
    '%C0%AE%C0%AE',
    '%ED%A0%80',
    '%00',
    'm-1%0d%0aX-Injected:%201',
    '%C2%80',
    'x'.repeat(257),
    '%C3%BC'.repeat(129),
  ])('profiles/%s', async (id) => {
    const reply = await gateway.get(`${LIST}/${id}`);
    expect([reply.status, json(reply).code]).toEqual([400, 'invalid_parameter']);
    for (const part of ['admin', 'Injected', 'm-1', 'xxx']) expect(String(reply.body)).not.toContain(part);
    expect(reply.headers['x-injected']).toBeUndefined();
    expect(await calls()).toBe(0);
  });

  test.each([
    '..',
    '%2e%2e',
    '.',
    '..%2f..%2fadmin',
    '%2fadmin',
    '%',
    '%ff',
    'idx%20loyalty',
    'idx.loyalty',
    '-idx',
    '*',
    '%C3%BC',
    'x'.repeat(65),
  ])('indexes/%s', async (id) => {
    for (const path of [
      `/api/indexes/${id}`,
      `/api/indexes/${id}/profiles`,
      `/api/indexes/${id}/profiles/m-1`,
    ]) {
      const reply = await gateway.get(path);
      expect([reply.status, json(reply).code]).toEqual([400, 'invalid_parameter']);
      expect(String(reply.body)).not.toContain('admin');
    }
    expect(await calls()).toBe(0);
  });

  test('an id with any other character is one segment, byte for byte', async () => {
    const id = "a%2Fb%20%2B%3F%23%26%22'%3C%C3%BC%20";
    expect((await gateway.get(`${LIST}/${id}`)).status).toBe(404);
    const [entry] = await simulator.journal();
    expect(entry?.target).toBe(`${LIST}/${id}`);
  });
});

describe('a path that is not one of ours is a 404 that repeats nothing', () => {
  test.each([
    '/',
    `/${CANARY}`,
    '/favicon.ico',
    '/api',
    '/api/',
    '/API/indexes',
    '/api/INDEXES/idx-loyalty',
    '/api/indexes/',
    '/api/indexes/idx-loyalty/',
    '/api/indexes/idx-loyalty/Profiles',
    `${LIST}/`,
    `${PROFILE}/`,
    `${PROFILE}/${CANARY}`,
    `/api/indexes/idx-loyalty/${CANARY}`,
    '//api/indexes',
    '/api//indexes',
    '/livez/',
    '/Livez',
    '/console',
    `/..%2f${CANARY}`,
  ])('%s', async (path) => {
    for (const reply of [await gateway.get(path), await gateway.ask(path)]) {
      expect([reply.status, json(reply).code]).toEqual([404, 'not_found']);
      expect(textOf(reply)).not.toContain(CANARY);
      expect(String(reply.body)).not.toContain('Cannot GET');
    }
    expect(await calls()).toBe(0);
  });
});

describe('methods', () => {
  const verbs = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
  test.each(verbs)('%s is not allowed, and the answer says what is', async (method) => {
    for (const path of ['/api/indexes', '/api/indexes/idx-loyalty', LIST, PROFILE, '/livez']) {
      const reply = await gateway.get(path, { method });
      expect([path, reply.status, json(reply).code]).toEqual([path, 405, 'method_not_allowed']);
      expect(reply.headers.allow).toBe(path === LIST ? 'GET, HEAD, QUERY' : 'GET, HEAD');
    }
    expect(await calls()).toBe(0);
  });

  test('a POST that brings a body is not allowed either', async () => {
    const reply = await raw(
      `POST ${LIST} HTTP/1.1\nHost: a\nX-API-Key: KEY\nConnection: close\nContent-Length: 7\n\n`,
      CANARY,
    );
    expect([reply.status, reply.headers.allow]).toEqual([405, 'GET, HEAD, QUERY']);
    expect(reply.text).not.toContain(CANARY);
  });

  test.each([
    ['whose chunks are wrong', 'Transfer-Encoding: chunked', `5\r\n${CANARY}\r\n0\r\n\r\n`],
    ['whose chunks have no size', 'Transfer-Encoding: chunked', `${CANARY}\r\n`],
  ])('a POST %s gets one answer and no second one', async (_what, line, body) => {
    const reply = await raw(`POST ${LIST} HTTP/1.1\nHost: a\nX-API-Key: KEY\n${line}\n\n`, body);
    expect(reply.text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 405']);
  });

  test('TRACE sends nothing back', async () => {
    const reply = await gateway.get(LIST, { method: 'TRACE', headers: { 'x-canary': CANARY } });
    expect(textOf(reply)).not.toContain(CANARY);
  });

  test('HEAD is answered like GET, without the body', async () => {
    for (const path of [
      `${LIST}?limit=3`,
      PROFILE,
      '/api/indexes',
      `${LIST}/nobody`,
      `${LIST}?limit=0`,
      '/livez',
    ]) {
      const get = await gateway.get(path);
      const head = await gateway.get(path, { method: 'HEAD' });
      expect(head.status).toBe(get.status);
      expect(head.body).toHaveLength(0);
      // What tells of this answer and not of the page.
      const own = ['date', 'x-request-id', 'cache-status', 'age', 'x-budget-wait-ms', 'ratelimit'];
      const expected = Object.entries(get.headers).filter(([name]) => !own.includes(name));
      expect(head.headers).toMatchObject(Object.fromEntries(expected));
      expect(head.headers['content-length']).toBe(String(get.body.length));
    }
  });

  test('HEAD fills the cache for GET', async () => {
    const path = `${LIST}?limit=4`;
    await gateway.get(path, { method: 'HEAD' });
    const get = await gateway.get(path);
    expect(get.headers['cache-status']).toMatch(/; hit; /);
    expect(await calls()).toBe(1);
  });
});

describe('a request that two servers could read in two ways is refused', () => {
  const head = (lines: string, line = `GET ${LIST} HTTP/1.1`) =>
    `${line}\nHost: a\nX-API-Key: KEY\nConnection: close\n${lines}\n`;
  const rows: [what: string, head: string, body?: string][] = [
    ['two Host headers', head('Host: b\n')],
    ['two X-API-Key headers', head(`X-API-Key: ${CANARY}\n`)],
    ['two Authorization headers', head(`Authorization: Bearer KEY\nAuthorization: Bearer ${CANARY}\n`)],
    ['two amperity-tenant headers', head('amperity-tenant: acme\namperity-tenant: acme\n')],
    ['two api-version headers', head('api-version: 2025-07-31\napi-version: 2025-07-31\n')],
    [
      'Content-Length and Transfer-Encoding',
      head('Content-Length: 5\nTransfer-Encoding: chunked\n'),
      '0\r\n\r\n',
    ],
    ['two Content-Length headers', head('Content-Length: 0\nContent-Length: 5\n')],
    ['Transfer-Encoding: gzip, chunked', head('Transfer-Encoding: gzip, chunked\n'), '0\r\n\r\n'],
    ['Transfer-Encoding: gzip', head('Transfer-Encoding: gzip\n'), '0\r\n\r\n'],
    ['Transfer-Encoding: identity', head('Transfer-Encoding: identity\n')],
    ['a chunked body on GET', head('Transfer-Encoding: chunked\n'), '5\r\nhello\r\n0\r\n\r\n'],
    ['a body on GET', head('Content-Length: 7\n'), CANARY],
    ['HTTP/1.0', head('', `GET ${LIST} HTTP/1.0`)],
    ['HTTP/2.0', head('', `GET ${LIST} HTTP/2.0`)],
    ['an absolute-form target', head('', `GET http://127.0.0.1${LIST} HTTP/1.1`)],
    ['an absolute-form target of another host', head('', `GET http://${CANARY}.example${LIST} HTTP/1.1`)],
    ['an asterisk-form target', head('', 'GET * HTTP/1.1')],
    ['a folded header', head(`X-Folded: a\n  ${CANARY}\n`)],
    ['a header name with a space', head(`X-API-Key : ${CANARY}\n`)],
    ['a header without a colon', head(`${CANARY}\n`)],
    ['a raw byte in the target', head('', `GET ${LIST}?filter[city]=\u00fc HTTP/1.1`)],
    ['a fragment in the target', head('', `GET ${LIST}?limit=1#${CANARY} HTTP/1.1`)],
    ['a fragment behind the path', head('', `GET ${LIST}#${CANARY} HTTP/1.1`)],
    ['a fragment that looks like more of the path', head('', `GET ${LIST}#/${CANARY} HTTP/1.1`)],
    ['a fragment and a backslash', head('', `GET /api\\indexes/idx-loyalty/profiles#${CANARY} HTTP/1.1`)],
    ['no Host header', `GET ${LIST} HTTP/1.1\nX-API-Key: KEY\nConnection: close\n\n`],
    ['an unknown method', head('', `${CANARY.toUpperCase()} ${LIST} HTTP/1.1`)],
    ['what is not HTTP at all', `\u0016\u0003\u0001${CANARY}\n\n`],
  ];

  test.each(rows.map(([what, text, body = '']) => [what, text, body] as const))(
    '%s',
    async (_what, text, body) => {
      const reply = await raw(text, body);
      expect(reply.status).toBe(400);
      expect(reply.text).not.toContain(CANARY);
      expect(await calls()).toBe(0);
    },
  );

  test.each([
    ['a second Host', 'Host: b'],
    ['a second X-API-Key', `X-API-Key: ${CANARY}`],
    ['another tenant', 'amperity-tenant: b'],
    ['a body', 'Content-Length: 7'],
  ])('%s behind more headers than anybody sends', async (_what, line) => {
    for (const fillers of [97, 1100]) {
      const reply = await raw(head(`${'a:\n'.repeat(fillers)}${line}\n`), CANARY);
      expect([reply.status, JSON.parse(String(reply.body)).code]).toEqual([431, 'invalid_parameter']);
      expect(reply.text).not.toContain(CANARY);
    }
    expect(await calls()).toBe(0);
  });

  test.each([
    ['an unknown transfer coding', 'Transfer-Encoding: gzip, chunked\n', '0\r\n\r\n'],
    ['a body on GET', 'Content-Length: 7\n', CANARY],
    ['a second Host', 'Host: b\n', ''],
    ['too many headers', 'a:\n'.repeat(100), ''],
  ])('%s, and what was sent behind it on the same connection', async (_what, lines, body) => {
    const first = `GET ${LIST} HTTP/1.1\nHost: a\nX-API-Key: KEY\n${lines}\n`;
    const second = `GET ${PROFILE} HTTP/1.1\r\nHost: a\r\nX-API-Key: ${gateway.key()}\r\n\r\n`;
    const reply = await raw(first, body + second);
    expect(reply.text.match(/^HTTP\/1.1 \d+/gm)).toEqual([expect.stringMatching(/ (400|431)$/)]);
    expect(reply.headers.connection).toBe('close');
    expect(await calls()).toBe(0);
  });

  test('a hundred headers are not too many, on neither listener; one more is', async () => {
    const from = (url: string, fillers: number) =>
      rawHttp(url, `GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${'a:\r\n'.repeat(fillers)}\r\n`);
    for (const url of [gateway.url, gateway.adminUrl]) {
      expect([(await from(url, 98)).status, (await from(url, 99)).status]).toEqual([200, 431]);
    }
  });

  test('also where no credential is asked for, and the reason is told', async () => {
    const named = async (lines: string, body = '') => {
      const reply = await raw(`GET /livez HTTP/1.1\nHost: a\nConnection: close\n${lines}\n`, body);
      return [reply.status, JSON.parse(String(reply.body)).errors[0].name];
    };
    expect(await named('Host: b\n')).toEqual([400, 'host']);
    expect(await named('api-version: 1\napi-version: 2\n')).toEqual([400, 'api-version']);
    const empty = '0\r\n\r\n';
    expect(await named('Transfer-Encoding: gzip, chunked\n', empty)).toEqual([400, 'transfer-encoding']);
    expect(await named('Transfer-Encoding: chunked\n', empty)).toEqual([400, 'body']);
  });

  test('lines that end in a bare LF', async () => {
    const reply = await rawHttp(
      gateway.url,
      `GET ${LIST} HTTP/1.1\nHost: a\nX-API-Key: ${gateway.key()}\n\n`,
    );
    expect(reply.status).toBe(400);
    expect(await calls()).toBe(0);
  });

  test.each([
    ['malformed HTTP', `GET ${LIST} HTTP/1.1\nHost: a\nX-API-Key : KEY\n\n`],
    ['an HTTP version', `GET ${LIST} HTTP/1.0\nHost: a\nX-API-Key: KEY\n\n`],
    ['a repeated header', `GET ${LIST} HTTP/1.1\nHost: a\nHost: a\nX-API-Key: KEY\nConnection: close\n\n`],
    ['a missing Host', `GET ${LIST} HTTP/1.1\nX-API-Key: KEY\nConnection: close\n\n`],
  ])('and %s is answered with a problem like any other', async (_what, text) => {
    const reply = await raw(text);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(String(reply.body))).toMatchObject({
      type: 'about:blank',
      status: 400,
      code: 'invalid_parameter',
      request_id: reply.headers['x-request-id'],
    });
  });

  test('CONNECT opens no tunnel', async () => {
    const reply = await raw('CONNECT 127.0.0.1:1 HTTP/1.1\nHost: a\nX-API-Key: KEY\n\n');
    expect(reply.status).not.toBe(200);
    expect(await calls()).toBe(0);
  });

  test('an expectation that nobody knows changes nothing', async () => {
    const reply = await raw(`GET ${LIST} HTTP/1.1\nHost: a\nConnection: close\nExpect: ${CANARY}\n\n`);
    expect(reply.status).toBe(401);
    expect(reply.text).toContain('unauthenticated');
    expect(reply.text).not.toContain(CANARY);
  });
});

describe('connections', () => {
  test('stay open longer than a balancer keeps them, and not for ever', async () => {
    const reply = await gateway.get('/livez', { headers: { connection: 'keep-alive' } });
    expect(reply.headers['keep-alive']).toBe('timeout=65, max=1000');
  });
});

describe('problems', () => {
  test('hold the members of RFC 9457 and those of Amperity, and nothing else', async () => {
    const reply = await gateway.get(`${LIST}?limit=0`);
    expect(json(reply)).toEqual({
      type: 'about:blank',
      title: 'Invalid parameter',
      status: 400,
      detail: expect.any(String),
      message: json(reply).detail,
      request_id: reply.headers['x-request-id'],
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      code: 'invalid_parameter',
      errors: [{ name: 'limit', reason: expect.any(String) }],
    });
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  test('of Amperity name its request, for a ticket', async () => {
    const reply = await gateway.get(`${LIST}?filter[birth_year]=${CANARY}`);
    expect(json(reply)).toMatchObject({
      code: 'upstream_rejected',
      upstream_request_id: expect.stringMatching(/^req-/),
    });
    expect(textOf(reply)).not.toContain(CANARY);
  });

  test.each([
    [undefined, 'application/problem+json'],
    ['*/*', 'application/problem+json'],
    ['application/json', 'application/json'],
    ['application/json, */*;q=0.1', 'application/problem+json'],
    ['application/problem+json, application/json', 'application/problem+json'],
    ['text/html', 'application/problem+json'],
  ])('for Accept: %s come as %s, with the same bytes', async (accept, type) => {
    const name = 'x-request-id';
    const options = {
      headers: { [name]: 'the-same-request', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    };
    const plain = await gateway.get(`${LIST}?limit=0`, options);
    const headers = accept === undefined ? options.headers : { ...options.headers, accept };
    const reply = await gateway.get(`${LIST}?limit=0`, { headers });
    expect(reply.headers['content-type']).toBe(type);
    expect(String(reply.body)).toBe(String(plain.body));
  });

  test('point to the documentation and come as plain JSON where the settings say so', async () => {
    const other = await another({
      settings: {
        ...SETTINGS,
        http: { problemDocsUrl: 'https://docs.example/problems', errorMediaType: 'application/json' },
      },
    });
    const reply = await other.get(`${LIST}?limit=0`);
    expect(json(reply).type).toBe('https://docs.example/problems/invalid-parameter');
    expect(reply.headers['content-type']).toBe('application/json');
  });
});

describe('credentials', () => {
  /** The right id with another secret, and the checksum right. */
  function forged(): string {
    const [, label, id] = gateway.key().split('_');
    const [, , , secret] = createApiKey({ label: 'test' }).key.split('_');
    const body = `agw_${label}_${id}_${secret}`;
    return `${body}_${base62(BigInt(crc32(body)), 6)}`;
  }

  test('that do not let in get one answer, which tells nothing of why', async () => {
    const typo = `${gateway.key().slice(0, -1)}${gateway.key().endsWith('0') ? '1' : '0'}`;
    const attempts: (readonly [string, Record<string, string>])[] = [
      ['none', {}],
      ['unknown', { 'x-api-key': createApiKey({ label: 'test' }).key }],
      ['forged', { 'x-api-key': forged() }],
      ['typo', { 'x-api-key': typo }],
      ['revoked', { 'x-api-key': revoked?.key ?? '' }],
      ['expired', { authorization: `Bearer ${expired?.key}` }],
      ['not yet valid', { 'x-api-key': early?.key ?? '' }],
      ['not a key', { 'x-api-key': CANARY }],
      ['empty', { 'x-api-key': '' }],
      ['Amperity’s own token', { authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln' }],
      ['Basic', { authorization: `Basic ${Buffer.from(`a:${gateway.key()}`).toString('base64')}` }],
      ['two words', { authorization: `Bearer ${gateway.key()} more` }],
      ['bare', { authorization: gateway.key() }],
      ['cookie', { cookie: `api_key=${gateway.key()}` }],
    ];
    const answers = new Map<string, string[]>();
    for (const [name, headers] of attempts) {
      const reply = await gateway.ask(`${LIST}?limit=1`, { headers });
      const { request_id: requestId, trace_id: traceId, ...problem } = json(reply);
      expect(requestId).toBe(reply.headers['x-request-id']);
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      const { 'x-request-id': _, date: __, ...shown } = reply.headers;
      const answer = JSON.stringify({ status: reply.status, problem, shown });
      answers.set(answer, [...(answers.get(answer) ?? []), name]);
    }
    expect([...answers.values()]).toHaveLength(1);
    const [answer = ''] = answers.keys();
    expect(JSON.parse(answer)).toMatchObject({
      status: 401,
      problem: { status: 401, code: 'unauthenticated', title: 'No valid credential' },
      shown: {
        'www-authenticate': 'Bearer realm="amperity-gateway"',
        'content-type': 'application/problem+json',
      },
    });
    expect(await calls()).toBe(0);
  });

  test('are asked for before anything is said about the question', async () => {
    for (const path of [`${LIST}?limit=0`, '/api/indexes/idx-nowhere', `${LIST}/..`]) {
      expect((await gateway.ask(path)).status).toBe(401);
    }
  });

  test('are taken from X-API-Key, from Authorization in any case, and from both when they are the same', async () => {
    const key = gateway.key();
    const forms: Record<string, string>[] = [
      { 'x-api-key': key },
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { authorization: `Bearer ${key}`, 'x-api-key': key },
    ];
    for (const headers of forms) {
      expect((await gateway.ask(`${LIST}?limit=1`, { headers })).status).toBe(200);
    }
  });

  test('that contradict each other are refused, and none of them is repeated', async () => {
    const headers = { 'x-api-key': gateway.key('web'), authorization: `Bearer ${gateway.key('narrow')}` };
    const reply = await gateway.ask(`${LIST}?limit=1`, { headers });
    expect([reply.status, json(reply).code]).toEqual([400, 'invalid_parameter']);
    expect(await calls()).toBe(0);
  });

  test('for Amperity are accepted as headers when they name the same tenant and version', async () => {
    const same = { 'amperity-tenant': 'acme', 'x-amperity-tenant': 'acme', 'api-version': '2025-07-31' };
    expect((await gateway.get(`${LIST}?limit=1`, { headers: same })).status).toBe(200);
    await simulator.clearJournal();
    for (const name of Object.keys(same)) {
      const reply = await gateway.get(`${LIST}?limit=2`, { headers: { ...same, [name]: CANARY } });
      expect(json(reply)).toMatchObject({ status: 400, code: 'invalid_parameter', errors: [{ name }] });
      expect(textOf(reply)).not.toContain(CANARY);
      expect(String(reply.body)).not.toContain('acme');
    }
    expect(await calls()).toBe(0);
  });
});

describe('names of requests', () => {
  const trace = 'deadbeef'.repeat(4);
  const named = { 'x-request-id': 'my-request.0001', traceparent: `00-${trace}-${'b'.repeat(16)}-01` };

  test('are taken over from a caller we know', async () => {
    const ok = await gateway.get(`${LIST}?limit=1`, { headers: named });
    expect(ok.headers['x-request-id']).toBe('my-request.0001');
    const problem = await gateway.get(`${LIST}?limit=0`, { headers: named });
    expect(problem.headers['x-request-id']).toBe('my-request.0001');
    expect(json(problem)).toMatchObject({ request_id: 'my-request.0001', trace_id: trace });
  });

  test('are made up for anybody else', async () => {
    const reply = await gateway.ask(`${LIST}?limit=1`, { headers: named });
    expect(reply.status).toBe(401);
    expect(reply.headers['x-request-id']).not.toBe('my-request.0001');
    expect(textOf(reply)).not.toContain('my-request.0001');
    expect(json(reply).trace_id).not.toBe(trace);
  });

  test.each(['short', 'x'.repeat(65), 'with space', '<script>1', 'a,b,c,d,e,f'])(
    'are made up when the caller’s is not one: %s',
    async (id) => {
      const reply = await gateway.get(`${LIST}?limit=1`, { headers: { 'x-request-id': id } });
      expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test.each([
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `01-${trace}-${'b'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${'b'.repeat(16)}-01`,
    `00-${trace}`,
  ])('are made up when the trace is not one: %s', async (traceparent) => {
    const reply = await gateway.get(`${LIST}?limit=0`, { headers: { traceparent } });
    expect(json(reply).trace_id).toMatch(/^[0-9a-f]{32}$/);
    expect([trace, '0'.repeat(32)]).not.toContain(json(reply).trace_id);
  });
});

describe('validators', () => {
  const path = `${LIST}?limit=6`;

  test('a caller who has the page already gets 304 and no body', async () => {
    const { headers } = await gateway.get(path);
    const etag = String(headers.etag);
    expect(etag).toMatch(/^W\/"[A-Za-z0-9_-]{27}"$/);
    for (const known of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
      const reply = await gateway.get(path, { headers: { 'if-none-match': known } });
      expect(reply.status).toBe(304);
      expect(reply.body).toHaveLength(0);
      expect(reply.headers.etag).toBe(etag);
      expect(reply.headers['cache-status']).toMatch(/; hit; /);
      expect(reply.headers['content-type']).toBeUndefined();
    }
    for (const other of ['"other"', 'W/"x"', etag.slice(0, -2)]) {
      expect((await gateway.get(path, { headers: { 'if-none-match': other } })).status).toBe(200);
    }
  });

  test('nobody learns by a validator what he may not read', async () => {
    const { headers } = await gateway.get(path);
    const options = { headers: { 'if-none-match': String(headers.etag) } };
    expect((await gateway.ask(path, options)).status).toBe(401);
    expect((await gateway.get(`${LIST}?limit=11`, { ...options, team: 'narrow' })).status).toBe(403);
  });

  test('differ with and without the total, and from the hash of the bytes', async () => {
    const without = await gateway.get(path);
    const withTotal = await gateway.get(`${path}&with_total=true`);
    expect(withTotal.headers.etag).not.toBe(without.headers.etag);
    const other = await another({ settings: SETTINGS });
    // Another process has another key, so the same bytes have another validator.
    const elsewhere = await other.get(`${path}&with_total=true`);
    expect(elsewhere.body).toEqual(withTotal.body);
    expect(elsewhere.headers.etag).not.toBe(withTotal.headers.etag);
  });
});

describe('headers', () => {
  const SECURITY = {
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };

  test('for security are on every answer, and none of them tells what we are made of', async () => {
    const replies = [
      await gateway.get(`${LIST}?limit=1`),
      await gateway.get(`${LIST}?limit=0`),
      await gateway.get(`${LIST}/nobody`),
      await gateway.ask(LIST),
      await gateway.ask('/nowhere'),
      await gateway.ask('/livez'),
      await gateway.get(LIST, { method: 'DELETE' }),
    ];
    for (const { headers } of replies) {
      expect(headers).toMatchObject(SECURITY);
      for (const name of [
        'x-powered-by',
        'server',
        'set-cookie',
        'strict-transport-security',
        'access-control-allow-origin',
      ]) {
        expect(headers[name]).toBeUndefined();
      }
    }
  });

  test('keep personal data out of every other cache', async () => {
    const [plain, missing] = [await gateway.get(`${LIST}?limit=1`), await gateway.get(`${LIST}/nobody`)];
    for (const { headers } of [plain, missing]) expect(headers['cache-control']).toBe('no-store');
    expect(plain.headers.vary).toBe('Authorization, X-API-Key, Accept, Accept-Encoding, Origin');

    const other = await another({ settings: { ...SETTINGS, cache: { browserCache: true } } });
    const page = await other.get(`${LIST}?limit=1`);
    expect(page.headers['cache-control']).toBe('private, no-cache');
    expect((await other.get(`${LIST}?limit=0`)).headers['cache-control']).toBe('no-store');
  });

  test('vary, as refusals do, by who asks and by the form that is asked for', async () => {
    const refused = [
      await gateway.ask(LIST),
      await gateway.get(`${LIST}?limit=0`),
      await gateway.get(`${LIST}/nobody`),
      await gateway.get('/nowhere'),
    ];
    expect(refused.map(({ headers, status }) => [status, headers.vary])).toEqual(
      [401, 400, 404, 404].map((status) => [
        status,
        'Authorization, X-API-Key, Accept, Accept-Encoding, Origin',
      ]),
    );
  });

  test('never name the key under which a page is kept', async () => {
    for (let time = 0; time < 2; time += 1) {
      const { headers } = await gateway.get(`${LIST}?limit=7`);
      expect(headers['cache-status']).not.toContain('key');
    }
  });
});

describe('calls from browsers', () => {
  const ORIGINS = ['https://app.example', 'http://localhost:3000'];
  const ask = (target: GatewayHandle, origin: string, options: GetOptions = {}) =>
    target.ask(`${LIST}?limit=1`, { ...options, headers: { origin, ...options.headers } });
  const preflight = {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-api-key' },
  };
  const corsOf = ({ headers }: Reply) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

  test('from the listed origins are let through, the preflight without a credential', async () => {
    const target = await another({ settings: { ...SETTINGS, cors: { origins: ORIGINS } } });
    for (const origin of ORIGINS) {
      const asked = await ask(target, origin, preflight);
      expect(asked.status).toBe(204);
      expect(asked.body).toHaveLength(0);
      expect(corsOf(asked)).toEqual({
        ...('access-control-expose-headers' in asked.headers && {
          'access-control-expose-headers': expect.any(String),
        }),
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET,HEAD,QUERY,POST',
        'access-control-allow-headers': expect.any(String),
        'access-control-max-age': '600',
      });
      expect(String(asked.headers['access-control-allow-headers']).split(/, ?/)).toEqual([
        'Authorization',
        'X-API-Key',
        'amperity-tenant',
        'api-version',
        'Content-Type',
        'Prefer',
        'Cache-Control',
        'If-None-Match',
        'X-Request-Id',
        'traceparent',
      ]);
      expect(asked.headers.vary).toMatch(/\bOrigin\b/);
    }
    expect(await calls()).toBe(0);

    // A server key in a page has leaked; that, too, the page may read.
    const answer = await ask(target, ORIGINS[0] ?? '', { headers: { 'x-api-key': target.key() } });
    expect([answer.status, json(answer).code]).toEqual([403, 'forbidden_origin']);
    expect(answer.headers['access-control-allow-origin']).toBe(ORIGINS[0]);
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    expect(String(answer.headers['access-control-expose-headers']).split(/, ?/)).toEqual([
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'Cache-Status',
      'Age',
      'Content-Disposition',
      'ETag',
      'Link',
      'X-Request-Id',
      'X-Budget-Wait-Ms',
    ]);
    expect(answer.headers.vary).toMatch(/\bOrigin\b/);
    // A page must be able to read why it was refused.
    const refused = await ask(target, ORIGINS[0] ?? '');
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, ORIGINS[0]]);

    for (const origin of [
      'https://app.example.evil.example',
      'https://evil.example',
      'https://APP.example',
      'http://app.example',
      'https://app.example:8443',
      'https://sub.app.example',
      'null',
      '*',
    ]) {
      for (const reply of [await ask(target, origin, preflight), await ask(target, origin)]) {
        expect(reply.headers['access-control-allow-origin']).toBeUndefined();
        expect(textOf(reply)).not.toContain('evil');
      }
    }
  });

  test('are not answered for when no origin is listed', async () => {
    const asked = await ask(gateway, 'https://app.example', preflight);
    expect([asked.status, json(asked).code]).toEqual([403, 'forbidden_origin']);
    const answer = await ask(gateway, 'https://app.example');
    for (const reply of [asked, answer]) expect(corsOf(reply)).toEqual({});
  });
});

describe('the rights of a team', () => {
  const narrow = { team: 'narrow' };

  test.each([
    ['another index', '/api/indexes/idx-shoppers', 'forbidden_index'],
    ['another index’s profiles', '/api/indexes/idx-shoppers/profiles?limit=1', 'forbidden_index'],
    ['another index’s profile', '/api/indexes/idx-shoppers/profiles/s-case', 'forbidden_index'],
    ['an index that does not exist', '/api/indexes/idx-nowhere/profiles?limit=1', 'forbidden_index'],
    ['a filter by another attribute', `${LIST}?limit=1&filter[email]=${CANARY}`, 'forbidden_attribute'],
    [
      'a filter by an attribute that does not exist',
      `${LIST}?limit=1&filter[nothing]=${CANARY}`,
      'forbidden_attribute',
    ],
    ['too large a page', `${LIST}?limit=11`, 'forbidden_limit'],
    [
      'too many filters',
      `${LIST}?limit=1&filter[city]=${CANARY}&filter[first_name]=${CANARY}`,
      'forbidden_limit',
    ],
    ['a total', `${LIST}?limit=1&with_total=true`, 'forbidden_total'],
  ])('do not reach to %s', async (_what, path, code) => {
    const reply = await gateway.get(path, narrow);
    expect(reply.status).toBe(403);
    expect(json(reply)).toMatchObject({ code, status: 403 });
    expect(textOf(reply)).not.toContain(CANARY);
    expect(await calls()).toBe(0);
  });

  test('do not tell which indexes there are', async () => {
    const reply = await gateway.get('/api/indexes', narrow);
    expect((json(reply).data as { id: string }[]).map(({ id }) => id)).toEqual(['idx-loyalty']);
    expect(json(await gateway.get('/api/indexes?with_total=true', narrow)).code).toBe('forbidden_total');

    const told = async (path: string) => {
      const { request_id: _, trace_id: __, ...problem } = json(await gateway.get(path, narrow));
      return problem;
    };
    expect(await told('/api/indexes/idx-shoppers')).toEqual(await told('/api/indexes/idx-nowhere'));
  });

  test('hold for what another team has put into the cache', async () => {
    const path = '/api/indexes/idx-shoppers/profiles?limit=9';
    await gateway.get(path);
    expect((await gateway.get(path)).headers['cache-status']).toMatch(/; hit; /);
    expect((await gateway.get(path, narrow)).status).toBe(403);
  });

  test('cannot be evaded by leaving the limit out', async () => {
    const reply = await gateway.get(LIST, narrow);
    expect((json(reply).data as unknown[]).length).toBe(10);
    expect((await simulator.journal())[0]?.target).toBe(`${LIST}?limit=10`);
  });
});

describe('open mode', () => {
  test('lets everybody on this machine in, but no page of another name that points here', async () => {
    const target = await another({ settings: { ...SETTINGS, auth: { modes: ['open'] } }, teams: {} });
    const { port } = new URL(target.url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', '[::1]', `[::1]:${port}`]) {
      expect((await target.ask(`${LIST}?limit=1`, { headers: { host } })).status).toBe(200);
    }
    await simulator.clearJournal();
    for (const host of [
      'rebound.example',
      `rebound.example:${port}`,
      'localhost.rebound.example',
      '127.0.0.1.nip.io',
      '127.0.0.2',
      '0.0.0.0',
      '127.0.0.1@x',
    ]) {
      const reply = await target.ask(`${LIST}?limit=2`, { headers: { host } });
      expect(reply.status).toBe(401);
      expect(textOf(reply)).not.toContain('rebound');
    }
    expect(await calls()).toBe(0);
  });
});
