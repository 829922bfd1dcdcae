import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type FaultRule, type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { json } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let folder: string;
const gateways: GatewayHandle[] = [];

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off' });
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.restoreKnobs();
  await simulator.reset();
  folder = mkdtempSync(join(tmpdir(), 'upstream-trouble-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const gateway of gateways.splice(0)) {
    expect(gateway.child.exitCode).toBeNull();
    expect(gateway.output.filter((line) => line.includes('"msg":"defect"'))).toEqual([]);
    await gateway.stop();
  }
});

async function start(
  upstream: Record<string, number> = {},
  env: Record<string, string> = {},
  settings: Record<string, unknown> = {},
): Promise<GatewayHandle> {
  const gateway = await spawnGateway(simulator.dataUrl, {
    settings: { budget: { rate: 1000 }, upstream, ...settings },
    env,
    secrets: ['not-the-secret'],
  });
  gateways.push(gateway);
  return gateway;
}

/** A question nobody has asked before. */
const cold = (name: string | number, index = 'idx-loyalty') =>
  `/api/indexes/${index}/profiles?limit=1&filter%5Bcity%5D=nowhere-${name}`;

const several = (gateway: GatewayHandle, calls: number, name: string, index?: string) =>
  Promise.all(Array.from({ length: calls }, (_, call) => gateway.get(cold(`${name}-${call}`, index))));

const statuses = (replies: readonly { status: number }[]) => [
  ...new Set(replies.map(({ status }) => status)),
];

const journalled = async () =>
  (await simulator.journal()).map(({ family, status }) => (family === 'profile' ? status : family));

describe('with client credentials', () => {
  const withSecret = (secret: Record<string, string>) => ({
    AMPERITY_TOKEN: '',
    AMPERITY_CLIENT_ID: 'sim-client',
    AMPERITY_TOKEN_URL: `${simulator.dataUrl}/v0/oauth2/token`,
    ...secret,
  });
  const rightSecret = () => withSecret({ AMPERITY_CLIENT_SECRET: 'sim-secret' });

  test('a token that Amperity revokes is renewed once and the call is made once more', async () => {
    const gateway = await start({}, rightSecret());
    expect((await gateway.get(cold('before'))).status).toBe(200);
    await simulator.revokeTokens();
    expect((await gateway.get(cold('after'))).status).toBe(200);
    expect(await journalled()).toEqual(['token', 200, 401, 'token', 200]);
  });

  test('a new token that is refused too is not tried a third time', async () => {
    const gateway = await start({}, rightSecret());
    await simulator.faults([{ match: { route: 'profiles' }, do: 'status', status: 401 }]);
    const reply = await gateway.get(cold('refused'));
    expect(reply.status).toBe(502);
    expect(json(reply)).toMatchObject({ code: 'upstream_auth' });
    expect(await journalled()).toEqual(['token', 401, 'token', 401]);
  });

  test('50 cold callers cost one token', async () => {
    await simulator.knobs({ 'token.latency_ms': 400 });
    const gateway = await start({}, rightSecret());
    expect(statuses(await several(gateway, 50, 'first'))).toEqual([200]);
    expect((await simulator.summary()).by_family).toEqual({ token: 1, profile: 50 });

    await simulator.revokeTokens();
    expect(statuses(await several(gateway, 50, 'second'))).toEqual([200]);
    expect((await simulator.summary()).by_family.token).toBe(2);
  });

  test('a token is renewed before it expires, and nobody waits for it', async () => {
    await simulator.knobs({ 'token.ttl_s': 2, 'token.latency_ms': 300 });
    const gateway = await start({}, rightSecret());
    await gateway.get(cold('young'));
    // Past 80 % of the two seconds; the other one is past the first token's end.
    await sleep(1650);
    const old = await gateway.get(cold('old'));
    expect(old.tookMs).toBeLessThan(250);
    await sleep(600);
    await gateway.get(cold('renewed'));
    const journal = await journalled();
    expect(journal.filter((entry) => entry !== 'token')).toEqual([200, 200, 200]);
    expect(journal.filter((entry) => entry === 'token')).toHaveLength(2);
  });

  test('a wrong secret is told as our fault, without asking for a token at the pace of callers', async () => {
    const file = join(folder, 'secret');
    writeFileSync(file, 'not-the-secret\n');
    const gateway = await start({}, withSecret({ AMPERITY_CLIENT_SECRET_FILE: file }));
    for (let call = 0; call < 20; call += 1) {
      const reply = await gateway.get(cold(call));
      expect(reply.status).toBe(502);
      expect(json(reply)).toMatchObject({ code: 'upstream_auth' });
      expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    }
    const { by_family: families } = await simulator.summary();
    expect(families.token).toBeLessThanOrEqual(2);
    expect(families.profile).toBeUndefined();

    // A pause of at most 1, 2, 4 s has begun by now; then the file is read again.
    writeFileSync(file, 'sim-secret');
    const deadline = performance.now() + 8000;
    let status = 0;
    for (let call = 0; status !== 200 && performance.now() < deadline; call += 1) {
      await sleep(250);
      status = (await gateway.get(cold(`right-${call}`))).status;
    }
    expect(status).toBe(200);
  });
});

describe('with a token that stays', () => {
  test('a refusal is told at once to everybody, and one probe in ten seconds finds out whether it lasts', async () => {
    const [lasting, passing] = [await start(), await start()];
    const refuse = (index: string): FaultRule => ({ match: { index }, do: 'status', status: 401 });
    // The answers take their time, so that calls made beside a probe would be seen.
    await simulator.knobs({ 'latency.table': { 0: [300, 300] } });
    await simulator.faults([refuse('idx-loyalty'), refuse('idx-shoppers')]);
    const first = [
      await lasting.get(cold('first', 'idx-loyalty')),
      await passing.get(cold('first', 'idx-shoppers')),
    ];
    for (const reply of first) {
      expect(reply.status).toBe(502);
      expect(json(reply)).toMatchObject({ code: 'upstream_auth', retry_after: 10 });
      expect(reply.headers['retry-after']).toBe('10');
      expect(reply.headers['www-authenticate']).toBeUndefined();
    }
    expect(await journalled()).toEqual([401, 401]);

    const meanwhile = await several(lasting, 20, 'meanwhile', 'idx-loyalty');
    expect(statuses(meanwhile)).toEqual([502]);
    expect(Math.max(...meanwhile.map(({ tookMs }) => tookMs))).toBeLessThan(250);
    expect(await journalled()).toEqual([401, 401]);

    await sleep(10_200);
    await simulator.clearFaults();
    await simulator.faults([refuse('idx-loyalty')]);
    expect(statuses(await several(passing, 5, 'later', 'idx-shoppers'))).toEqual([200]);
    await simulator.clearJournal();
    expect(statuses(await several(lasting, 20, 'later', 'idx-loyalty'))).toEqual([502]);
    expect(await journalled()).toEqual([401]);
  }, 40_000);

  test('a file with a new token is read as soon as the old token is refused', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'sim-token\n');
    const gateway = await start({}, { AMPERITY_TOKEN: '', AMPERITY_TOKEN_FILE: file });
    expect((await gateway.get(cold('before'))).status).toBe(200);
    await simulator.knobs({ 'tenant.error': '401' });
    writeFileSync(file, 'sim-token-sb\n');
    await simulator.revokeTokens('sim-token');
    // The sandbox's token is a wrong one here, which shows that it is the one that was sent.
    expect((await gateway.get(cold('after'))).status).toBe(502);
    const journal = await simulator.journal();
    expect(journal.map(({ token }) => token)).toEqual(['tok-1', null, 'tok-2']);
  });

  test('a token that Kubernetes swaps in by its link is used without a refusal, an empty one is not', async () => {
    const publish = (version: string, text: string): void => {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'token'), text);
      symlinkSync(version, join(folder, 'next'));
      renameSync(join(folder, 'next'), join(folder, '..data'));
    };
    publish('..1', 'sim-token-sb');
    symlinkSync(join('..data', 'token'), join(folder, 'token'));
    const gateway = await start({}, { AMPERITY_TOKEN: '', AMPERITY_TOKEN_FILE: join(folder, 'token') });
    const reloads = async (outcome: string) => {
      const text = String((await gateway.admin('/metrics')).body);
      return Number(new RegExp(`secret_reloads_total\\{[^}]*outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1]);
    };
    const before = await reloads('ok');
    publish('..2', 'sim-token\n');
    while ((await reloads('ok')) === before) await sleep(50);
    publish('..3', '');
    while ((await reloads('invalid')) === 0) await sleep(50);
    expect((await gateway.get(cold('swapped'))).status).toBe(200);
    expect((await simulator.journal()).map(({ token }) => token)).toEqual(['tok-1']);
  });
});

describe('a 429', () => {
  /** Milliseconds from the end of each refused call to the arrival of the next call. */
  async function pauses(): Promise<number[]> {
    const journal = await simulator.journal();
    return journal.flatMap(({ status, done_ms }, place) =>
      status === 429 ? [(journal[place + 1]?.t_ms ?? 0) - (done_ms ?? 0)] : [],
    );
  }

  test('with Retry-After keeps every call back for that long, and then all callers are answered', async () => {
    const gateway = await start();
    await simulator.faults([{ do: 'status', status: 429, retry_after: 2, times: 1 }]);
    const first = gateway.get(cold('first'));
    await sleep(200);
    const replies = [...(await several(gateway, 20, 'others')), await first];
    expect(statuses(replies)).toEqual([200]);
    const [pause = 0] = await pauses();
    expect(pause).toBeGreaterThanOrEqual(1995);
    expect(pause).toBeLessThan(2500);
    expect((await simulator.summary()).requests).toBe(22);
    expect(Number(replies[0]?.headers['x-budget-wait-ms'])).toBeGreaterThan(1000);
  });

  test.each([undefined, 'soon', '-5'])(
    'with Retry-After: %s pauses for a second, and for two when the next call is refused as well',
    async (retryAfter) => {
      const gateway = await start();
      const header = retryAfter === undefined ? {} : { retry_after: retryAfter };
      await simulator.faults([{ do: 'status', status: 429, times: 2, ...header }]);
      expect((await gateway.get(cold('patient'))).status).toBe(200);
      const [one = 0, two = 0, ...more] = await pauses();
      expect(more).toEqual([]);
      expect(one).toBeGreaterThanOrEqual(995);
      expect(two).toBeGreaterThanOrEqual(1995);
      expect(one + two).toBeLessThan(4000);
      expect((await simulator.summary()).requests).toBe(3);
    },
  );

  test('after a 429 is no storm: 30 callers make at most one window of calls after each pause', async () => {
    const gateway = await start({}, {}, { budget: { rate: 10 }, queue: { maxWaitMs: 3500 } });
    // Every call of a window is under way before the first of them is refused.
    await simulator.knobs({ 'latency.table': { 0: [200, 200] } });
    await simulator.faults([{ do: 'status', status: 429 }]);
    const replies = await several(gateway, 30, 'storm');
    // Whose time runs out between two pauses, while calls are under way, is told so.
    const codes = new Set(replies.map((reply) => json(reply).code));
    codes.delete('deadline_exceeded');
    expect(codes).toEqual(new Set(['upstream_budget']));
    const at = (await simulator.journal()).map((entry) => entry.t_ms);
    const gaps = at.slice(1).map((time, place) => time - (at[place] ?? 0));
    expect(gaps.filter((gap) => gap > 500).map((gap) => Math.floor((gap + 10) / 1000))).toEqual([1, 2]);
    expect(at.length).toBeLessThanOrEqual(30);
  });

  test('that outlasts the wait of a caller is told as Amperity’s refusal, with the time left', async () => {
    const gateway = await start({}, {}, { queue: { maxWaitMs: 500 } });
    await simulator.faults([{ do: 'status', status: 429, retry_after: 30 }]);
    const reply = await gateway.get(cold('late'));
    expect(reply.status).toBe(429);
    expect(json(reply)).toMatchObject({ code: 'upstream_budget', 'violated-policies': ['upstream'] });
    expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(28);
    expect(Number(reply.headers['retry-after'])).toBeLessThanOrEqual(30);
    expect((await simulator.summary()).requests).toBe(1);
  });
});

describe('an answer that is final', () => {
  test('403: the gateway’s credential may not read it; one call, and other indexes go on', async () => {
    await simulator.knobs({ 'auth.forbidden': ['idx-shoppers'] });
    const gateway = await start();
    const reply = await gateway.get(cold('forbidden', 'idx-shoppers'));
    expect(reply.status).toBe(502);
    expect(json(reply)).toMatchObject({ code: 'upstream_auth', upstream_request_id: expect.any(String) });
    expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await gateway.get(cold('allowed'))).status).toBe(200);
    expect(await journalled()).toEqual([403, 200]);
  });

  test('405: the same', async () => {
    const gateway = await start();
    await simulator.faults([{ do: 'status', status: 405, times: 1 }]);
    const reply = await gateway.get(cold('not-allowed'));
    expect(reply.status).toBe(502);
    expect(reply.headers.allow).toBeUndefined();
    expect(json(reply)).toMatchObject({ code: 'upstream_auth' });
    expect(await journalled()).toEqual([405]);
  });

  test('400: told with Amperity’s reason, and shared for failureMs', async () => {
    const gateway = await start({}, {}, { cache: { failureMs: 1000 } });
    const path = '/api/indexes/idx-loyalty/profiles?filter%5Bbirth_year%5D=19801980';
    const replies = [await gateway.get(path), await gateway.get(path)];
    for (const reply of replies) {
      expect(reply.status).toBe(400);
      expect(json(reply)).toMatchObject({
        code: 'upstream_rejected',
        detail: 'Amperity: "birth_year" is not a filter field.',
      });
      expect(String(reply.body)).not.toContain('19801980');
    }
    expect(await journalled()).toEqual([400]);
    await sleep(1100);
    expect((await gateway.get(path)).status).toBe(400);
    expect(await journalled()).toEqual([400, 400]);
  });

  test.each([
    ['an index', '/api/indexes/idx-nowhere'],
    ['a list', '/api/indexes/idx-nowhere/profiles?limit=5'],
    ['a profile', '/api/indexes/idx-loyalty/profiles/m-99999'],
  ])('404 for %s: told, and remembered for half a minute at most', async (_what, path) => {
    const gateway = await start({}, {}, { cache: { freshMs: 600_000, staleMs: 600_000 } });
    const [first, second] = [await gateway.get(path), await gateway.get(path)];
    for (const reply of [first, second]) {
      expect(reply.status).toBe(404);
      expect(json(reply)).toMatchObject({ code: 'not_found', status: 404 });
      expect(String(reply.body)).not.toContain('99999');
    }
    expect(first.headers['cache-status']).toBe('amperity-gateway; fwd=uri-miss; stored');
    const ttl = Number(/; hit; ttl=(\d+)$/.exec(String(second.headers['cache-status']))?.[1]);
    expect(ttl).toBeLessThanOrEqual(30);
    expect(ttl).toBeGreaterThanOrEqual(28);
    expect(await journalled()).toEqual([404]);
  });
});

describe('a broken answer is a 502 upstream_error, and the next answer is a good one', () => {
  const MIB = 1024 ** 2;
  const LIMITS = { attempts: 2, timeoutMs: 600, connectTimeoutMs: 600, maxBodyBytes: MIB };
  const redirects = [301, 302, 303, 307, 308].flatMap((status) =>
    ['same', 'trap', 'loop'].map((location): FaultRule => ({ do: 'redirect', status, location })),
  );
  /** Nothing would be different the next time. */
  const final: FaultRule[] = [
    ...redirects,
    ...['html', 'text', 'empty', 'truncated_json', 'invalid_utf8'].map(
      (body): FaultRule => ({ do: 'status', status: 200, body }),
    ),
    ...[201, 204, 206, 409, 418, 422, 501, 505, 599].map((status): FaultRule => ({ do: 'status', status })),
    ...['missing', 'null', 'object', 'too_many'].map((data): FaultRule => ({ do: 'malformed', data })),
    { do: 'huge', bytes: 2 * MIB },
    { do: 'huge', bytes: 64 * MIB },
    { do: 'huge', bytes: 2 * MIB, encoding: 'gzip' },
    { do: 'bomb', bytes: 64 * MIB, encoding: 'gzip' },
    { do: 'bomb', bytes: 64 * MIB, encoding: 'br' },
    { do: 'bomb', bytes: 64 * MIB, encoding: 'gzip', layers: 2 },
    { do: 'bad_encoding', encoding: 'gzip' },
    { do: 'bad_encoding', encoding: 'br' },
    { do: 'bad_encoding', encoding: 'gzip', layers: 2 },
  ];
  /** Another attempt may fare better. */
  const passing: FaultRule[] = [
    ...[500, 502, 503, 504].map((status): FaultRule => ({ do: 'status', status, body: 'html' })),
    { do: 'close' },
    { do: 'close', after_bytes: 20 },
    { do: 'reset', after_bytes: 40 },
    { do: 'truncate', after_bytes: 40 },
    { do: 'hang', stage: 'before_headers' },
    { do: 'hang', stage: 'after_headers' },
    { do: 'drip', bytes: 1, every_ms: 20 },
  ];
  const named = (rule: FaultRule) => [JSON.stringify(rule), rule] as const;

  let gateway: GatewayHandle;
  let questions = 0;
  beforeAll(async () => {
    gateway = await start(LIMITS);
    // One for all of them; it is not to be stopped after the first.
    gateways.pop();
    await recover(1);
  });
  afterAll(() => gateway.stop());

  async function expectBroken(rule: FaultRule, calls: number): Promise<void> {
    await simulator.faults([rule]);
    const path = `/api/indexes/idx-loyalty/profiles?limit=5&filter%5Bemail%5D=${encodeURIComponent(named(rule)[0])}`;
    const reply = await gateway.get(path);
    expect(json(reply)).toMatchObject({ code: 'upstream_error', status: 502, title: 'Amperity failed' });
    expect(reply.status).toBe(502);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const { requests, by_family: families } = await simulator.summary();
    expect({ requests, trapped: families.trap ?? 0 }).toEqual({ requests: calls, trapped: 0 });

    await simulator.clearFaults();
    expect(gateway.child.exitCode).toBeNull();
    await recover(calls);
  }

  /** So many good answers that no memory of failures, breaker or retry budget, reaches the next test. */
  async function recover(failures: number): Promise<void> {
    questions += 1;
    expect(statuses(await several(gateway, 12 * failures, `good-${questions}`))).toEqual([200]);
  }

  test.each(final.map(named))('%s', (_name, rule) => expectBroken(rule, 1));

  test.each(passing.map(named))('%s, after all attempts', (_name, rule) =>
    expectBroken(rule, LIMITS.attempts),
  );

  test.each(passing.map(named))('%s, but only once: the caller notices nothing', async (_name, rule) => {
    await simulator.faults([{ ...rule, times: 1 }]);
    const reply = await gateway.get(cold(encodeURIComponent(`once-${named(rule)[0]}`)));
    expect(reply.status).toBe(200);
    expect((await simulator.summary()).requests).toBe(2);
    await recover(1);
  });

  test('and none of it has filled the memory or left a defect in the log', async () => {
    const metrics = String((await gateway.admin('/metrics')).body);
    const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
    expect(bytes).toBeGreaterThan(MIB);
    expect(bytes).toBeLessThan(300 * MIB);
    expect(gateway.output.filter((line) => line.includes('"msg":"defect"'))).toEqual([]);
  });
});

describe('retries', () => {
  test('503 twice, then an answer: the caller gets it, for three calls', async () => {
    const gateway = await start();
    await simulator.faults([{ do: 'status', status: 503, times: 2 }]);
    const reply = await gateway.get(cold('third'));
    expect(reply.status).toBe(200);
    expect(await journalled()).toEqual([503, 503, 200]);
  });

  test('a connection that cannot be made is tried again', async () => {
    const gateway = await start();
    await simulator.knobs({ listen: 'off' });
    const reply = gateway.get(cold('unreachable'));
    await sleep(50);
    await simulator.knobs({ listen: 'on' });
    expect((await reply).status).toBe(200);
  });

  test('wait as long as a 503 asks for', async () => {
    const gateway = await start();
    await simulator.faults([{ do: 'status', status: 503, retry_after: 1, times: 1 }]);
    const reply = await gateway.get(cold('asked'));
    expect(reply.status).toBe(200);
    expect(reply.tookMs).toBeGreaterThanOrEqual(990);
    expect(await journalled()).toEqual([503, 200]);
  });

  test('do not keep a caller beyond maxWaitMs because a 503 asks for a long pause', async () => {
    const gateway = await start({}, {}, { queue: { maxWaitMs: 1000 } });
    await simulator.faults([{ do: 'status', status: 503, retry_after: 8 }]);
    const reply = await gateway.get(cold('long'));
    expect(reply.tookMs).toBeLessThan(3000);
    expect(reply.status).toBe(502);
    expect(json(reply).code).toBe('upstream_error');
    expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(7);
  });
});
