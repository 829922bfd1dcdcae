import type { ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { setTimeout as elapse } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/shared/clock.ts';
import {
  type ConnectionSettings,
  UpstreamRequests,
  type WireCall,
} from '../../../src/upstream/upstream-request.ts';
import { Loopback, type Received } from './loopback.ts';

const SETTINGS = { timeoutMs: 5000, connectTimeoutMs: 3000, maxBodyBytes: 1000, maxSockets: 8 };
const HEADERS = {
  accept: 'application/json',
  'accept-encoding': 'gzip',
  authorization: 'Bearer t',
  'user-agent': 'gateway/1',
};
const JSON_PAGE = '{"data":[]}';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(answer: (asked: Received, res: ServerResponse) => unknown): Promise<Loopback> {
  const server = await Loopback.open(answer);
  open.push(() => server.close());
  return server;
}

function client(baseUrl: string, settings: Partial<ConnectionSettings> = {}): UpstreamRequests {
  const requests = new UpstreamRequests({ ...SETTINGS, baseUrl, ...settings }, systemClock);
  open.push(() => requests.close());
  return requests;
}

/** A call with all the time there is, which counts how often it is told to be sent. */
function call(rest: Partial<WireCall> = {}): WireCall & { sent: number[] } {
  const sent: number[] = [];
  return {
    headers: { accept: 'application/json' },
    sendBy: systemClock.monotonic() + 2975,
    signal: new AbortController().signal,
    onSent: () => sent.push(performance.now()),
    ...rest,
    sent,
  };
}

describe('a request', () => {
  test('is a GET of the very target below the base, with the headers given and none of anybody else', async () => {
    const server = await serve((_asked, res) => res.end(JSON_PAGE));
    const target = '/indexes/a/profiles?filter[e:m]=a%2Bb%20c%2C%24&next_token=%2F..%2F';
    await client(`${server.origin}/api`).get(target, call({ headers: HEADERS }));
    expect(server.received).toHaveLength(1);
    const [asked] = server.received;
    expect(asked).toMatchObject({ method: 'GET', url: `/api${target}`, body: '' });
    const { host, connection, ...headers } = asked?.headers ?? {};
    expect([`http://${host}`, connection]).toEqual([server.origin, 'keep-alive']);
    expect(headers).toEqual(HEADERS);
  });

  test('brings status, headers and the bytes as they were on the wire', async () => {
    const body = gzipSync(JSON_PAGE);
    const server = await serve((_asked, res) =>
      res.writeHead(503, { 'content-encoding': 'gzip', 'retry-after': '7' }).end(body),
    );
    const response = await client(server.origin).get('/x', call());
    expect(response).toMatchObject({
      status: 503,
      headers: { 'content-encoding': 'gzip', 'retry-after': '7' },
    });
    expect(typeof response === 'object' && response.body.equals(body)).toBe(true);
  });

  test('is sent over a connection that is kept', async () => {
    const server = await serve((_asked, res) => res.end(JSON_PAGE));
    const requests = client(server.origin);
    for (let number = 0; number < 3; number += 1) await requests.get('/x', call());
    expect([server.received.length, server.connections]).toEqual([3, 1]);
  });
});

describe('the token goes nowhere else:', () => {
  test.each([301, 302, 303, 307, 308])('a redirect with status %d is not followed', async (status) => {
    const elsewhere = await serve((_asked, res) => res.end());
    const server = await serve((_asked, res) =>
      res.writeHead(status, { location: `${elsewhere.origin}/stolen` }).end(),
    );
    expect(await client(server.origin).get('/x', call())).toMatchObject({ status });
    expect([server.received.length, elsewhere.received.length]).toEqual([1, 0]);
  });

  test('a proxy named in the environment is not used', async () => {
    const proxy = await serve((_asked, res) => res.end());
    const server = await serve((_asked, res) => res.end(JSON_PAGE));
    const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
    for (const name of names) process.env[name] = proxy.origin;
    open.push(() => {
      for (const name of names) delete process.env[name];
    });
    expect(await client(server.origin).get('/x', call())).toMatchObject({ status: 200 });
    expect([server.received.length, proxy.received.length]).toEqual([1, 0]);
  });

  test('a target that is a URL of its own stays below the base', async () => {
    const elsewhere = await serve((_asked, res) => res.end());
    const server = await serve((_asked, res) => res.end(JSON_PAGE));
    const requests = client(`${server.origin}/api`);
    for (const target of [`${elsewhere.origin}/x`, elsewhere.origin.replace('http:', '')]) {
      await requests.get(target, call());
    }
    expect(elsewhere.received).toHaveLength(0);
    expect(server.received.every(({ url }) => url.startsWith('/api/'))).toBe(true);
  });
});

describe('an answer', () => {
  test.each<[string, (res: ServerResponse) => unknown]>([
    ['that says so', (res) => res.end('x'.repeat(1001))],
    [
      'that does not say so',
      (res) => {
        for (let number = 0; number < 11; number += 1) res.write('x'.repeat(100));
        res.end();
      },
    ],
  ])('of too many bytes %s is not read', async (_how, answer) => {
    const server = await serve((_asked, res) => answer(res));
    expect(await client(server.origin).get('/x', call())).toBe('too_large');
  });

  test('of as many bytes as are allowed is read', async () => {
    const server = await serve((_asked, res) => res.end('x'.repeat(1000)));
    const response = await client(server.origin).get('/x', call());
    expect(typeof response === 'object' && response.body.length).toBe(1000);
  });

  test('may take longer than a connection may', async () => {
    const server = await serve((_asked, res) => setTimeout(() => res.end(JSON_PAGE), 300));
    const requests = client(server.origin, { connectTimeoutMs: 150 });
    expect(await requests.get('/x', call())).toMatchObject({ status: 200 });
  });

  test('that does not come is a timeout', async () => {
    const server = await serve(() => {});
    expect(await client(server.origin, { timeoutMs: 150 }).get('/x', call())).toBe('timeout');
  });

  test('that drips is a timeout, however steadily it does', async () => {
    const server = await serve((_asked, res) => {
      const drip = setInterval(() => res.write('x'), 20);
      res.once('close', () => clearInterval(drip));
    });
    const startedAt = performance.now();
    expect(await client(server.origin, { timeoutMs: 300 }).get('/x', call())).toBe('timeout');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test.each<[string, (res: ServerResponse) => unknown]>([
    ['before it begins', (res) => res.destroy()],
    [
      'in the middle',
      (res) => res.writeHead(200, { 'content-length': '50' }).write('x', () => res.destroy()),
    ],
    ['with what is not HTTP', (res) => res.socket?.end('nonsense\r\n\r\n')],
  ])('that breaks off %s is a failure of the network', async (_when, answer) => {
    const server = await serve((_asked, res) => answer(res));
    expect(await client(server.origin).get('/x', call())).toBe('network');
  });
});

describe('nothing is sent', () => {
  /** A port on which nothing listens any more. */
  async function deadOrigin(): Promise<string> {
    const server = await Loopback.open(() => {});
    const { origin } = server;
    await server.close();
    return origin;
  }

  test('when nothing listens', async () => {
    const made = call();
    expect(await client(await deadOrigin()).get('/x', made)).toBe('unreachable');
    expect(made.sent).toEqual([]);
  });

  test('when the connection is not ready in time', async () => {
    // Takes connections and never answers the TLS handshake.
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const made = call();
    const startedAt = performance.now();
    const requests = client(`https://127.0.0.1:${port}`, { connectTimeoutMs: 200 });
    expect(await requests.get('/x', made)).toBe('unreachable');
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(made.sent).toEqual([]);
  });

  test('when it would be later than the permit allows, on a new connection or a kept one', async () => {
    const server = await serve((_asked, res) => res.end(JSON_PAGE));
    const requests = client(server.origin);
    const late = () => call({ sendBy: systemClock.monotonic() - 1 });
    expect(await requests.get('/x', late())).toBe('unsent');
    await requests.get('/x', call());
    expect(await requests.get('/x', late())).toBe('unsent');
    await elapse(50);
    expect(server.received).toHaveLength(1);
  });

  test('when the call has been ended before', async () => {
    const server = await serve((_asked, res) => res.end(JSON_PAGE));
    const made = call({ signal: AbortSignal.abort() });
    expect(await client(server.origin).get('/x', made)).toBe('unsent');
    expect([made.sent.length, server.received.length]).toEqual([0, 0]);
  });
});

describe('a call that is ended', () => {
  test('while it waits for its answer is a failure of the network, and its connection is closed', async () => {
    const ending = new AbortController();
    const server = await serve(() => ending.abort());
    expect(await client(server.origin).get('/x', call({ signal: ending.signal }))).toBe('network');
    await elapse(50);
    expect(server.connections).toBe(0);
  });
});

describe('the send is told', () => {
  test('once its request is on a kept connection, before the answer', async () => {
    const server = await serve((asked, res) =>
      setTimeout(() => res.end(JSON_PAGE), asked.url === '/slow' ? 150 : 0),
    );
    const requests = client(server.origin);
    await requests.get('/first', call());
    const made = call();
    const startedAt = performance.now();
    await requests.get('/slow', made);
    expect((made.sent[0] ?? 0) - startedAt).toBeLessThan(120);
  });

  test.each([0, 320])('once, when the answer comes after %d ms on a new connection', async (delayMs) => {
    const server = await serve((_asked, res) => setTimeout(() => res.end(JSON_PAGE), delayMs));
    const made = call();
    await client(server.origin).get('/x', made);
    await elapse(20);
    expect(made.sent).toHaveLength(1);
  });

  test('when a request on a new connection was answered, or else after a while', async () => {
    const server = await serve((asked, res) =>
      setTimeout(() => res.end(JSON_PAGE), asked.url === '/slow' ? 500 : 0),
    );
    for (const [target, from, to] of [
      ['/quick', 0, 200],
      ['/slow', 245, 490],
    ] as const) {
      const made = call();
      const startedAt = performance.now();
      await client(server.origin).get(target, made);
      const toldAfterMs = (made.sent[0] ?? 0) - startedAt;
      expect(toldAfterMs).toBeGreaterThanOrEqual(from);
      expect(toldAfterMs).toBeLessThan(to);
    }
  });
});

test('a closed client leaves no connection open', async () => {
  const server = await serve((_asked, res) => res.end(JSON_PAGE));
  const requests = client(server.origin);
  await Promise.all([requests.get('/x', call()), requests.get('/x', call())]);
  expect(server.connections).toBe(2);
  requests.close();
  await elapse(50);
  expect(server.connections).toBe(0);
});
