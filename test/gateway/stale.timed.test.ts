import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { json, type Reply } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let gateway: GatewayHandle;

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off' });
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.restoreKnobs();
  await simulator.reset();
});
afterEach(async () => {
  await gateway.stop();
});

/** Pages of this gateway are fresh for 270 to 330 ms, then stale. */
const start = async (cache: Record<string, number>, upstream: Record<string, number> = {}) => {
  gateway = await spawnGateway(simulator.dataUrl, {
    settings: {
      budget: { rate: 1000 },
      queue: { maxWaitMs: 1000 },
      cache: { freshMs: 300, staleMs: 60_000, staleIfErrorMs: 60_000, failureMs: 0, ...cache },
      upstream,
    },
  });
};
const FRESH_IS_OVER_MS = 400;

const page = (name: string) => `/api/indexes/idx-shoppers/profiles?limit=5&filter%5Bcity%5D=${name}`;
const madeBy = ({ headers }: Reply) => headers['cache-status'];

async function calls(): Promise<number> {
  return (await simulator.summary()).requests;
}

/** Asks until the answer holds `text`, for what happens behind an answer has no end that can be waited for. */
async function askUntil(text: string, withinMs = 2000): Promise<Reply> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const reply = await gateway.get(page('Madrid'));
    if (`${madeBy(reply)}${reply.body}`.includes(text)) return reply;
    await sleep(20);
  }
  throw new Error(`no answer held ${text}`);
}

describe('stale while revalidate', () => {
  test('answers at once and refreshes behind, by one call however many ask', async () => {
    await start({});
    const before = await gateway.get(page('Madrid'));
    expect(madeBy(before)).toBe('amperity-gateway; fwd=uri-miss; stored');
    expect(before.headers.age).toBeUndefined();

    await simulator.knobs({ 'data.exotic': true, 'latency.table': { 0: [600, 600] } });
    await sleep(FRESH_IS_OVER_MS);
    const meanwhile = await Promise.all(Array.from({ length: 20 }, () => gateway.get(page('Madrid'))));
    for (const reply of meanwhile) {
      expect(reply.status).toBe(200);
      expect(reply.tookMs).toBeLessThan(300);
      expect(reply.body).toEqual(before.body);
      expect(madeBy(reply)).toBe('amperity-gateway; hit; ttl=-1; detail=stale-while-revalidate');
      expect(reply.headers.age).toBe('0');
      expect(reply.headers['x-budget-wait-ms']).toBe('0');
    }
    const after = await askUntil('x_unknown');
    expect(madeBy(after)).toBe('amperity-gateway; hit; ttl=0');
    expect(await calls()).toBe(2);
  });

  test('tells age and overdue time in whole seconds', async () => {
    await start({});
    await gateway.get(page('Madrid'));
    await simulator.knobs({ listen: 'off' });
    await sleep(1600);
    const reply = await gateway.get(page('Madrid'));
    expect(reply.headers.age).toBe('1');
    expect(madeBy(reply)).toBe('amperity-gateway; hit; ttl=-2; detail=stale-while-revalidate');
  });

  test('hides a failed refresh and tries again with the next caller', async () => {
    await start({}, { attempts: 1 });
    await gateway.get(page('Madrid'));
    await simulator.faults([{ do: 'status', status: 503, times: 1 }]);
    await sleep(FRESH_IS_OVER_MS);
    expect(madeBy(await gateway.get(page('Madrid')))).toContain('detail=stale-while-revalidate');
    await askUntil('; hit; ttl=0');
    expect((await simulator.journal()).map(({ status }) => status)).toEqual([200, 503, 200]);
  });

  test('is over with staleMs: then the caller waits for a new page', async () => {
    await start({ staleMs: 200 });
    await gateway.get(page('Madrid'));
    await simulator.knobs({ 'data.exotic': true });
    await sleep(FRESH_IS_OVER_MS + 200);
    const reply = await gateway.get(page('Madrid'));
    expect(madeBy(reply)).toBe('amperity-gateway; fwd=stale; stored');
    expect(String(reply.body)).toContain('x_unknown');
  });
});

describe('when Amperity fails', () => {
  const failures: [what: string, fail: () => Promise<unknown>][] = [
    ['refuses connections', () => simulator.knobs({ listen: 'off' })],
    ['answers 503', () => simulator.faults([{ do: 'status', status: 503 }])],
    ['answers 500 in HTML', () => simulator.faults([{ do: 'status', status: 500, body: 'html' }])],
    ['says nothing', () => simulator.faults([{ do: 'hang' }])],
    ['answers with a login page', () => simulator.faults([{ do: 'status', status: 200, body: 'html' }])],
    ['resets its connections', () => simulator.faults([{ do: 'reset', at: 'arrival' }])],
    ['limits us', () => simulator.faults([{ do: 'status', status: 429, retry_after: 30 }])],
  ];

  test.each(failures)(
    'and %s, pages seen before are answered and others are refused with a time',
    async (what, fail) => {
      await start({ staleMs: 0 }, { attempts: 2, timeoutMs: 400, connectTimeoutMs: 400 });
      const seen = await gateway.get(page('Madrid'));
      await sleep(FRESH_IS_OVER_MS);
      await fail();
      const stale = await gateway.get(page('Madrid'));
      expect(stale.status).toBe(200);
      expect(stale.body).toEqual(seen.body);
      expect(madeBy(stale)).toMatch(/^amperity-gateway; hit; ttl=-\d+; detail=stale-if-error$/);
      expect(stale.headers.age).toMatch(/^\d+$/);

      const never = await gateway.get(page('Vienna'));
      const limited = what === 'limits us';
      expect(never.status).toBe(limited ? 429 : 502);
      expect(json(never).code).toBe(limited ? 'upstream_budget' : 'upstream_error');
      expect(Number(never.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(json(never).retry_after).toBe(Number(never.headers['retry-after']));
    },
  );

  test('0 of 100 callers of pages once seen get an error, and soon after it is over pages are new', async () => {
    await start({ staleMs: 200 }, { attempts: 1 });
    const cities = ['Madrid', 'Vienna', 'Berlin', 'Paris'];
    for (const city of cities) await gateway.get(page(city));
    await simulator.knobs({ listen: 'off' });
    await sleep(FRESH_IS_OVER_MS);
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, caller) => gateway.get(page(cities[caller % 4] ?? ''))),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));

    await sleep(200);
    expect(madeBy(await gateway.get(page('Madrid')))).toContain('detail=stale-if-error');
    await simulator.knobs({ listen: 'on', 'data.exotic': true });
    // The breaker is open for five seconds at first.
    await askUntil('x_unknown', 7000);
    expect(madeBy(await gateway.get(page('Madrid')))).toBe('amperity-gateway; hit; ttl=0');
  });

  test('an old page is no answer after staleIfErrorMs', async () => {
    await start({ staleMs: 0, staleIfErrorMs: 200 }, { attempts: 1 });
    await gateway.get(page('Madrid'));
    await simulator.knobs({ listen: 'off' });
    await sleep(FRESH_IS_OVER_MS + 200);
    expect((await gateway.get(page('Madrid'))).status).toBe(502);
  });

  test('an old page is no answer after maxRetentionMs, whatever else is set', async () => {
    const longerTogether = { freshMs: 200, staleMs: 400, staleIfErrorMs: 400, maxRetentionMs: 400 };
    await start(longerTogether, { attempts: 1 });
    await gateway.get(page('Madrid'));
    await simulator.knobs({ listen: 'off' });
    await sleep(450);
    expect((await gateway.get(page('Madrid'))).status).toBe(502);
  });
});

describe('an old page is never given', () => {
  test.each([
    ['Amperity no longer knows the index', 404, 404, 'not_found'],
    ['Amperity refuses the question', 400, 400, 'upstream_rejected'],
    ['our credential may not read it any more', 403, 502, 'upstream_auth'],
    ['our credential is refused', 401, 502, 'upstream_auth'],
  ])('when %s', async (_why, status, expectedStatus, code) => {
    await start({ staleMs: 0 });
    await gateway.get(page('Madrid'));
    await simulator.faults([{ do: 'status', status }]);
    await sleep(FRESH_IS_OVER_MS);
    for (let time = 0; time < 2; time += 1) {
      const reply = await gateway.get(page('Madrid'));
      expect(reply.status).toBe(expectedStatus);
      expect(json(reply)).toMatchObject({ code, status: expectedStatus });
      expect(String(reply.body)).not.toContain('first_name');
    }
  });
});

describe('what Amperity says about keeping', () => {
  const say = (cacheControl: string) =>
    simulator.knobs({ 'headers.extra': { 'Cache-Control': cacheControl } });

  test.each(['no-store', 'private', 'private, max-age=600'])(
    '%s is obeyed: answered, not stored',
    async (directive) => {
      await start({ freshMs: 60_000 });
      await say(directive);
      for (let time = 1; time <= 2; time += 1) {
        const reply = await gateway.get(page('Madrid'));
        expect(reply.status).toBe(200);
        expect(madeBy(reply)).toBe('amperity-gateway; fwd=uri-miss');
        expect(reply.headers['cache-control']).toBe('no-store');
        expect(await calls()).toBe(time);
      }
    },
  );

  test('no-store answers all who waited for it', async () => {
    await start({ freshMs: 60_000 });
    await simulator.knobs({
      'headers.extra': { 'Cache-Control': 'no-store' },
      'latency.table': { 0: [300, 300] },
    });
    const replies = await Promise.all(Array.from({ length: 50 }, () => gateway.get(page('Madrid'))));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(replies.map(({ body }) => String(body))).size).toBe(1);
    expect(await calls()).toBe(1);
  });

  test('max-age=0 makes a page stale at once', async () => {
    await start({ freshMs: 60_000, staleMs: 0 });
    await say('max-age=0');
    expect(madeBy(await gateway.get(page('Madrid')))).toBe('amperity-gateway; fwd=uri-miss; stored');
    await sleep(5);
    expect(madeBy(await gateway.get(page('Madrid')))).toBe('amperity-gateway; fwd=stale; stored');
    expect(await calls()).toBe(2);
  });

  test.each(['max-age=2', 's-maxage=2, max-age=600', 'max-age=2, must-revalidate'])(
    '%s shortens the time for which a page is fresh',
    async (directive) => {
      await start({ freshMs: 60_000 });
      await say(directive);
      await gateway.get(page('Madrid'));
      expect(madeBy(await gateway.get(page('Madrid')))).toBe('amperity-gateway; hit; ttl=1');
    },
  );

  test('max-age=600 does not lengthen it', async () => {
    await start({});
    await say('max-age=600');
    await gateway.get(page('Madrid'));
    expect(madeBy(await gateway.get(page('Madrid')))).toBe('amperity-gateway; hit; ttl=0');
    await sleep(FRESH_IS_OVER_MS);
    expect(madeBy(await gateway.get(page('Madrid')))).toContain('detail=stale-while-revalidate');
  });
});
