import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ClientCredentialsToken } from '../../../src/upstream/client-credentials-token.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Loopback, type Received } from './loopback.ts';

type Answer = (asked: Received, res: ServerResponse, number: number) => unknown;

let endpoint: Loopback | undefined;
afterEach(async () => {
  await endpoint?.close();
  endpoint = undefined;
});

const give = (res: ServerResponse, token: string, seconds: unknown = 1000, padding = ''): unknown =>
  res
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ access_token: token, expires_in: seconds, token_type: 'Bearer', padding }));

/** By default each request is given another token, which lives for 1000 s. */
async function open(answer: Answer = (_asked, res, number) => give(res, `token-${number}`)) {
  const clock = new ManualClock();
  const server = await Loopback.open((asked, res) => answer(asked, res, server.received.length));
  endpoint = server;
  const outcomes: string[] = [];
  let secret = 'secret-1';
  const tokens = new ClientCredentialsToken(
    {
      tokenUrl: `${server.origin}/oauth2/token`,
      tenant: 'acme',
      clientId: 'client & co',
      clientSecret: () => secret,
      timeoutMs: 5000,
    },
    clock,
    (outcome) => outcomes.push(outcome),
  );
  return {
    clock,
    outcomes,
    server,
    tokens,
    rotate: (to: string) => {
      secret = to;
    },
  };
}

/** Lets a request to loopback come to its end while the manual clock stands still. */
async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  while (!condition() && performance.now() < giveUpAt) {
    // Polled: the network takes real time, however little.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(condition()).toBe(true);
}

describe('the first token', () => {
  test('is asked for with the form and headers that Amperity documents', async () => {
    const { server, tokens } = await open();
    expect(await tokens.current()).toBe('token-1');
    const [asked] = server.received;
    expect(asked).toMatchObject({ method: 'POST', url: '/oauth2/token' });
    expect(asked?.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'x-amperity-tenant': 'acme',
      accept: 'application/json',
    });
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client & co',
      client_secret: 'secret-1',
    });
  });

  test('is asked for once by all callers that come at the same time', async () => {
    const { clock, server, tokens, outcomes } = await open();
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.current()));
    expect(new Set(all)).toEqual(new Set(['token-1']));
    expect(server.received).toHaveLength(1);
    expect(outcomes).toEqual(['ok']);
    expect(clock.pending).toBe(0);
  });
});

describe('a token', () => {
  test('is used without asking until most of its life is over', async () => {
    const { clock, server, tokens } = await open();
    await tokens.current();
    await clock.advance(699_000);
    expect(await tokens.current()).toBe('token-1');
    expect(server.received).toHaveLength(1);
  });

  test('is renewed at 80 % of its life at the latest, and used meanwhile', async () => {
    const { clock, outcomes, server, tokens } = await open();
    await tokens.current();
    await clock.advance(800_001);
    expect(await Promise.all([tokens.current(), tokens.current()])).toEqual(['token-1', 'token-1']);
    await until(() => outcomes.length === 2);
    expect(await tokens.current()).toBe('token-2');
    expect(server.received).toHaveLength(2);
  });

  test('stays in use while its renewal fails, until it expires', async () => {
    const { clock, outcomes, tokens } = await open((_asked, res, number) =>
      number === 1 ? give(res, 'old') : res.writeHead(503).end(),
    );
    await tokens.current();
    await clock.advance(900_000);
    expect(await tokens.current()).toBe('old');
    await until(() => outcomes.length === 2);
    await clock.advance(99_999);
    expect(await tokens.current()).toBe('old');
    await until(() => outcomes.length === 3);
    await clock.advance(60_000);
    await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
    expect(outcomes).toEqual(['ok', 'failed', 'failed', 'failed']);
  });

  test('that has expired is not used, its successor is waited for', async () => {
    const { clock, tokens } = await open();
    await tokens.current();
    await clock.advance(1_000_000);
    expect(await tokens.current()).toBe('token-2');
  });
});

describe('a refused token', () => {
  test('is replaced at once, once for all who come with it', async () => {
    const { server, tokens } = await open();
    await tokens.current();
    expect(await Promise.all([tokens.renew('token-1'), tokens.renew('token-1')])).toEqual([true, true]);
    expect(await tokens.current()).toBe('token-2');
    expect(await tokens.renew('token-1')).toBe(true);
    expect(server.received).toHaveLength(2);
  });

  test('is not used again when no other can be had', async () => {
    const { tokens } = await open((_asked, res, number) =>
      number === 1 ? give(res, 'revoked') : res.writeHead(401).end(),
    );
    await tokens.current();
    expect(await tokens.renew('revoked')).toBe(false);
    await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
  });

  test('is replaced by means of the secret that is mounted now', async () => {
    const { rotate, server, tokens } = await open();
    await tokens.current();
    rotate('secret-2');
    await tokens.renew('token-1');
    expect(server.received.map(({ body }) => new URLSearchParams(body).get('client_secret'))).toEqual([
      'secret-1',
      'secret-2',
    ]);
  });
});

describe('after a failure', () => {
  test('Amperity is asked again after a growing pause, at whatever pace callers come', async () => {
    const { clock, server, tokens } = await open((_asked, res) => res.writeHead(500).end());
    const pauses = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
    await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
    for (const [at, pauseMs] of pauses.entries()) {
      await clock.advance(pauseMs - 1);
      await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
      expect(server.received).toHaveLength(at + 1);
      await clock.advance(1);
      await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
      expect(server.received).toHaveLength(at + 2);
    }
  });

  test('a success ends the pauses', async () => {
    const { clock, server, tokens } = await open((_asked, res, number) =>
      number === 2 ? give(res, 'token', 10) : res.writeHead(500).end(),
    );
    await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
    await clock.advance(1000);
    expect(await tokens.current()).toBe('token');
    await clock.advance(10_000);
    await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
    expect(server.received).toHaveLength(3);
    await clock.advance(1000);
    await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
    expect(server.received).toHaveLength(4);
  });

  test('neither the secret nor what the endpoint said can be read from the error', async () => {
    const { tokens } = await open((asked, res) => res.writeHead(400).end(`no: ${asked.body}`));
    const error: unknown = await tokens.current().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'upstream_auth' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('secret-1');
  });
});

describe('an answer that cannot be used is a failure:', () => {
  test.each<[string, (res: ServerResponse) => unknown]>([
    ['no JSON', (res) => res.end('<html>')],
    ['JSON that is no object', (res) => res.end('null')],
    ['no token', (res) => res.end('{"expires_in":10}')],
    ['a token with a line break', (res) => give(res, 'to\r\nken')],
    ['no lifetime', (res) => res.end('{"access_token":"t"}')],
    ['a lifetime that is text', (res) => give(res, 't', '3600')],
    ['a lifetime of nothing', (res) => give(res, 't', 0)],
    ['a redirect', (res) => res.writeHead(302, { location: '/oauth2/token?again' }).end()],
    ['another status', (res) => res.writeHead(201).end('{"access_token":"t","expires_in":10}')],
    ['more than a token needs', (res) => give(res, 't', 10, 'x'.repeat(70_000))],
    ['a torn connection', (res) => res.destroy()],
  ])('%s', async (_what, answer) => {
    const { outcomes, server, tokens } = await open((_asked, res) => answer(res));
    await expect(tokens.current()).rejects.toMatchObject({ code: 'upstream_auth' });
    expect(outcomes).toEqual(['failed']);
    expect(server.received).toHaveLength(1);
  });

  test('none in time', async () => {
    const { clock, outcomes, server, tokens } = await open(() => {});
    const asked = tokens.current().catch((reason: unknown) => reason);
    await until(() => server.received.length === 1);
    await clock.advance(5000);
    expect(await asked).toMatchObject({ code: 'upstream_auth' });
    expect(outcomes).toEqual(['failed']);
    expect(clock.pending).toBe(0);
  });
});
