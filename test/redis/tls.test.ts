import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { closeClients, openClient, readyClient } from '../support/redis-client.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisSentinel } from '../support/redis-sentinel.ts';
import { freePort, RedisServer } from '../support/redis-server.ts';
import { TestAuthority, tlsOptions } from '../support/redis-tls.ts';

let authority: TestAuthority;
let server: RedisServer;
let strict: RedisServer;
let group: { stop(): Promise<void> } | undefined;

beforeAll(async () => {
  authority = new TestAuthority();
  const [port, strictPort] = [await freePort(), await freePort()];
  server = await RedisServer.start(tlsOptions(authority, port, 'no'), port);
  strict = await RedisServer.start(tlsOptions(authority, strictPort, 'yes'), strictPort);
});
afterAll(async () => {
  await server.stop();
  await strict.stop();
  authority.remove();
});
afterEach(async () => {
  closeClients();
  await group?.stop();
  group = undefined;
});

const url = ({ port }: RedisServer, host = '127.0.0.1') => `rediss://${host}:${port}`;

test.each(['127.0.0.1', 'localhost'])('a server is trusted by our authority, at %s', async (host) => {
  const { client } = await readyClient(url(server, host), { tls: { caFile: authority.cert } });
  expect(await client.ping()).toBe('PONG');
});

test('a server that no known authority vouches for is refused', async () => {
  const { client, errors } = openClient(url(server));
  await eventually('refusals', () => errors.length >= 2);
  expect(client.status).not.toBe('ready');
  expect((errors[0] as NodeJS.ErrnoException).code).toBe('SELF_SIGNED_CERT_IN_CHAIN');
});

test('a server with a certificate for another name is refused', async () => {
  const { client, errors } = openClient(url(server, '127.0.0.2'), { tls: { caFile: authority.cert } });
  await eventually('refusals', () => errors.length >= 2);
  expect(client.status).not.toBe('ready');
});

test('a client certificate is shown where it is asked for', async () => {
  const { cert: certFile, key: keyFile } = authority.issue('gateway', 'DNS:gateway');
  const { client: without, errors } = openClient(url(strict), { tls: { caFile: authority.cert } });
  const { client } = await readyClient(url(strict), { tls: { caFile: authority.cert, certFile, keyFile } });
  expect(await client.ping()).toBe('PONG');
  await eventually('the refusal', () => errors.length >= 1);
  expect(without.status).not.toBe('ready');
});

test('renewed certificates are used at the next connect; a pair that does not fit leaves the last one', async () => {
  const [certFile, keyFile] = [join(authority.folder, 'live.crt'), join(authority.folder, 'live.key')];
  const put = (name: string) => {
    const { cert, key } = authority.issue(name, 'DNS:gateway');
    copyFileSync(cert, certFile);
    copyFileSync(key, keyFile);
  };
  put('old');
  const { client } = await readyClient(url(strict), { tls: { caFile: authority.cert, certFile, keyFile } });
  const shownBy = async () => {
    const { stream } = client as unknown as { stream: { getCertificate(): { subject: { CN: string } } } };
    await client.ping();
    return stream.getCertificate().subject.CN;
  };
  expect(await shownBy()).toBe('old');

  const { cert } = authority.issue('half', 'DNS:gateway');
  copyFileSync(cert, certFile);
  await strict.restart({ keepData: false });
  expect(await eventually('the client is back', shownBy)).toBe('old');

  writeFileSync(keyFile, 'not a key');
  await strict.restart({ keepData: false });
  expect(await eventually('the client is back', shownBy)).toBe('old');

  put('new');
  await strict.restart({ keepData: false });
  expect(await eventually('the client is back', shownBy)).toBe('new');
});

const cliFlags = () => ['--tls', '--cacert', authority.cert];

test('a cluster is reached by the names that its certificates hold, and no addresses are looked for in them', async () => {
  const cluster = await RedisCluster.start(
    (port) => [
      ...tlsOptions(authority, port, 'no', 'DNS:localhost'),
      ...['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'],
    ],
    ['-h', 'localhost', ...cliFlags()],
  );
  group = cluster;
  const named = cluster.url.replace('redis+', 'rediss+').replaceAll('127.0.0.1', 'localhost');
  const { client } = await readyClient(named, { tls: { caFile: authority.cert } });
  await eventually('every slot answers', () =>
    Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => client.set(key, key))),
  );
}, 60_000);

test('Sentinels and the master behind them are both reached by TLS', async () => {
  const flags = cliFlags();
  const sentinel = await RedisSentinel.start({
    tls: { options: (port) => tlsOptions(authority, port, 'no'), flags },
  });
  group = sentinel;
  const { client } = await readyClient(sentinel.url.replace('redis+', 'rediss+'), {
    tls: { caFile: authority.cert },
  });
  await client.set('a', '1');
  expect(await (await sentinel.master()).cli(['get', 'a'], flags)).toBe('1');
}, 60_000);

test('a server is asked for by its name, so that one address may serve many', async () => {
  const { cert, key } = authority.issue('by-name', 'DNS:localhost');
  const asked: string[] = [];
  const many = createTlsServer({
    cert: readFileSync(cert),
    key: readFileSync(key),
    SNICallback: (name, done) => {
      asked.push(name);
      done(null);
    },
  }).listen(0, '127.0.0.1');
  await once(many, 'listening');
  group = { stop: async () => void many.close() };
  const { port } = many.address() as AddressInfo;
  openClient(`rediss://localhost:${port}`, { tls: { caFile: authority.cert } });
  await eventually('the name', () => asked.includes('localhost'));
});
