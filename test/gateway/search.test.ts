import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type GetOptions, json } from '../support/http-get.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const LIST = '/api/indexes/idx-loyalty/profiles';
const EXPORT = '/exports/indexes/idx-loyalty/profiles';
const QUESTION = { filter: { first_name: 'Daniel', city: 'Berlin' }, limit: 5, with_total: true };
const SAME = `${LIST}?with_total=true&limit=5&filter[city]=Berlin&filter[first_name]=Daniel`;
const CANARY = 'cAnArY7';

const scene = stage({ preset: 'test', 'rate.kind': 'off', 'latency.preset': 'off' });
let gateway: GatewayHandle;

const start = () =>
  scene.start({
    settings: { budget: { rate: 1000 }, cache: { prefetch: { enabled: false } } },
    teams: { web: { export: true } },
  });

const WAYS: readonly [method: string, path: string][] = [
  ['QUERY', LIST],
  ['POST', `${LIST}/search`],
];
const send = (method: string, path: string, body: unknown, options: GetOptions = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return gateway.get(path, {
    method,
    body: text,
    ...options,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      ...options.headers,
    },
  });
};

describe.each(WAYS)('%s %s', (method, path) => {
  test('asks what a query asks: one page in the cache for both, and one call', async () => {
    gateway = await start();
    const get = await gateway.get(SAME);
    const sent = await send(method, path, QUESTION);
    expect(sent.headers['cache-status']).toContain('; hit;');
    expect(sent.body.equals(get.body)).toBe(true);
    expect(sent.headers.etag).toBe(get.headers.etag);
    expect((await scene.simulator.summary()).requests).toBe(1);
  });

  test('is told that a page has not changed where the method allows it, and else has the page', async () => {
    gateway = await start();
    const { etag = '' } = (await send(method, path, QUESTION)).headers;
    const again = await send(method, path, QUESTION, { headers: { 'if-none-match': etag } });
    expect([again.status, again.headers.etag]).toEqual([method === 'POST' ? 200 : 304, etag]);
  });

  test('of a cursor that has died gives no link, which would lose the question', async () => {
    gateway = await start();
    await scene.simulator.knobs({ 'cursor.ttl_ms': 1, 'cursor.stable': false });
    const question = { filter: { first_name: 'Daniel' }, limit: 10 };
    const { next_token } = json(await send(method, path, question));
    const dead = await send(method, path, { ...question, next_token });
    expect([dead.status, json(dead).code]).toEqual([410, 'cursor_expired']);
    expect(dead.headers.link).toBeUndefined();
  });

  test('walks by the cursor in the body', async () => {
    gateway = await start();
    const first = json(await send(method, path, { filter: { first_name: 'Daniel' }, limit: 20 }));
    const next_token = first.next_token as string;
    const second = json(
      await send(method, path, { filter: { first_name: 'Daniel' }, limit: 20, next_token }),
    );
    expect((second.data as unknown[]).length).toBeGreaterThan(0);
    expect(second.data).not.toEqual(first.data);
  });

  test.each<[string, number, unknown, GetOptions]>([
    ['no JSON type', 415, QUESTION, { headers: { 'content-type': 'text/plain' } }],
    ['a form', 415, 'limit=5', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['another charset', 415, QUESTION, { headers: { 'content-type': 'application/json; charset=latin1' } }],
    ['a content coding', 415, QUESTION, { headers: { 'content-encoding': 'gzip' } }],
    ['too much', 413, { filter: { first_name: CANARY.repeat(3000) } }, {}],
    ['half a text', 400, `{"limit":"${CANARY}`, {}],
    ['no object', 400, [CANARY], {}],
    ['an unknown member', 400, { [CANARY]: 1, limit: 5 }, {}],
    ['a member twice', 400, '{"limit":5,"limit":6}', {}],
    ['a number as text', 400, { limit: '5' }, {}],
    ['a filter that is no text', 400, { filter: { first_name: 5 } }, {}],
  ])('refuses %s with %i, without repeating it or asking Amperity', async (_, status, body, options) => {
    gateway = await start();
    const reply = await send(method, path, body, options);
    expect([reply.status, json(reply).code]).toEqual([status, 'invalid_parameter']);
    expect(reply.body.toString()).not.toContain('cAnArY7cAnArY7');
    expect((await scene.simulator.summary()).requests).toBe(0);
  });

  test('refuses a query beside the body, and lets the caller in before it reads anything', async () => {
    gateway = await start();
    const reply = await send(method, `${path}?limit=5`, QUESTION);
    expect([reply.status, json(reply).code]).toEqual([400, 'invalid_parameter']);
    const body = 'not even JSON';
    const unknown = await gateway.ask(path, { method, body, headers: { 'content-type': 'text/plain' } });
    expect(unknown.status).toBe(401);
  });

  test('holds the values back from the log', async () => {
    gateway = await start();
    await send(method, path, { filter: { city: CANARY } });
    const line = await eventually('its line', () => gateway.logged('request')[0]);
    expect(gateway.output.join('\n')).not.toContain(CANARY);
    expect(line).toMatchObject({ method, route: path.replace('idx-loyalty', ':index'), status: 200 });
  });
});

test('an export takes the same body', async () => {
  gateway = await start();
  const filter = { first_name: 'Daniel' };
  const get = await gateway.get(`${EXPORT}.ndjson?filter[first_name]=Daniel&limit=50`);
  const post = await send('POST', `${EXPORT}.ndjson`, { filter, limit: 50 });
  expect([post.status, post.body.equals(get.body)]).toEqual([200, true]);
  expect((await send('POST', `${EXPORT}.csv`, { filter, next_token: 'x' })).status).toBe(400);
});

test('a profile whose id is "search" is still one', async () => {
  gateway = await start();
  expect((await gateway.get(`${LIST}/search`)).status).toBe(404);
  const [entry] = await scene.simulator.journal();
  expect(entry?.target).toBe(`${LIST}/search`);
});
