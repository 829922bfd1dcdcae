import { describe, expect, test } from '@jest/globals';
import { call, type ListBody, query, SANDBOX_HEADERS, walk } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

type Parameters = Record<string, string | number | boolean>;
const LOYALTY = '/indexes/idx-loyalty/profiles';
const SHOPPERS = '/indexes/idx-shoppers/profiles';
const DANIELS = { 'filter[first_name]': 'Daniel', limit: 10 };
const simulator = useSimulator();

const list = (path: string, parameters: Parameters, headers = {}) =>
  call(simulator().dataUrl, path + query(parameters), { headers });
const page = async (path: string, parameters: Parameters): Promise<ListBody> =>
  (await list(path, parameters)).json();
const tokenOf = async (path: string, parameters: Parameters) =>
  (await page(path, parameters)).next_token ?? '';

describe('what a cursor is tied to', () => {
  test('tenant, index and filters, whatever their order, unless told otherwise', async () => {
    await simulator().knobs({ 'cursor.bind': 'query' });
    const two = { ...DANIELS, 'filter[loyalty_tier]': 'gold' };
    const next_token = await tokenOf(LOYALTY, two);
    const reordered = { 'filter[loyalty_tier]': 'gold', ...DANIELS, next_token };
    expect((await list(LOYALTY, reordered)).status).toBe(200);
    expect((await list(LOYALTY, { ...reordered, limit: 3, with_total: true })).json()).toMatchObject({
      total: expect.any(Number),
    });
    expect((await list(LOYALTY, { ...DANIELS, next_token })).status).toBe(400);
    expect((await list(LOYALTY, { next_token })).status).toBe(400);
    expect((await list(SHOPPERS, { ...reordered })).status).toBe(400);
    expect((await list(LOYALTY, reordered, SANDBOX_HEADERS)).status).toBe(400);
    expect((await list('/indexes', { next_token })).status).toBe(400);
  });

  test('limit and with_total too where cursor.bind is all', async () => {
    await simulator().knobs({ 'cursor.bind': 'all' });
    const next_token = await tokenOf(LOYALTY, DANIELS);
    expect((await list(LOYALTY, { ...DANIELS, next_token })).status).toBe(200);
    expect((await list(LOYALTY, { ...DANIELS, next_token, limit: 11 })).status).toBe(400);
    expect((await list(LOYALTY, { ...DANIELS, next_token, with_total: true })).status).toBe(400);
  });

  test('nothing where cursor.bind is none: it overrides what is sent', async () => {
    await simulator().knobs({ 'cursor.bind': 'none' });
    const next_token = await tokenOf(LOYALTY, DANIELS);
    const repeated = await page(LOYALTY, { ...DANIELS, next_token });
    expect(await page(LOYALTY, { next_token })).toEqual(repeated);
    expect(await page(LOYALTY, { next_token, limit: 3, 'filter[city]': 'Berlin' })).toEqual(repeated);
  });

  test.each(['abc', 'ABCd1fghIJk2l3M', '%%%', '=', 'ä'])(
    '%s is 400, because it was never handed out',
    async (text) => {
      expect((await list(LOYALTY, { next_token: text })).status).toBe(400);
    },
  );

  test('an empty one is 400 or the first page', async () => {
    await simulator().knobs({ 'cursor.empty': '400' });
    expect((await list(LOYALTY, { next_token: '' })).status).toBe(400);
    await simulator().knobs({ 'cursor.empty': 'first_page' });
    expect(await page(LOYALTY, { next_token: '' })).toEqual(await page(LOYALTY, {}));
  });
});

describe('how long a cursor lives', () => {
  const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  test('cursor.ttl_ms ends it; cursor.on_dead makes that 400 or lets it go on', async () => {
    await simulator().knobs({ 'cursor.ttl_ms': 80, 'cursor.on_dead': '400' });
    const next_token = await tokenOf(LOYALTY, DANIELS);
    expect((await list(LOYALTY, { ...DANIELS, next_token })).status).toBe(200);
    // The life of a cursor is measured by the clock of the other process.
    await pass(120);
    expect((await list(LOYALTY, { ...DANIELS, next_token })).status).toBe(400);
    await simulator().knobs({ 'cursor.on_dead': 'continue' });
    expect((await list(LOYALTY, { ...DANIELS, next_token })).status).toBe(200);
  });

  test('cursor.max_uses ends it', async () => {
    await simulator().knobs({ 'cursor.max_uses': 2 });
    const next_token = await tokenOf(LOYALTY, DANIELS);
    const uses = [1, 2, 3].map(async () => (await list(LOYALTY, { ...DANIELS, next_token })).status);
    expect((await Promise.all(uses)).sort()).toEqual([200, 200, 400]);
  });

  test('cursor.on_rebuild makes one of an earlier build 400 or lets it go on', async () => {
    const next_token = await tokenOf(LOYALTY, DANIELS);
    await simulator().rebuild({ tenant: 'acme', index: 'idx-loyalty' });
    await simulator().knobs({ 'cursor.on_rebuild': '400' });
    expect((await list(LOYALTY, { ...DANIELS, next_token })).status).toBe(400);
    await simulator().knobs({ 'cursor.on_rebuild': 'continue' });
    expect((await list(LOYALTY, { ...DANIELS, next_token })).status).toBe(200);
  });
});

describe('what a cursor looks like', () => {
  test('the same request hands out the same one, unless cursor.stable is false', async () => {
    await simulator().knobs({ 'cursor.stable': true });
    expect(await tokenOf(LOYALTY, DANIELS)).toBe(await tokenOf(LOYALTY, DANIELS));
    await simulator().knobs({ 'cursor.stable': false });
    const [one, two] = [await tokenOf(LOYALTY, DANIELS), await tokenOf(LOYALTY, DANIELS)];
    expect(one).not.toBe(two);
    const answers = [one, two].map(
      async (next_token) => (await page(LOYALTY, { ...DANIELS, next_token })).data,
    );
    const [first, second] = await Promise.all(answers);
    expect(first).toEqual(second);
    expect(first).toHaveLength(10);
  });

  test('cursor.alphabet base64 always holds + / and =, url never does', async () => {
    for (const limit of [1, 7, 25, 100, 1000]) {
      await simulator().knobs({ 'cursor.alphabet': 'base64' });
      expect(await tokenOf(LOYALTY, { limit })).toMatch(/^(?=.*\+)(?=.*\/)[A-Za-z0-9+/]+=+$/);
      await simulator().knobs({ 'cursor.alphabet': 'url' });
      expect(await tokenOf(LOYALTY, { limit })).toMatch(/^[A-Za-z0-9_-]+$/);
    }
  });

  test('sent with a bare + it is not the same cursor any more', async () => {
    const next_token = await tokenOf(LOYALTY, {});
    expect((await call(simulator().dataUrl, `${LOYALTY}?next_token=${next_token}`)).status).toBe(400);
  });

  test('both alphabets walk to the end', async () => {
    await simulator().knobs({ 'cursor.alphabet': 'url' });
    expect((await walk(simulator().dataUrl, SHOPPERS, { limit: 7 })).ids).toHaveLength(60);
  });

  test('cursor.loop_p hands back the one that was sent', async () => {
    await simulator().knobs({ 'cursor.loop_p': 1 });
    const next_token = await tokenOf(LOYALTY, DANIELS);
    expect(await tokenOf(LOYALTY, { ...DANIELS, next_token })).toBe(next_token);
    await simulator().knobs({ 'cursor.loop_p': 0 });
    expect(await tokenOf(LOYALTY, { ...DANIELS, next_token })).not.toBe(next_token);
  });
});
