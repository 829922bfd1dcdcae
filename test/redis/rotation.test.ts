import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { RedisSettings } from '../../src/shared/redis.ts';
import { eventually } from '../support/eventually.ts';
import { closeClients, closeLater, readyClient, untilReady } from '../support/redis-client.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisSentinel } from '../support/redis-sentinel.ts';
import { RedisServer } from '../support/redis-server.ts';

const first = 'first-password';
const second = 'second-password';
const folder = mkdtempSync(join(tmpdir(), 'rotation-'));
const file = join(folder, 'password');
const fromFile: Partial<RedisSettings> = { password: { kind: 'file', path: file } };
let running: { stop(): Promise<void> };

beforeEach(() => writeFileSync(file, `${first}\n`));
afterEach(async () => {
  closeClients();
  await running.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Changes the password of a live server; connections that are there stay. */
async function changePassword(server: RedisServer, next = second): Promise<void> {
  for (const setting of ['masterauth', 'requirepass']) {
    expect(await server.cli(['config', 'set', setting, next], ['-a', first])).toBe('OK');
  }
}

const cut = (server: RedisServer) => server.cli(['client', 'kill', 'type', 'normal'], ['-a', second]);
const secured = ['--requirepass', first, '--masterauth', first];

test('a changed password file is read before the next connect', async () => {
  const server = await RedisServer.start(secured);
  running = server;
  const { client } = await readyClient(server.url, fromFile);
  const copy = closeLater((client as Redis).duplicate());
  await untilReady(copy);
  writeFileSync(file, second);
  await changePassword(server);
  await cut(server);
  await eventually('client and copy are back', async () => (await client.ping()) && (await copy.ping()));
});

test('a file that comes late is waited for, one that is gone or empty leaves the last password', async () => {
  const server = await RedisServer.start(secured);
  running = server;
  const { client, errors } = await readyClient(server.url, fromFile);
  await changePassword(server);
  await cut(server);
  await eventually('refusals', () => errors.some(({ message }) => message.startsWith('WRONGPASS')));
  expect(client.status).not.toBe('end');
  writeFileSync(file, second);
  await eventually('the client is back', () => client.ping());
  for (const spoil of [() => writeFileSync(file, ''), () => rmSync(file)]) {
    spoil();
    await cut(server);
    await sleep(50);
    await eventually('the client is back', () => client.ping());
  }
});

test('so is a changed file that holds the whole URL', async () => {
  const server = await RedisServer.start(secured);
  running = server;
  const url = (password: string) => `redis://:${password}@127.0.0.1:${server.port}`;
  writeFileSync(file, url(first));
  const { client } = await readyClient(server.url, { password: { kind: 'urlFile', path: file } });
  writeFileSync(file, `${url(second)}\n`);
  await changePassword(server);
  await cut(server);
  await eventually('the client is back', () => client.ping());
});

test('so it is for every node of a cluster, and for its subscriber', async () => {
  const cluster = await RedisCluster.start(secured, ['-a', first]);
  running = cluster;
  const { client } = await readyClient(cluster.url, fromFile);
  const heard: string[] = [];
  client.on('message', (_channel, message) => heard.push(message));
  await client.subscribe('news');
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  const all = (value: string) => Promise.all(keys.map((key) => client.set(key, value)));
  await eventually('every slot answers', () => all('before'));

  writeFileSync(file, second);
  for (const server of cluster.servers) {
    await changePassword(server);
    await cut(server);
    await server.cli(['client', 'kill', 'type', 'pubsub'], ['-a', second]);
  }
  await eventually('every slot answers again', () => all('after'));
  for (const key of keys) expect(await client.get(key)).toBe('after');
  await eventually('the subscription is back', async () => {
    await cluster.servers[0]?.cli(['publish', 'news', 'again'], ['-a', second]);
    return heard.includes('again');
  });
}, 60_000);

test('so it is behind Sentinel, for the master and for the Sentinels', async () => {
  const sentinelFile = join(folder, 'sentinel-password');
  writeFileSync(sentinelFile, first);
  const group = await RedisSentinel.start({ password: first, sentinelPassword: first });
  running = group;
  const { client } = await readyClient(group.url, {
    ...fromFile,
    sentinelPassword: { kind: 'file', path: sentinelFile },
  });
  await client.set('a', '1');

  writeFileSync(file, second);
  writeFileSync(sentinelFile, second);
  for (const sentinel of group.sentinels) {
    await sentinel.cli(['sentinel', 'set', 'mymaster', 'auth-pass', second], ['-a', first]);
    const change = ['acl', 'setuser', 'default', 'resetpass', `>${second}`];
    expect(await sentinel.cli(change, ['-a', first])).toBe('OK');
  }
  for (const server of group.servers) {
    await changePassword(server);
    await cut(server);
  }
  await eventually('the client is back', async () => (await client.get('a')) === '1');
}, 60_000);
