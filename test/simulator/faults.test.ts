import { once } from 'node:events';
import { get as httpGet } from 'node:http';
import { setTimeout as pass } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { FaultRule } from '../../simulator/client.ts';
import { CORRECT_HEADERS, call } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const LIST = '/indexes/idx-loyalty/profiles';
const simulator = useSimulator();

const get = (path = LIST, headers = {}) => call(simulator().dataUrl, path, { headers });
const strike = (...rules: FaultRule[]) => simulator().faults(rules);
/** What a client gets that takes the answer byte by byte, however it ends. */
async function partial(): Promise<{ text: string; declared: number; errors: string[] }> {
  const req = httpGet(simulator().dataUrl + LIST, { headers: CORRECT_HEADERS, agent: false });
  const [res] = await once(req, 'response');
  let text = '';
  const errors: string[] = [];
  const note = (problem: Error) => errors.push(problem.message);
  req.on('error', note);
  res.setEncoding('latin1').on('data', (part: string) => (text += part));
  res.on('error', note);
  await new Promise((resolve) => res.once('close', resolve));
  return { text, declared: Number(res.headers['content-length']), errors };
}

afterEach(async () => {
  await simulator().clearFaults();
  const reply = await get();
  expect([reply.status, reply.json().data.length]).toEqual([200, 25]);
  for (const { in_flight } of (await simulator().journal()).slice(-1)) expect(in_flight).toBe(1);
});

describe('do: status', () => {
  test.each([200, 204, 304, 401, 418, 429, 500, 502, 503, 504, 599])('answers %i', async (status) => {
    await strike({ do: 'status', status, times: 1 });
    expect((await get()).status).toBe(status);
    expect((await simulator().journal())[0]).toMatchObject({ status, fault: 'status', limited: false });
  });

  test('with any body', async () => {
    const bodies = ['json', 'empty', 'text', 'html', 'truncated_json', 'invalid_utf8'];
    await strike(...bodies.map((body): FaultRule => ({ do: 'status', status: 500, body, times: 1 })));
    const replies = [];
    for (const _ of bodies) replies.push(await get());
    const [json, empty, text, html, truncated, invalid] = replies;
    expect(json?.json()).toMatchObject({ status: 500, message: expect.any(String) });
    expect(empty?.body).toHaveLength(0);
    expect(text?.text).toBe('500 Internal Server Error\n');
    expect(html?.headers['content-type']).toMatch('text/html');
    expect(() => truncated?.json()).toThrow('JSON');
    expect(truncated?.headers['content-type']).toBe('application/json');
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(invalid?.body)).toThrow('not valid');
  });

  test('as an error that repeats what it was asked, as it was sent and decoded', async () => {
    await strike({ do: 'status', status: 400, body: 'echo', times: 1 });
    const reply = await get(`${LIST}?filter[city]=M%C3%BCnster`);
    expect(reply.json()).toMatchObject({ message: `Cannot answer /api${LIST}?filter[city]=M%C3%BCnster` });
    expect(reply.text).toContain('filter[city]=Münster');
    expect(reply.headers['x-path']).toContain('M%C3%BCnster');
  });

  test('as an error that repeats the credential', async () => {
    await strike({ do: 'status', status: 400, body: 'echo_credential', times: 1 });
    expect((await get()).json()).toMatchObject({
      message: 'Cannot read Authorization: Bearer sim-token',
      request_id: 'sim-token',
    });
  });

  test('as a login page with 200, and with Retry-After', async () => {
    await strike(
      { do: 'status', status: 200, body: 'html', times: 1 },
      { do: 'status', status: 429, retry_after: 12, times: 1 },
      { do: 'status', status: 503, retry_after: 'tomorrow', body: 'empty', times: 1 },
    );
    expect((await get()).text).toMatch('<!doctype html>');
    expect((await get()).headers['retry-after']).toBe('12');
    expect((await get()).headers['retry-after']).toBe('tomorrow');
  });
});

describe('do: malformed', () => {
  test.each([
    ['missing', (body: Record<string, unknown>) => !Object.hasOwn(body, 'data')],
    ['null', (body: Record<string, unknown>) => body.data === null],
    ['object', (body: Record<string, unknown>) => !Array.isArray(body.data) && typeof body.data === 'object'],
    ['too_many', (body: Record<string, unknown>) => Array.isArray(body.data) && body.data.length === 8],
  ])('data %s', async (data, isSo) => {
    await strike({ do: 'malformed', data, times: 1 });
    const reply = await get(`${LIST}?limit=7`);
    expect(reply.status).toBe(200);
    expect(isSo(reply.json<Record<string, unknown>>())).toBe(true);
  });
});

describe('do: hang', () => {
  test('keeps silent before the headers for so long', async () => {
    await strike({ do: 'hang', stage: 'before_headers', ms: 150, times: 1 });
    const began = performance.now();
    expect((await get()).json().data).toHaveLength(25);
    expect(performance.now() - began).toBeGreaterThanOrEqual(149);
  });

  test('keeps silent between headers and body', async () => {
    await strike({ do: 'hang', stage: 'after_headers', ms: 150, times: 1 });
    const req = httpGet(simulator().dataUrl + LIST, { headers: CORRECT_HEADERS, agent: false });
    const [res] = await once(req, 'response');
    const headAt = performance.now();
    const ended = once(res, 'end');
    await once(res, 'data');
    expect(performance.now() - headAt).toBeGreaterThan(100);
    await ended;
  });

  test('keeps silent until the client has gone, and lets go then', async () => {
    await strike({ do: 'hang', times: 1 });
    const req = httpGet(simulator().dataUrl + LIST, { headers: CORRECT_HEADERS, agent: false });
    req.on('error', () => undefined);
    while ((await simulator().summary()).max_in_flight === 0) await pass(5);
    req.destroy();
    while ((await simulator().journal())[0]?.done_ms === null) await pass(5);
    expect((await simulator().journal())[0]).toMatchObject({ status: null, aborted: true, fault: 'hang' });
  });
});

describe('broken transfers', () => {
  test('drip sends the whole body, a few bytes at a time', async () => {
    await strike({ do: 'drip', bytes: 100, every_ms: 20, times: 1 });
    const began = performance.now();
    const reply = await get('/indexes');
    expect(reply.json().data).toHaveLength(2);
    expect(performance.now() - began).toBeGreaterThan((reply.body.length / 100 - 1) * 19);
  });

  test('reset breaks the connection in the middle of the body', async () => {
    await strike({ do: 'reset', after_bytes: 500, times: 1 });
    const { text, declared, errors } = await partial();
    expect(text).toHaveLength(500);
    expect(errors).toContain('read ECONNRESET');
    expect(declared).toBeGreaterThan(500);
    expect((await simulator().journal())[0]).toMatchObject({ aborted: true, bytes: 500, fault: 'reset' });
  });

  test('truncate ends it before the declared length', async () => {
    await strike(
      { do: 'truncate', after_bytes: 500, times: 1 },
      { do: 'truncate', after_bytes: 1e6, times: 1 },
    );
    const short = await partial();
    expect([short.text.length, short.errors]).toEqual([500, ['aborted']]);
    const almost = await partial();
    expect(almost.text.length).toBe(almost.declared - 1);
  });

  test('close answers nothing, or only the beginning of a head', async () => {
    await strike({ do: 'close', times: 1 }, { do: 'close', after_bytes: 9, times: 1 });
    await expect(get()).rejects.toThrow('socket hang up');
    await expect(get()).rejects.toThrow(/Parse Error|socket hang up/);
  });
});

describe('do: redirect', () => {
  test.each([301, 302, 303, 307, 308])(
    '%i to the same place, in a loop, or into the trap',
    async (status) => {
      const rule = (location: string): FaultRule => ({ do: 'redirect', status, location, times: 1 });
      await strike(rule('same'), rule('loop'), rule('trap'));
      const same = await get('/indexes?limit=1');
      expect([same.status, same.headers.location]).toEqual([status, '/api/indexes?limit=1&redirected=1']);
      expect((await get('/indexes?limit=1')).headers.location).toBe('/api/indexes?limit=1');
      const trap = (await get()).headers.location ?? '';
      expect(trap).toBe(`${simulator().controlUrl}/trap`);
      await call(trap, '');
      expect((await simulator().journal()).at(-1)).toMatchObject({ family: 'trap', route: 'trap' });
    },
  );
});

describe('large bodies', () => {
  test('huge is valid JSON of so many bytes', async () => {
    await strike({ do: 'huge', bytes: 3_000_000, times: 1 });
    const reply = await get();
    expect([reply.body.length, reply.headers['content-encoding']]).toEqual([3_000_000, undefined]);
    expect(reply.json().data).toEqual([]);
  });

  test('a huge body stops when the client goes', async () => {
    await strike({ do: 'huge', bytes: 2 * 1024 ** 3, times: 1 });
    const req = httpGet(simulator().dataUrl + LIST, { headers: CORRECT_HEADERS, agent: false });
    const [res] = await once(req, 'response');
    await once(res, 'data');
    res.on('error', () => undefined).destroy();
    while ((await simulator().journal())[0]?.done_ms === null) await pass(5);
    expect((await simulator().journal())[0]?.bytes).toBeLessThan(100_000_000);
  });

  test.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ])('bomb is a small %s body that expands, in layers', async (encoding, expand) => {
    await strike({ do: 'bomb', bytes: 5_000_000, encoding, layers: 2, times: 1 });
    const reply = await get();
    expect(reply.headers['content-encoding']).toBe(`${encoding}, ${encoding}`);
    expect(reply.body.length).toBeLessThan(10_000);
    const expanded = expand(expand(reply.body));
    expect([expanded.length, JSON.parse(expanded.toString()).data]).toEqual([5_000_000, []]);
  });

  test.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ])(
    'bad_encoding is corrupt %s if it was asked for, else valid and unasked for',
    async (encoding, expand) => {
      await strike({ do: 'bad_encoding', encoding, times: 2 });
      const asked = await get(LIST, { 'accept-encoding': encoding });
      expect(asked.headers['content-encoding']).toBe(encoding);
      expect(() => expand(asked.body)).toThrow();
      const unasked = await get(LIST);
      expect(unasked.headers['content-encoding']).toBe(encoding);
      expect(JSON.parse(expand(unasked.body).toString()).data).toHaveLength(25);
    },
  );
});
