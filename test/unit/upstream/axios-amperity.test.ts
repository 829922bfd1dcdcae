import type { ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { upstreamTarget } from '../../../src/query/upstream-target.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { AxiosAmperity } from '../../../src/upstream/axios-amperity.ts';
import type { TokenSource } from '../../../src/upstream/token.ts';
import { UpstreamRequests } from '../../../src/upstream/upstream-request.ts';
import { Loopback } from './loopback.ts';

const BODY = '{"data":[1,2]}';
const REQUEST: PageRequest = {
  route: 'profiles',
  index: 'idx-1',
  filters: [['email', 'jane@example.com']],
  limit: 2,
  withTotal: true,
};
const MAX_BODY_BYTES = 5000;

let close: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of close) await each();
  close = [];
});

/** Amperity as seen through the client, answering as the test says. */
async function open(answer: (res: ServerResponse) => unknown, tokens: Partial<TokenSource> = {}) {
  const server = await Loopback.open((_asked, res) => answer(res));
  const requests = new UpstreamRequests(
    {
      baseUrl: `${server.origin}/api`,
      timeoutMs: 2000,
      connectTimeoutMs: 2000,
      maxBodyBytes: MAX_BODY_BYTES,
      maxSockets: 4,
    },
    systemClock,
  );
  close.push(
    () => requests.close(),
    () => server.close(),
  );
  const announced: string[] = [];
  const refused: string[] = [];
  const amperity = new AxiosAmperity(
    {
      tenant: 'acme',
      apiVersion: '2025-07-31',
      userAgent: 'gateway/1',
      maxBodyBytes: MAX_BODY_BYTES,
      target: (request) => upstreamTarget(request, { rawBrackets: false }),
      onDeprecation: (header) => announced.push(header),
    },
    requests,
    {
      current: async () => 'the-token',
      renew: async (token) => {
        refused.push(token);
        return true;
      },
      close: () => {},
      ...tokens,
    },
    systemClock,
  );
  const get = (request = REQUEST, mayRenew = true) =>
    amperity.get(request, {
      sendBy: systemClock.monotonic() + 2975,
      onSent: () => {},
      signal: new AbortController().signal,
      mayRenew,
    });
  return { announced, get, refused, server };
}

const json = (res: ServerResponse, status = 200): ServerResponse =>
  res.writeHead(status, { 'content-type': 'application/json' });

test('a call carries our credential, tenant and version, and nothing of a caller but the question', async () => {
  const { get, server } = await open((res) => json(res).end(BODY));
  await get();
  const [asked] = server.received;
  expect(asked?.url).toBe(
    '/api/indexes/idx-1/profiles?limit=2&with_total=true&filter%5Bemail%5D=jane%40example.com',
  );
  const { host: _host, connection: _connection, ...headers } = asked?.headers ?? {};
  expect(headers).toEqual({
    accept: 'application/json',
    'accept-encoding': 'gzip, br',
    'amperity-tenant': 'acme',
    'api-version': '2025-07-31',
    authorization: 'Bearer the-token',
    'user-agent': 'gateway/1',
  });
});

describe('a page', () => {
  test.each([
    ['plain', {}, Buffer.from(BODY)],
    ['gzip', { 'content-encoding': 'gzip' }, gzipSync(BODY)],
    ['br', { 'content-encoding': 'br' }, brotliCompressSync(BODY)],
  ])('is read, %s', async (_coding, headers, body) => {
    const { get } = await open((res) =>
      res
        .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=5', ...headers })
        .end(body),
    );
    expect(await get()).toEqual({
      kind: 'page',
      page: { body: Buffer.from(BODY), count: 2 },
      cacheControl: { noStore: false, maxAgeMs: 5000 },
    });
  });

  test.each<[string, (res: ServerResponse) => unknown]>([
    ['HTML', (res) => res.writeHead(200, { 'content-type': 'text/html' }).end(BODY)],
    ['no JSON', (res) => json(res).end('{"data":[')],
    ['more items than asked for', (res) => json(res).end('{"data":[1,2,3]}')],
    ['no list', (res) => json(res).end('{"data":{}}')],
    ['in a coding we did not ask for', (res) => json(res.setHeader('content-encoding', 'zstd')).end(BODY)],
    [
      'too large once it is unpacked',
      (res) =>
        json(res.setHeader('content-encoding', 'gzip')).end(gzipSync(`{"data":["${'x'.repeat(6000)}"]}`)),
    ],
    ['too large as it is', (res) => json(res).end(`{"data":["${'x'.repeat(6000)}"]}`)],
    ['no content', (res) => res.writeHead(204).end()],
    ['a redirect', (res) => res.writeHead(302, { location: '/' }).end()],
  ])('that is %s is a bad answer, which trying again would not mend', async (_what, answer) => {
    const { get } = await open(answer);
    expect(await get()).toMatchObject({ kind: 'failed', reason: 'bad_answer', retryable: false });
  });
});

describe('status', () => {
  const error =
    (status: number, headers: Record<string, string> = {}) =>
    (res: ServerResponse) =>
      res
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end('{"message":"It is so.","request_id":"req-1"}');

  test('404 says that there is no such thing', async () => {
    const { get } = await open(error(404, { 'cache-control': 'no-store' }));
    expect(await get()).toEqual({ kind: 'absent', cacheControl: { noStore: true } });
  });

  test('400 says why', async () => {
    const { get } = await open(error(400));
    expect(await get()).toEqual({ kind: 'refused', message: 'It is so.', upstreamRequestId: 'req-1' });
  });

  test('429 says how long to wait', async () => {
    const { get } = await open(error(429, { 'retry-after': '3' }));
    expect(await get()).toEqual({ kind: 'throttled', retryAfterMs: 3000 });
  });

  test('401 has the refused token renewed', async () => {
    const { get, refused } = await open(error(401));
    expect(await get()).toEqual({ kind: 'unauthorized', renewed: true, upstreamRequestId: 'req-1' });
    expect(refused).toEqual(['the-token']);
  });

  test.each([403, 405])('%d is for our operators, not for callers to try again', async (status) => {
    const { get, refused } = await open(error(status));
    expect(await get()).toMatchObject({
      kind: 'failed',
      reason: 'auth',
      retryable: false,
      upstreamRequestId: 'req-1',
    });
    expect(refused).toEqual([]);
  });

  test.each([500, 502, 503, 504])('%d may be tried again', async (status) => {
    const { get } = await open(error(status, { 'retry-after': '2' }));
    expect(await get()).toEqual({
      kind: 'failed',
      reason: 'server_error',
      message: `Amperity answered with status ${status}.`,
      retryable: true,
      retryAfterMs: 2000,
      upstreamRequestId: 'req-1',
    });
  });

  test.each([201, 409, 418, 501])('%d is nothing we know, and is not tried again', async (status) => {
    const { get } = await open(error(status));
    expect(await get()).toMatchObject({ kind: 'failed', retryable: false });
  });
});

describe('a call that cannot be made', () => {
  test('for want of a token says so, and is not made', async () => {
    const { get, server } = await open((res) => json(res).end(BODY), {
      current: () => Promise.reject(new GatewayError('upstream_auth', 'There is no token.')),
    });
    expect(await get()).toEqual({ kind: 'tokenless', message: 'There is no token.' });
    expect(server.received).toHaveLength(0);
  });

  test('because nobody listens may be tried again', async () => {
    const { get, server } = await open((res) => json(res).end(BODY));
    await server.close();
    close.pop();
    expect(await get()).toMatchObject({ kind: 'failed', reason: 'network', retryable: true });
  });
});

test('the announced end of what we use is told', async () => {
  const { announced, get } = await open((res) =>
    json(res.setHeader('deprecation', '@1').setHeader('sunset', 'Thu, 01 Jan 2026 12:00:30 GMT')).end(BODY),
  );
  await get();
  expect(announced).toEqual(['deprecation', 'sunset']);
});
