import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runVerb } from './run-verb.ts';

describe('health', () => {
  let status = 200;
  let asked: string | undefined;
  const server = createServer((request, response) => {
    asked = request.url;
    response.writeHead(status, { location: '/elsewhere' }).end('{}');
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

  test('refuses a port that is none', async () => {
    expect((await runVerb(['health'], { env: { ADMIN_PORT: '80x' } })).code).toBe(64);
  });
});
