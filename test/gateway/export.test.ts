import http from 'node:http';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { json } from '../support/http-get.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const LOYALTY = '/exports/indexes/idx-loyalty/profiles';
const SHOPPERS = '/exports/indexes/idx-shoppers/profiles';

const scene = stage({ preset: 'test', 'rate.kind': 'off' });
let gateway: GatewayHandle;

beforeEach(async () => {
  gateway = await scene.start({
    settings: {
      budget: { rate: 1000 },
      upstream: { attempts: 1 },
      export: { maxProfiles: 20_000 },
      cache: { prefetch: { enabled: false } },
    },
    teams: { reports: { export: true }, narrow: { export: true, indexes: ['idx-loyalty'] }, plain: {} },
  });
});

const lines = (body: Buffer): string[] => body.toString().split('\n').slice(0, -1);

/** An export whose first bytes have come, and which nobody reads on. */
async function reading(path: string): Promise<{ readonly end: () => void }> {
  const agent = new http.Agent();
  const { hostname, port } = new URL(gateway.url);
  const request = http.get({ agent, hostname, port, path, headers: { 'x-api-key': gateway.key() } });
  const response = await new Promise<http.IncomingMessage>((resolve) => request.once('response', resolve));
  response.on('error', () => undefined);
  response.pause();
  return {
    end: () => {
      request.destroy();
      agent.destroy();
    },
  };
}

describe('an export', () => {
  test('as NDJSON holds every profile once, and is a call a page', async () => {
    const reply = await gateway.get(`${LOYALTY}.ndjson`);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
    expect(reply.headers['content-disposition']).toBe('attachment; filename="idx-loyalty-profiles.ndjson"');
    expect(reply.headers['cache-control']).toBe('no-store');
    const ids = lines(reply.body).map((line) => JSON.parse(line).id);
    expect([ids.length, new Set(ids).size]).toEqual([10_000, 10_000]);
    expect((await scene.simulator.summary()).requests).toBe(10);
  });

  test('as CSV holds every profile once, under one header', async () => {
    const reply = await gateway.get(`${LOYALTY}.csv?limit=500`);
    expect([reply.status, reply.headers['content-type']]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
    ]);
    const [header = '', ...rows] = reply.body.toString().split('\r\n').slice(0, -1);
    expect(header).toMatch(/^id,index_id,first_name,/);
    expect(new Set(rows.map((row) => row.split(',', 1)[0])).size).toBe(10_000);
  });

  test('takes filters, shares its pages with the mirror, and is shared by another one at the same time', async () => {
    await scene.simulator.knobs({ 'latency.table': { 0: [100, 100], 1: [100, 100] } });
    const query = 'limit=10&filter%5Bfirst_name%5D=Daniel';
    const replies = await Promise.all([1, 2, 3].map(() => gateway.get(`${LOYALTY}.ndjson?${query}`)));
    const [first] = replies;
    for (const reply of replies) expect(reply.body).toEqual(first?.body);
    const pages = (await scene.simulator.summary()).requests;
    expect(pages).toBe(Math.ceil(lines(first?.body ?? Buffer.alloc(0)).length / 10));
    const mirrored = await gateway.get(`/api/indexes/idx-loyalty/profiles?${query}`);
    expect(mirrored.headers['cache-status']).toContain('hit');
    expect((await scene.simulator.summary()).requests).toBe(pages);
  });

  test('that fails in its course says so: NDJSON by a last line, CSV by an end that is none', async () => {
    await scene.simulator.faults([{ match: { nth: 3 }, do: 'status', status: 403 }]);
    const reply = await gateway.get(`${SHOPPERS}.ndjson?limit=10`);
    expect(reply.status).toBe(200);
    const last = JSON.parse(lines(reply.body).at(-1) ?? '');
    expect(last).toMatchObject({
      error: { code: 'upstream_auth', status: 502, request_id: expect.any(String) },
    });
    expect(lines(reply.body)).toHaveLength(21);
  });

  test('as CSV that fails in its course is cut', async () => {
    await scene.simulator.faults([{ match: { nth: 3 }, do: 'status', status: 403 }]);
    await expect(gateway.get(`${SHOPPERS}.csv?limit=10`)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  test('goes on where a page fails for a moment', async () => {
    await scene.simulator.faults([{ match: { nth: 3 }, do: 'status', status: 500 }]);
    const reply = await gateway.get(`${SHOPPERS}.ndjson?limit=10`);
    expect(lines(reply.body).filter((line) => JSON.parse(line).id !== undefined)).toHaveLength(60);
  });

  test('is one of so many that a team may have under way', async () => {
    const held = await Promise.all(Array.from({ length: 25 }, () => reading(`${LOYALTY}.ndjson?limit=100`)));
    const refused = await gateway.get(`${LOYALTY}.ndjson`);
    expect([refused.status, json(refused).code]).toEqual([429, 'team_budget']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    for (const { end } of held) end();
    await eventually('room', async () => (await gateway.get(`${SHOPPERS}.csv`)).status === 200);
  });

  test('gives its place back when its caller has gone before its turn on the connection', async () => {
    const { hostname, port } = new URL(gateway.url);
    const one = `GET ${LOYALTY}.ndjson?limit=1000 HTTP/1.1\r\nHost: a\r\nX-API-Key: ${gateway.key()}\r\n\r\n`;
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined).pause();
    socket.write(one.repeat(30));
    await eventually('every place is taken', async () => {
      return (await gateway.get(`${LOYALTY}.ndjson`)).status === 429;
    });
    socket.destroy();
    await eventually('there are places again', async () => {
      const ten = Array.from({ length: 10 }, () => gateway.get(`${LOYALTY}.ndjson?limit=100`));
      return (await Promise.all(ten)).every(({ status }) => status === 200);
    });
    // A line for each, those that were never begun among them.
    const left = () => gateway.output.filter((line) => line.includes('"client_closed"')).length;
    await eventually('all are in the log', () => left() === 30);
  });

  test('ends visibly at its limit', async () => {
    await scene.simulator.knobs({ 'data.rows': 20_500 });
    const reply = await gateway.get(`${LOYALTY}.ndjson`);
    const last = JSON.parse(lines(reply.body).at(-1) ?? '');
    expect(last.error).toMatchObject({ code: 'export_limit' });
    expect(last.error.message).toContain('20000');
  });

  test('stops asking when its reader has gone, and waits for one that reads slowly', async () => {
    // More than sockets take by themselves.
    await scene.simulator.knobs({ 'data.rows': 20_000, 'data.columns': 30 });
    const { end } = await reading(`${LOYALTY}.ndjson?limit=100`);
    await sleep(2000);
    const { requests } = await scene.simulator.summary();
    expect(requests).toBeLessThan(200);
    await sleep(500);
    expect((await scene.simulator.summary()).requests).toBe(requests);
    end();
    await sleep(300);
    expect((await scene.simulator.summary()).requests).toBeLessThanOrEqual(requests + 1);
  });

  test('leaves no profile and no filter in the log, but how many there were', async () => {
    await gateway.get(`${SHOPPERS}.csv?filter%5Bcity%5D=Rome`);
    const line = await eventually('logged', () =>
      gateway.output.map((text) => JSON.parse(text)).find(({ msg }) => msg === 'request'),
    );
    expect(line).toMatchObject({ route: '/exports/indexes/:index/profiles.csv', status: 200 });
    expect(typeof line.profiles).toBe('number');
  });
});

describe('what an export refuses', () => {
  test.each([
    ['a team without the right', `${LOYALTY}.csv`, 'plain', 403, 'forbidden_scope'],
    ['an index that the team may not read', `${SHOPPERS}.csv`, 'narrow', 403, 'forbidden_index'],
    ['a cursor', `${LOYALTY}.csv?next_token=abc`, 'reports', 400, 'invalid_parameter'],
    ['a total', `${LOYALTY}.csv?with_total=true`, 'reports', 400, 'invalid_parameter'],
    [
      'a filter Amperity does not know',
      `${LOYALTY}.csv?filter%5Bcountry%5D=x`,
      'reports',
      400,
      'upstream_rejected',
    ],
    ['an unknown index', '/exports/indexes/idx-none/profiles.csv', 'reports', 404, 'not_found'],
    ['another form', `${LOYALTY}.xlsx`, 'reports', 404, 'not_found'],
  ])('%s', async (_what, path, team, status, code) => {
    const reply = await gateway.get(path, { team });
    expect([reply.status, json(reply).code]).toEqual([status, code]);
    expect(reply.headers['content-type']).toBe('application/problem+json');
  });

  test('another method', async () => {
    const reply = await gateway.get(`${LOYALTY}.csv`, { method: 'DELETE' });
    expect([reply.status, reply.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
  });

  test('HEAD is answered by one page', async () => {
    const reply = await gateway.get(`${LOYALTY}.csv`, { method: 'HEAD' });
    expect([reply.status, reply.body.length]).toEqual([200, 0]);
    expect((await scene.simulator.summary()).requests).toBe(1);
  });
});
