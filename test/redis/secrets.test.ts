import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { closeClients, openClient } from '../support/redis-client.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';

const canary = 'cAnArY7Qm2';
const printed: string[] = [];
let server: RedisServer;
let cluster: RedisCluster | undefined;
let parrot: Server | undefined;

beforeAll(async () => {
  server = await RedisServer.start(['--requirepass', 'another']);
  for (const method of ['log', 'warn', 'error'] as const) {
    jest.spyOn(console, method).mockImplementation((...parts) => void printed.push(inspect(parts)));
  }
});
afterAll(async () => {
  await cluster?.stop();
  await server.stop();
});
afterEach(() => {
  closeClients();
  parrot?.close();
});

/** Everything that could be told of the errors, by their members too. */
const told = (errors: readonly Error[]) =>
  [inspect(errors, { depth: 9, showHidden: true }), ...printed].join('\n');

test.each(['', 'somebody'])('a refused login of user %j tells no password', async (user) => {
  const { client, errors } = openClient(`redis://${user}:${canary}@127.0.0.1:${server.port}`);
  const laterErrors: Error[] = [];
  client.on('error', (error) => laterErrors.push(error));
  await eventually('refusals', () => errors.length >= 2 && laterErrors.length >= 2);
  expect(errors[0]?.message).toMatch(/^WRONGPASS/);
  expect(told([...errors, ...laterErrors])).not.toContain(canary);
});

test('neither does one by a cluster', async () => {
  cluster = await RedisCluster.start();
  for (const each of cluster.servers) await each.cli(['config', 'set', 'requirepass', 'another']);
  const { errors } = openClient(cluster.url, { password: { kind: 'value', value: canary } });
  await eventually('refusals', () => errors.some((error) => 'lastNodeError' in error));
  expect(told(errors)).toContain('WRONGPASS');
  expect(told(errors)).not.toContain(canary);
}, 30_000);

test('a server or proxy that repeats what it was sent does not get the password into a message', async () => {
  parrot = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(`-ERR refused: ${data.toString().replaceAll('\r\n', ' ')}\r\n`));
  }).listen(0, '127.0.0.1');
  await once(parrot, 'listening');
  const { port } = parrot.address() as AddressInfo;
  const { errors } = openClient(`redis://:${canary}@127.0.0.1:${port}`);
  await eventually('a refusal', () => errors.find(({ message }) => message.includes('(secret)')));
  expect(told(errors)).not.toContain(canary);
});
