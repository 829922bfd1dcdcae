import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { httpGet } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let gateway: GatewayHandle | undefined;

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off' });
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.restoreKnobs();
  await simulator.reset();
});
afterEach(async () => {
  await gateway?.stop('SIGKILL');
  gateway = undefined;
});

const LIST = '/api/indexes/idx-loyalty/profiles';

async function start(drain: Record<string, number>, settings: Record<string, unknown> = {}) {
  gateway = await spawnGateway(simulator.dataUrl, { settings: { drain, ...settings } });
  return gateway;
}

/** Amperity takes this long from now on. */
const slow = (ms: number) => simulator.knobs({ 'latency.table': { 0: [ms, ms] } });

/** Resolves once Amperity has been called. */
async function called(calls = 1): Promise<void> {
  while ((await simulator.summary()).requests < calls) await sleep(5);
}

/** Sends the signal and resolves, when the process has gone, with its exit code and how long that took. */
async function end({ child }: { child: ChildProcess }, signal: NodeJS.Signals) {
  const startedAt = performance.now();
  const gone = once(child, 'exit');
  child.kill(signal);
  const [code] = await gone;
  return { code, tookMs: performance.now() - startedAt };
}

const logged = (output: readonly string[], msg: string) =>
  output
    .filter((line) => line.startsWith('{'))
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((line) => line.msg === msg);

describe('SIGTERM', () => {
  test('drains: not ready at once, still serving for delayMs, and every answer begun is given', async () => {
    const target = await start({ delayMs: 1000, timeoutMs: 5000 });
    const idle = new http.Agent({ keepAlive: true });
    await target.get(`${LIST}?limit=1`, { agent: idle });
    await simulator.clearJournal();
    await slow(2000);
    const inTheAir = target.get(`${LIST}?limit=2`);
    await called();

    const ended = end(target, 'SIGTERM');
    await sleep(50);
    const ready = await target.admin('/readyz');
    expect([ready.status, String(ready.body)]).toEqual([503, 'draining\n']);
    expect((await target.admin('/livez')).status).toBe(200);
    for (const agent of [idle, new http.Agent()]) {
      const reply = await target.get(`${LIST}?limit=1`, { agent });
      expect([reply.status, reply.headers.connection]).toEqual([200, 'close']);
    }

    await sleep(1200);
    // The public listener has closed; health is told to the end.
    await expect(httpGet(target.url, '/livez')).rejects.toThrow('ECONNREFUSED');
    expect((await target.admin('/readyz')).status).toBe(503);
    const finished = await inTheAir;
    expect([finished.status, finished.headers.connection]).toEqual([200, 'close']);

    const { code, tookMs } = await ended;
    expect(code).toBe(0);
    expect(tookMs).toBeGreaterThan(1500);
    expect(tookMs).toBeLessThan(3000);
    expect(logged(target.output, 'draining')).toMatchObject([{ reason: 'SIGTERM' }]);
    expect(logged(target.output, 'stopped')).toMatchObject([{ clean: true }]);
    idle.destroy();
  });

  test('is not held up by a connection that is kept open for nothing', async () => {
    const target = await start({ delayMs: 200 });
    const idle = new http.Agent({ keepAlive: true });
    await target.get('/livez', { agent: idle });
    const { code, tookMs } = await end(target, 'SIGTERM');
    expect(code).toBe(0);
    expect(tookMs).toBeGreaterThanOrEqual(195);
    expect(tookMs).toBeLessThan(1000);
    idle.destroy();
  });

  test('loses no caller who waits for the budget', async () => {
    const target = await start({ delayMs: 0 }, { budget: { rate: 5, windowMs: 500 } });
    const waiting = Promise.all(
      Array.from({ length: 15 }, (_, call) => target.get(`${LIST}?limit=1&filter[city]=nowhere-${call}`)),
    );
    await called();
    // Until all of them have arrived: whom the closing listener has not heard yet, it cannot answer.
    await sleep(150);
    const ended = end(target, 'SIGTERM');
    expect((await waiting).map(({ status }) => status)).toEqual(Array(15).fill(200));
    const { code, tookMs } = await ended;
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(3000);
  });

  test('cuts off what has not ended after timeoutMs, and says so', async () => {
    const target = await start({ delayMs: 0, timeoutMs: 400 });
    await simulator.faults([{ do: 'hang' }]);
    const hanging = target.get(`${LIST}?limit=3`).catch(() => 'cut off');
    await called();
    const { tookMs } = await end(target, 'SIGTERM');
    expect(await hanging).toBe('cut off');
    expect(tookMs).toBeGreaterThanOrEqual(395);
    expect(tookMs).toBeLessThan(1200);
    expect(logged(target.output, 'stopped')).toMatchObject([{ clean: false }]);
  });
});

describe('SIGINT', () => {
  test('leaves the delay out, and still gives the answers it has begun', async () => {
    const target = await start({ delayMs: 20_000 });
    await slow(500);
    const inTheAir = target.get(`${LIST}?limit=4`);
    await called();
    const { code, tookMs } = await end(target, 'SIGINT');
    expect((await inTheAir).status).toBe(200);
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(1500);
  });
});

describe('a second signal', () => {
  test.each<[NodeJS.Signals, NodeJS.Signals]>([
    ['SIGTERM', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGINT'],
  ])('%s, then %s: ends at once', async (first, second) => {
    const target = await start({ delayMs: 20_000 });
    await simulator.faults([{ do: 'hang' }]);
    const hanging = target.get(`${LIST}?limit=5`).catch(() => 'cut off');
    await called();
    target.child.kill(first);
    while (logged(target.output, 'draining').length === 0) await sleep(5);
    const { code, tookMs } = await end(target, second);
    expect(await hanging).toBe('cut off');
    expect(code).toBe(130);
    expect(tookMs).toBeLessThan(500);
  });
});

describe('the log', () => {
  const ALWAYS = [
    'bytes',
    'cache',
    'durationMs',
    'level',
    'method',
    'msg',
    'requestId',
    'route',
    'status',
    'time',
    'traceId',
    'waitMs',
  ];
  const KNOWN = [...ALWAYS, 'keyId', 'team'];

  test('has one line for each request, which holds these fields and no other', async () => {
    gateway = await spawnGateway(simulator.dataUrl, {
      settings: { upstream: { attempts: 1 } },
      env: { LOG_LEVEL: 'trace' },
      secrets: ['cAnArY7'],
    });
    const target = gateway;
    const headers = {
      authorization: `Bearer ${target.key()}`,
      cookie: 'session=cAnArY7',
      referer: 'https://cAnArY7.example',
      'user-agent': 'cAnArY7',
      'x-forwarded-for': 'cAnArY7',
    };
    const filter = 'filter%5Bemail%5D=cAnArY7%40example.com';
    const asked: [path: string, fields: string[], values: Record<string, unknown>][] = [
      [
        `${LIST}?limit=1&${filter}`,
        [...KNOWN, 'expectedMs', 'fp', 'profiles'],
        { status: 200, cache: 'miss', profiles: 0, expectedMs: 0 },
      ],
      [`${LIST}?limit=1&${filter}`, [...KNOWN, 'fp', 'profiles'], { status: 200, cache: 'hit', waitMs: 0 }],
      [
        `${LIST}/cAnArY7`,
        [...KNOWN, 'code', 'expectedMs', 'fp', 'profiles'],
        { status: 404, code: 'not_found', cache: 'miss' },
      ],
      [`${LIST}?limit=0&next_token=cAnArY7`, [...KNOWN, 'code'], { status: 400, code: 'invalid_parameter' }],
      ['/cAnArY7?cAnArY7', [...ALWAYS, 'code'], { status: 404, code: 'not_found', route: 'other' }],
    ];
    for (const [path] of asked) await target.get(path, { headers });
    await target.ask(`${LIST}/cAnArY7`, {
      headers: { 'x-api-key': 'cAnArY7', 'x-request-id': 'cAnArY7-0000' },
    });
    await simulator.faults([{ do: 'status', status: 503 }]);
    await target.get(`${LIST}?limit=2&${filter}`, { headers });
    await simulator.clearFaults();
    await slow(400);
    await target.get(`${LIST}?limit=3`, { signal: AbortSignal.timeout(100) }).catch(() => undefined);
    while (logged(target.output, 'request').length < 8) await sleep(10);

    const lines = logged(target.output, 'request');
    expect(lines).toHaveLength(8);
    const expected = [
      ...asked.map(([, fields, values]) => ({ fields, values })),
      { fields: [...ALWAYS, 'code'], values: { status: 401, code: 'unauthenticated' } },
      { fields: [...KNOWN, 'code', 'fp'], values: { status: 502, code: 'upstream_error' } },
      { fields: [...KNOWN, 'code', 'fp'], values: { status: 499, code: 'client_closed' } },
    ];
    for (const [place, { fields, values }] of expected.entries()) {
      const line = lines[place] ?? {};
      expect(Object.keys(line).sort()).toEqual([...fields].sort());
      expect(line).toMatchObject({ method: 'GET', level: 'info', ...values });
    }
    expect(lines[0]).toMatchObject({ team: 'web', route: '/api/indexes/:index/profiles' });
    expect(lines[2]).toMatchObject({ route: '/api/indexes/:index/profiles/:profile' });
    expect(lines[0]?.fp).toMatch(/^[A-Za-z0-9_-]{12}$/);
    // The same question has the same name, another one has another.
    expect([lines[1]?.fp === lines[0]?.fp, lines[2]?.fp === lines[0]?.fp]).toEqual([true, false]);
    expect(target.output.join('\n')).not.toMatch(/cAnArY7|canary7|Y0FuQXJZNw/i);
  });

  test('says when it listens, where, for whom, and with what doubts', async () => {
    const target = await start({}, {});
    const [line] = logged(target.output, 'listening');
    expect(line).toMatchObject({ level: 'info', teams: ['web'], version: expect.any(String) });
    expect(target.url).toBe(`http://${line?.listen}`);
  });
});
