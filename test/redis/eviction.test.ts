import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { closeClients, readyClient } from '../support/redis-client.ts';
import { RedisServer } from '../support/redis-server.ts';

const page = readFileSync(new URL('../../docs/redis.md', import.meta.url), 'utf8');
const recommended = /^maxmemory-policy (\S+)$/m.exec(page)?.[1] ?? '';
const running: RedisServer[] = [];

afterEach(async () => {
  closeClients();
  for (const server of running.splice(0)) await server.stop();
});

/** Fills a small Redis with pages, and says what is left of the limiter and how many writes were refused. */
async function filledUp(policy: string): Promise<{ limiter: number; refused: number; pages: number }> {
  const server = await RedisServer.start(['--maxmemory', '4mb', '--maxmemory-policy', policy]);
  running.push(server);
  const { client } = await readyClient(server.url);
  // Bottleneck gives its keys no time to live, and an idle limiter is not touched.
  const parts = ['settings', 'client_running', 'job_clients', 'job_expirations'];
  for (const part of parts) await client.hset(`b_{agw-acme}_${part}`, 'field', 'value');
  let refused = 0;
  let written = 0;
  for (let round = 0; round < 20; round += 1) {
    const writes = Array.from({ length: 100 }, () =>
      client.set(`agw:acme:p:${written++}`, 'x'.repeat(4000), 'PX', 1_260_000),
    );
    refused += (await Promise.allSettled(writes)).filter(({ status }) => status === 'rejected').length;
  }
  const limiter = await client.exists(...parts.map((part) => `b_{agw-acme}_${part}`));
  return { limiter, refused, pages: (await client.dbsize()) - limiter };
}

test('with the recommended policy pages make room for pages, and the limiter stays', async () => {
  const { limiter, refused, pages } = await filledUp(recommended);
  expect(limiter).toBe(4);
  expect(refused).toBe(0);
  expect(pages).toBeGreaterThan(100);
});

test('with the others that the page warns of, the limiter goes, or writes are refused', async () => {
  expect((await filledUp('allkeys-lru')).limiter).toBeLessThan(4);
  expect((await filledUp('noeviction')).refused).toBeGreaterThan(0);
});
