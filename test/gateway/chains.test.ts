import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { json, type Reply } from '../support/http-get.ts';
import { FLOOD, type GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const scene = stage({ preset: 'test', 'rate.kind': 'off' });
let gateway: GatewayHandle;

beforeEach(async () => {
  const settings = { ...FLOOD, budget: { rate: 1000 }, cache: { prefetch: { enabled: false } } };
  gateway = await scene.start({ settings });
});

interface Page {
  readonly data: { readonly id: string }[];
  readonly next_token?: string | null;
  readonly total?: number;
}

const ask = (query: string, index = 'idx-loyalty'): Promise<Reply> =>
  gateway.get(`/api/indexes/${index}/profiles?${query}`);

const pageOf = (reply: Reply): Page => json(reply) as unknown as Page;

/** The query of the page after `reply`; undefined after the last one. */
const following = (reply: Reply, query: string): string | undefined => {
  const { next_token } = pageOf(reply);
  return next_token ? `${query}&next_token=${encodeURIComponent(next_token)}` : undefined;
};

const calls = async (): Promise<number> => (await scene.simulator.summary()).requests;

describe('a cursor that has died at Amperity', () => {
  const query = 'filter%5Bfirst_name%5D=Daniel&limit=10';

  test('is answered with the way to the first page, where a chain begins that holds', async () => {
    await scene.simulator.knobs({ 'cursor.ttl_ms': 200, 'cursor.stable': false });
    const first = await ask(query);
    const next = following(first, query);
    await sleep(250);
    const dead = await ask(next ?? '');
    expect(dead.status).toBe(410);
    expect(json(dead)).toMatchObject({ code: 'cursor_expired', status: 410, title: 'Cursor expired' });
    expect(json(dead).message).toContain('without next_token');
    expect(dead.body.toString()).not.toContain('Daniel');
    expect(dead.headers.link).toBe(`</api/indexes/idx-loyalty/profiles?${query}>; rel="first"`);

    await scene.simulator.knobs({ 'cursor.ttl_ms': 0 });
    const link = /<(.*)>/.exec(String(dead.headers.link))?.[1] ?? '';
    const anew = await gateway.get(link);
    expect(anew.headers['cache-status']).toContain('fwd=uri-miss');
    const second = await ask(following(anew, query) ?? '');
    expect(second.status).toBe(200);
    expect(await calls()).toBe(4);
  });

  test('that Amperity never gave is refused as Amperity refuses it', async () => {
    const reply = await ask('limit=10&next_token=abc');
    expect([reply.status, json(reply).code]).toEqual([400, 'upstream_rejected']);
    expect(reply.headers.link).toBeUndefined();
  });

  test('in a rebuilt index sends walkers back to a first page of the new build', async () => {
    await scene.simulator.knobs({ 'cursor.on_rebuild': '400', 'rebuild.delta': 0.5 });
    const first = await ask('limit=30', 'idx-shoppers');
    await scene.simulator.rebuild({ tenant: 'acme', index: 'idx-shoppers' });
    const dead = await ask(following(first, 'limit=30') ?? '', 'idx-shoppers');
    expect([dead.status, json(dead).code]).toEqual([410, 'cursor_expired']);
    const ids: string[] = [];
    for (let query: string | undefined = 'limit=30'; query !== undefined; ) {
      const reply = await ask(query, 'idx-shoppers');
      expect(reply.status).toBe(200);
      ids.push(...pageOf(reply).data.map(({ id }) => id));
      query = following(reply, 'limit=30');
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toEqual([]);
  });
});

test('a walk with totals goes through where cursors are tied to the total, too', async () => {
  await scene.simulator.knobs({ 'cursor.bind': 'all' });
  const ids: string[] = [];
  for (let query: string | undefined = 'limit=1000&with_total=true'; query !== undefined; ) {
    const reply = await ask(query);
    expect([reply.status, pageOf(reply).total]).toEqual([200, 10_000]);
    ids.push(...pageOf(reply).data.map(({ id }) => id));
    query = following(reply, 'limit=1000&with_total=true');
  }
  expect(new Set(ids).size).toBe(10_000);
  // One of them was refused: the first that left the total out.
  expect(await calls()).toBe(11);
});

test.each([
  ['absent', false, undefined],
  ['empty', true, ''],
  ['null', true, null],
] as const)('a last page whose cursor is %s is passed on as it is', async (spelling, isThere, value) => {
  await scene.simulator.knobs({ 'page.last': spelling });
  const page = pageOf(await ask('limit=60', 'idx-shoppers'));
  expect(['next_token' in page, page.next_token]).toEqual([isThere, value]);
});
