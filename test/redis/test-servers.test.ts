import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Surroundings, type TestRedis, testRedis } from '../support/find-redis.ts';
import { closeClients, readyClient } from '../support/redis-client.ts';
import { RedisServer } from '../support/redis-server.ts';

afterEach(() => closeClients());

describe('Redis for a test is', () => {
  const found = (url: string): TestRedis => ({ url, stop: async () => {} });
  const machine = (has: { url?: string; docker?: boolean; server?: boolean; installs?: boolean }) => {
    let isInstalled = has.server ?? false;
    const from: Surroundings = {
      url: has.url,
      container: async () => (has.docker ? found('docker') : undefined),
      hasServer: () => isInstalled,
      install: () => {
        isInstalled = has.installs ?? false;
      },
      spawn: async () => found(has.server ? 'spawned' : 'installed and spawned'),
    };
    return testRedis(from).then(({ url }) => url);
  };

  test.each([
    ['the one that is named', { url: 'named', docker: true, server: true }, 'named'],
    ['one in Docker', { docker: true, server: true }, 'docker'],
    ['one that is installed', { server: true, installs: true }, 'spawned'],
    ['one that can be installed', { installs: true }, 'installed and spawned'],
  ])('%s', async (_, has, expected) => {
    expect(await machine(has)).toBe(expected);
  });

  test('or one sentence that says what to install', async () => {
    await expect(machine({})).rejects.toThrow(
      /^[^.]*install redis-server, start Docker, or set TEST_REDIS_URL\.$/,
    );
  });

  test('on this machine one that works', async () => {
    const redis = await testRedis();
    const { client } = await readyClient(redis.url);
    const key = `agw:${randomUUID()}:p:a`;
    await client.set(key, '1', 'PX', 10_000);
    expect(await client.get(key)).toBe('1');
    await redis.stop();
  }, 120_000);
});

test('a server of a test is restarted with what it knew, and without', async () => {
  const server = await RedisServer.start(['--requirepass', 'pw']);
  const flags = ['-a', 'pw'];
  const { port, child } = server;
  await server.cli(['set', 'a', '1'], flags);
  await server.restart({ keepData: true }, flags);
  expect(server.child).not.toBe(child);
  expect(server.port).toBe(port);
  expect(await server.cli(['get', 'a'], flags)).toBe('1');
  await server.restart({ keepData: false }, flags);
  expect(await server.cli(['get', 'a'], flags)).toBe('');
  await server.stop();
});
