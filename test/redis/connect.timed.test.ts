import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Cluster, Redis } from 'ioredis';
import { eventually } from '../support/eventually.ts';
import { closeClients, closeLater, openClient, readyClient, untilReady } from '../support/redis-client.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());
afterEach(() => {
  closeClients();
  server.thaw();
});

/** How it came out, and after how many ms. */
async function timed(work: Promise<unknown>): Promise<{ reason: string | undefined; tookMs: number }> {
  const from = performance.now();
  const reason = await work.then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { reason, tookMs: performance.now() - from };
}

test('a client works, shows its name, and takes the numbered database', async () => {
  const { client } = await readyClient(`${server.url}/3`);
  await client.set('a', '1');
  expect(await client.get('a')).toBe('1');
  expect(await client.client('GETNAME')).toBe('a-test');
  expect(await server.cli(['-n', '3', 'get', 'a'])).toBe('1');
  expect(await server.cli(['get', 'a'])).toBe('');
});

test('every kind of client has the settings that keep commands from hanging or being sent twice', async () => {
  const required = {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 500,
    connectTimeout: 1000,
    socketTimeout: 2000,
    lazyConnect: false,
    keyPrefix: '',
  };
  const address = `127.0.0.1:${server.port}`;
  for (const url of [`redis://${address}`, `redis+sentinel://${address}/m`]) {
    expect((openClient(url).client as Redis).options).toMatchObject(required);
  }
  const { options } = openClient(`redis+cluster://${address}`).client as Cluster;
  const { lazyConnect, keyPrefix, enableOfflineQueue, ...ofNodes } = required;
  expect(options.redisOptions).toMatchObject(ofNodes);
  expect(options).toMatchObject({ enableOfflineQueue, retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 });
  expect([options.keyPrefix, options.lazyConnect]).toEqual([undefined, undefined]);
});

test('before it is connected and while Redis is away, a command fails at once instead of waiting', async () => {
  const { client } = openClient(server.url);
  expect(await timed(client.get('a'))).toEqual({ reason: expect.any(String), tookMs: expect.any(Number) });
  await untilReady(client);
  await server.stop();
  await eventually('the loss is noticed', () => client.status !== 'ready');
  const { reason, tookMs } = await timed(client.get('a'));
  expect(reason).toMatch(/isn't writeable/);
  expect(tookMs).toBeLessThan(50);
  server = await RedisServer.start([], server.port);
  await untilReady(client, 2000);
  expect(await client.get('a')).toBeNull();
});

test('a command that a killed Redis leaves open fails at once and is not sent again', async () => {
  const { client } = await readyClient(server.url);
  server.freeze();
  const open = timed(client.incr('sent'));
  await sleep(50);
  await server.restart({ keepData: false });
  const { reason, tookMs } = await open;
  expect(reason).toBeDefined();
  expect(tookMs).toBeLessThan(450);
  await untilReady(client);
  await sleep(200);
  expect(await client.get('sent')).toBeNull();
});

test('a frozen Redis costs a command 500 ms, a connection 2 s, and works on after it', async () => {
  const { client, errors } = await readyClient(server.url);
  const closed = new Promise((resolve) => client.once('close', resolve));
  server.freeze();
  const from = performance.now();
  const { reason, tookMs } = await timed(client.get('a'));
  expect(reason).toBe('Command timed out');
  expect(tookMs).toBeGreaterThan(450);
  expect(tookMs).toBeLessThan(900);
  await closed;
  expect(performance.now() - from).toBeGreaterThan(1900);
  expect(performance.now() - from).toBeLessThan(2600);
  expect(errors.map(({ message }) => message)).toContainEqual(expect.stringMatching(/^Socket timeout/));
  server.thaw();
  await untilReady(client, 3000);
  expect(await client.ping()).toBe('PONG');
});

test('attempts to reconnect go on, at most half a second apart and not evenly spaced', async () => {
  const port = await freePort();
  const { client, errors } = openClient(`redis://127.0.0.1:${port}`);
  const pauses: number[] = [];
  client.on('reconnecting', (ms: number) => pauses.push(ms));
  await eventually('seven attempts', () => pauses.length >= 7);
  expect(pauses[0]).toBeLessThanOrEqual(50);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(500);
  expect(pauses.slice(4).every((ms) => ms >= 200)).toBe(true);
  expect(new Set(pauses.slice(4)).size).toBeGreaterThan(1);
  expect(errors.length).toBeGreaterThanOrEqual(7);
});

test('a host that takes connections and never says a word is given up within 2 s, again and again', async () => {
  const sockets: Socket[] = [];
  // Half-open: like a host that vanished, it does not answer the goodbye either.
  const silent: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => {}));
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  openClient(`redis://127.0.0.1:${port}`);
  try {
    await eventually('a third attempt', () => sockets.length >= 3, 4000);
  } finally {
    closeClients();
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

test('a master that became a replica is left, so that the next connect can find the new one', async () => {
  const { client } = await readyClient(server.url);
  await server.cli(['replicaof', '127.0.0.1', String(await freePort())]);
  const closed = new Promise((resolve) => client.once('close', resolve));
  const script = client.eval("return redis.call('set', KEYS[1], 1)", 1, 'a');
  await expect(script).rejects.toThrow(/^READONLY/);
  await closed;
  await server.cli(['replicaof', 'no', 'one']);
  await untilReady(client);
  await client.set('a', '1');
});

test('a listener that throws ends neither the client nor the process', async () => {
  const { client } = openClient(server.url, {}, () => {
    throw new Error('from the listener');
  });
  await untilReady(client);
  await server.stop();
  await sleep(200);
  server = await RedisServer.start([], server.port);
  await untilReady(client, 3000);
});

test('a duplicate has the settings of its original, unless it is given others', async () => {
  const { client } = await readyClient(server.url);
  const copy = closeLater((client as Redis).duplicate({ connectionName: 'another' }));
  await untilReady(copy);
  expect(await copy.client('GETNAME')).toBe('another');
  const { options } = client as Redis;
  expect(copy.options.commandTimeout).toBe(options.commandTimeout);
  expect(copy.listenerCount('error')).toBeGreaterThan(0);
});
