import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { inspect, promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/shared/clock.ts';
import { type JsonRequest, requestJson } from '../../../src/shared/json-request.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { TestAuthority } from '../../support/redis-tls.ts';
import { Loopback } from '../upstream/loopback.ts';

const run = promisify(execFile);

let server: Loopback | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function ask(answer: (res: ServerResponse) => unknown, more: Partial<JsonRequest> = {}) {
  server = await Loopback.open((_asked, res) => answer(res));
  const request = { url: `${server.origin}/keys`, timeoutMs: 5000, maxBodyBytes: 1024, ...more };
  return requestJson(request, systemClock);
}

describe('a small request', () => {
  test('is a GET for JSON as it is, with the headers given', async () => {
    expect(await ask((res) => res.end('{"a":[1]}'), { headers: { authorization: 'Bearer t' } })).toEqual({
      json: { a: [1] },
    });
    const [asked] = server?.received ?? [];
    expect(asked).toMatchObject({ method: 'GET', url: '/keys', body: '' });
    expect(asked?.headers).toMatchObject({
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: 'Bearer t',
    });
  });

  test('with a form is a POST', async () => {
    await ask((res) => res.end('{}'), { form: new URLSearchParams({ a: 'b & c' }) });
    const [asked] = server?.received ?? [];
    expect(asked).toMatchObject({ method: 'POST', body: 'a=b+%26+c' });
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  test.each<[string, string, (res: ServerResponse) => unknown]>([
    ['a redirect', 'bad_status', (res) => res.writeHead(302, { location: '/keys?again' }).end('{}')],
    ['another success', 'bad_status', (res) => res.writeHead(203).end('{}')],
    ['an error', 'bad_status', (res) => res.writeHead(500).end('{}')],
    ['HTML', 'not_json', (res) => res.end('<html>')],
    ['nothing', 'not_json', (res) => res.end()],
    ['more than is taken', 'unreachable', (res) => res.end(`"${'x'.repeat(1024)}"`)],
    ['a torn connection', 'unreachable', (res) => res.destroy()],
  ])('answered with %s is a failure: %s', async (_what, failure, answer) => {
    expect(await ask(answer)).toEqual({ failure });
    expect(server?.received).toHaveLength(1);
  });

  test('takes just as much as is allowed', async () => {
    const text = 'x'.repeat(1022);
    expect(await ask((res) => res.end(`"${text}"`))).toEqual({ json: text });
  });

  test('ends at its deadline, also while the answer drips', async () => {
    const clock = new ManualClock();
    server = await Loopback.open((_asked, res) => res.write('{'));
    const answer = requestJson({ url: server.origin, timeoutMs: 3000, maxBodyBytes: 1024 }, clock);
    await eventually('the request is there', () => server?.received.length === 1);
    await clock.advance(3000);
    expect(await answer).toEqual({ failure: 'timeout' });
    expect(clock.pending).toBe(0);
  });

  test('does not go through a proxy of the environment', async () => {
    const proxy = await Loopback.open((_asked, res) => res.end('"proxy"'));
    const before = process.env.http_proxy;
    process.env.http_proxy = proxy.origin;
    try {
      expect(await ask((res) => res.end('"server"'))).toEqual({ json: 'server' });
      expect(proxy.received).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
      await proxy.close();
    }
  });

  test('tells nothing of what was sent', async () => {
    const answer = await ask((res) => res.destroy(), { headers: { authorization: 'Bearer canary' } });
    expect(inspect(answer, { depth: 20, showHidden: true })).not.toContain('canary');
  });
});

describe('over TLS', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let tls: https.Server;
  let url: string;

  beforeAll(async () => {
    authority = new TestAuthority();
    stranger = new TestAuthority();
    const { cert, key } = authority.issue('server');
    tls = https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_req, res) =>
      res.end('"secret"'),
    );
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    authority.remove();
    stranger.remove();
    tls.closeAllConnections();
    await new Promise((resolve) => tls.close(resolve));
  });

  const askWith = (ca: string | undefined) =>
    requestJson({ url, timeoutMs: 5000, maxBodyBytes: 1024, ca }, systemClock);

  test('the own authority is trusted', async () => {
    expect(await askWith(readFileSync(authority.cert, 'utf8'))).toEqual({ json: 'secret' });
  });

  test('another, none, or what is no certificate is not', async () => {
    for (const ca of [readFileSync(stranger.cert, 'utf8'), undefined, 'no certificate']) {
      expect(await askWith(ca)).toEqual({ failure: 'unreachable' });
    }
  });

  test('the environment cannot switch that off', async () => {
    const folder = new URL('../../../src/shared/', import.meta.url);
    const script = `
      import { systemClock } from '${folder}clock.ts';
      import { requestJson } from '${folder}json-request.ts';
      const request = { url: '${url}', timeoutMs: 5000, maxBodyBytes: 1024 };
      console.log(JSON.stringify(await requestJson(request, systemClock)));`;
    // Node reads the variable of the real process, which is not the one that a test sees.
    const { stdout } = await run(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      { env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
    );
    expect(JSON.parse(stdout)).toEqual({ failure: 'unreachable' });
  });
});
