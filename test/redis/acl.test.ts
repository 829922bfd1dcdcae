import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import { RedisRevocations } from '../../src/access/redis-revocations.ts';
import { RedisDailyCounts } from '../../src/quota/redis-daily-counts.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { eventually } from '../support/eventually.ts';
import { closeClients, closeLater, openClient, readyClient } from '../support/redis-client.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';

const page = readFileSync(new URL('../../docs/redis.md', import.meta.url), 'utf8');
const line = /^ACL SETUSER agw .*$/m.exec(page)?.[0] ?? '';
const rule = line
  .replaceAll('PASSWORD', 'pw')
  .replaceAll('NAME', 'acme')
  .replaceAll('BUDGET', 'acme-budget')
  .split(' ');
const queue = 'agw:{acme}:q:1';
const pause = 'agw:{acme-budget}:pause';

let server: RedisServer;
let cluster: RedisCluster | undefined;

beforeAll(async () => {
  server = await RedisServer.start();
  expect(await server.cli(rule)).toBe('OK');
});
afterAll(async () => {
  await cluster?.stop();
  await server.stop();
});
afterEach(() => closeClients());

const asUser = async () => (await readyClient(`redis://agw:pw@127.0.0.1:${server.port}`)).client as Redis;

test('the documented user can do what limiter, queue, pages and signals need, and leaves no mark in ACL LOG', async () => {
  const client = await asUser();
  expect(await client.client('GETNAME').catch(() => 'refused')).toBe('refused');
  await server.cli(['acl', 'log', 'reset']);
  await client.set('agw:acme:p:k1:mac', 'page', 'PX', 60_000);
  expect(await client.get('agw:acme:p:k1:mac')).toBe('page');
  expect(await client.unlink('agw:acme:p:k1:mac')).toBe(1);
  await client.set('agw:acme:h:k1:mac', 'handed over', 'PX', 5000);
  await client.set(pause, 1, 'PX', 1000);
  expect(await client.pttl(pause)).toBeGreaterThan(0);
  const script = `local t = redis.call('TIME') redis.call('HSET', KEYS[1] .. ':flight:a', 'at', t[1])
    redis.call('ZADD', KEYS[1] .. ':claims', t[1], 'a') redis.call('SADD', KEYS[1] .. ':ready', 'a')
    redis.call('PEXPIRE', KEYS[1] .. ':ready', 1000) return redis.call('ZCARD', KEYS[1] .. ':claims')`;
  expect(await client.eval(script, 1, queue)).toBe(1);
  client.defineCommand('again', { numberOfKeys: 1, lua: script });
  const { again } = client as unknown as { again(key: string): Promise<number> };
  expect(await again.call(client, queue)).toBe(1);
  await client.multi().hdel(`${queue}:flight:a`, 'at').del(`${queue}:claims`).exec();
  expect(await client.ping()).toBe('PONG');
  expect(await client.time()).toHaveLength(2);
  expect(await client.client('ID')).toBeGreaterThan(0);

  const listener = closeLater(client.duplicate());
  const heard = new Promise((resolve) => listener.once('message', (_channel, message) => resolve(message)));
  await eventually('subscribed', () => listener.subscribe('agw:{acme}:s'));
  await client.publish('agw:{acme}:s', 'settled');
  expect(await heard).toBe('settled');
  await listener.unsubscribe('agw:{acme}:s');
  expect(await server.cli(['acl', 'log'])).toBe('');
});

test('profiles are counted as this user', async () => {
  const [client, other] = [await asUser(), await asUser()];
  await server.cli(['acl', 'log', 'reset']);
  const parts = { root: 'agw:{acme}', maxReplicas: 2, clock: systemClock };
  const one = new RedisDailyCounts({ ...parts, client, replica: 'one' });
  const two = new RedisDailyCounts({ ...parts, client: other, replica: 'two' });
  const quota = { subject: 'web', most: 100 };
  one.take([quota], 30);
  await eventually('the other has heard', () => two.left(quota) === 70);
  for (const counts of [one, two]) counts.close();
  expect(await server.cli(['acl', 'log'])).toBe('');
});

test('keys are revoked as this user', async () => {
  const [client, other] = [await asUser(), await asUser()];
  await server.cli(['acl', 'log', 'reset']);
  const one = new RedisRevocations({ root: 'agw:{acme}', clock: systemClock, client });
  const two = new RedisRevocations({ root: 'agw:{acme}', clock: systemClock, client: other });
  await one.revoke('ended', Date.now());
  await one.revoke('a', Date.now() + 60_000);
  await eventually('the other has heard', () => two.isRevoked('a'));
  await eventually('what has ended is removed', async () => {
    const held = await client.hkeys('agw:{acme}:r');
    return held.join() === 'a';
  });
  for (const revocations of [one, two]) revocations.close();
  expect(await server.cli(['acl', 'log'])).toBe('');
});

test('a clustered Bottleneck runs its jobs as this user', async () => {
  const client = await asUser();
  await server.cli(['acl', 'log', 'reset']);
  const connection = new Bottleneck.IORedisConnection({ client, Redis } as object);
  const limiter = new Bottleneck({
    id: '{agw-acme-budget}',
    datastore: 'ioredis',
    connection,
    maxConcurrent: 2,
    heartbeatInterval: 100,
  });
  const errors: unknown[] = [];
  for (const each of [connection, limiter]) each.on('error', (error) => errors.push(error));
  await limiter.ready();
  await limiter.updateSettings({ minTime: 5 });
  const jobs = [1, 2, 3, 4, 5].map((job) => limiter.schedule({ expiration: 4000 }, async () => job));
  expect(await Promise.all(jobs)).toEqual([1, 2, 3, 4, 5]);
  expect(await limiter.running()).toBe(0);
  // Long enough for heartbeats, which sweep what has expired.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await connection.disconnect(false);
  expect(errors).toEqual([]);
  expect(await server.cli(['acl', 'log'])).toBe('');
});

describe('nothing else is allowed', () => {
  test.each([
    ['flushall'],
    ['flushdb'],
    ['keys', '*'],
    ['scan', '0'],
    ['config', 'get', '*'],
    ['config', 'set', 'maxmemory', '1'],
    ['acl', 'list'],
    ['client', 'list'],
    ['client', 'kill', 'type', 'normal'],
    ['script', 'flush'],
    ['monitor'],
    ['shutdown'],
    ['bgsave'],
    ['replicaof', 'no', 'one'],
    ['select', '1'],
    ['randomkey'],
    ['get', 'foreign'],
    ['get', 'agw:another:p:k1:mac'],
    ['hset', 'b_{agw-another}_settings', 'a', '1'],
    ['publish', 'agw:{another}:s', 'x'],
    ['subscribe', 'agw:{another}:s'],
    ['eval', "return redis.call('flushall')", '0'],
    ['eval', "return redis.call('get', 'foreign')", '0'],
  ])('%s', async (...command) => {
    const answer = await server.cli(command, ['--user', 'agw', '-a', 'pw']);
    expect(answer).toMatch(/NOPERM|(The user executing the script )?can't (run|access)/);
  });
});

test('the line names every command that the scripts of the gateway and of Bottleneck call', () => {
  const folder = new URL('../../src/', import.meta.url);
  const lua = Object.values(
    createRequire(import.meta.url)('bottleneck/lib/lua.json') as Record<string, string>,
  );
  const own = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const texts = [...lua, ...own];
  const called = texts.flatMap((text) =>
    [...text.matchAll(/redis\.call\(\s*'(\w+)'/g)].map(([, name]) => name),
  );
  expect(called.length).toBeGreaterThan(80);
  const missing = [...new Set(called.map((name) => name?.toLowerCase()))].filter(
    (name) => !rule.includes(`+${name}`),
  );
  expect(missing).toEqual([]);
});

test('in a cluster and in a numbered database it takes the rights that the page adds', async () => {
  const added = (row: string) => {
    const cell = page.split('\n').find((text) => text.startsWith(`| ${row}`)) ?? '';
    return [...cell.matchAll(/\+[\w|\\]+/g)].map(([right]) => right.replaceAll('\\', ''));
  };
  cluster = await RedisCluster.start();
  for (const each of cluster.servers) {
    expect(await each.cli([...rule, ...added('Cluster')])).toBe('OK');
    await each.cli(['acl', 'setuser', 'default', 'off'], []);
  }
  const { client } = await readyClient(cluster.url, {
    username: 'agw',
    password: { kind: 'value', value: 'pw' },
  });
  await eventually('pages on every node', () =>
    Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => client.set(`agw:acme:p:${key}`, 1))),
  );
  await client.subscribe('agw:{acme}:s');

  const numbered = `redis://agw:pw@127.0.0.1:${server.port}/2`;
  const { errors } = openClient(numbered);
  await eventually('the refusal is told', () => errors.some(({ message }) => message.startsWith('NOPERM')));
  await server.cli([...rule, ...added('a numbered database')]);
  const { client: second } = await readyClient(numbered);
  await second.set('agw:acme:p:x', 'in 2');
  expect(await server.cli(['-n', '2', 'get', 'agw:acme:p:x'])).toBe('in 2');
}, 30_000);
