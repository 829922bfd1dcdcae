import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runVerb } from './run-verb.ts';

describe('health', () => {
  let status = 200;
  let publicStatus = 401;
  let asked: string | undefined;
  const server = createServer((request, response) => {
    if (request.url === '/metrics') return response.end('# HELP x\ngateway_budget_max_replicas 3\n');
    if (request.url === '/api/indexes') {
      return response.writeHead(publicStatus, { 'content-type': 'application/problem+json' }).end('{}');
    }
    asked = request.url;
    return response.writeHead(status, { location: '/elsewhere' }).end('{}');
  });
  let port = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = String((server.address() as AddressInfo).port);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test.each([undefined, '127.0.0.1', '0.0.0.0', '::'])(
    'asks the admin listener at ADMIN_HOST %s',
    async (host) => {
      status = 200;
      const env = { ADMIN_PORT: port, ...(host !== undefined && { ADMIN_HOST: host }) };
      expect(await runVerb(['health'], { env })).toEqual({
        code: 0,
        printed: 'The gateway is ready.',
        complained: '',
      });
      expect(asked).toBe('/readyz');
    },
  );

  test('asks the URL it is given', async () => {
    status = 200;
    expect((await runVerb(['health', '--url', `http://127.0.0.1:${port}/livez`])).code).toBe(0);
    expect(asked).toBe('/livez');
  });

  test.each([503, 404, 302])('takes %i for not ready', async (answered) => {
    status = answered;
    expect(await runVerb(['health'], { env: { ADMIN_PORT: port } })).toEqual({
      code: 1,
      printed: '',
      complained: `The gateway is not ready: it answers ${answered}.`,
    });
  });

  test('says in one sentence that nobody answers', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const free = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
    expect(await runVerb(['health'], { env: { ADMIN_PORT: String(free) } })).toEqual({
      code: 1,
      printed: '',
      complained: `The gateway does not answer at 127.0.0.1:${free}.`,
    });
  });

  describe('of a whole release', () => {
    const asking = (replicas: string) => {
      const url = `http://127.0.0.1:${port}`;
      return runVerb(['health', '--url', `${url}/readyz`, '--public', url, '--replicas', replicas]);
    };

    test('is well when it is ready, guarded, and knows of all replicas', async () => {
      status = 200;
      publicStatus = 401;
      expect(await asking('3')).toEqual({ code: 0, printed: 'The gateway is ready.', complained: '' });
    });

    test('says everything that is wrong at once', async () => {
      status = 503;
      publicStatus = 200;
      expect(await asking('4')).toEqual({
        code: 1,
        printed: '',
        complained:
          'The gateway is not ready: it answers 503.\n' +
          'The public listener answers 200 to a call without a credential; 401 and a problem are right.\n' +
          'There can be 4 replicas, and budget.maxReplicas is 3; raise it.',
      });
    });

    test.each(['0', 'three', '99999'])('refuses %s replicas', async (replicas) => {
      expect((await asking(replicas)).code).toBe(64);
    });
  });

  test('refuses a port that is none', async () => {
    expect((await runVerb(['health'], { env: { ADMIN_PORT: '80x' } })).code).toBe(64);
  });
});
