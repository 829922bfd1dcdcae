import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { keepSubscriptions } from '../../src/shared/redis-subscriptions.ts';
import { eventually } from '../support/eventually.ts';
import { closeClients, readyClient, untilReady } from '../support/redis-client.ts';
import { RedisServer } from '../support/redis-server.ts';

let server: RedisServer;
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

beforeEach(async () => {
  server = await RedisServer.start();
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  closeClients();
  await server.stop();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

async function subscribed(url = server.url) {
  const { client, errors } = await readyClient(url);
  const heard: string[] = [];
  client.on('message', (_channel, message) => heard.push(message));
  await client.subscribe('news');
  return { client, errors, heard };
}

test('an idle subscription lives longer than every timeout of a command', async () => {
  const { client, errors, heard } = await subscribed();
  await sleep(3500);
  await server.cli(['publish', 'news', 'late']);
  await eventually('the message', () => heard.includes('late'));
  expect(client.status).toBe('ready');
  expect(errors).toEqual([]);
}, 15_000);

test('a ping on a subscription finds out that Redis froze', async () => {
  const { client } = await subscribed();
  server.freeze();
  await expect(client.ping()).rejects.toThrow('Command timed out');
  await eventually('the connection is given up', () => client.status !== 'ready', 3000);
  server.thaw();
}, 15_000);

test('what was subscribed is subscribed again after every loss', async () => {
  const { client, heard } = await subscribed();
  for (const loss of ['first', 'second']) {
    await server.restart({ keepData: false });
    await untilReady(client);
    await eventually('the message', async () => {
      await server.cli(['publish', 'news', loss]);
      return heard.includes(loss);
    });
  }
});

test('also when the connection is lost again before it could subscribe', async () => {
  const { client, heard } = await subscribed();
  let losses = 0;
  client.on('ready', () => {
    losses += 1;
    if (losses <= 3) (client as Redis).stream.destroy();
  });
  await server.cli(['client', 'kill', 'type', 'pubsub']);
  await eventually('three losses more', () => losses > 3);
  await eventually('the message', async () => {
    await server.cli(['publish', 'news', 'still there']);
    return heard.includes('still there');
  });
});

test('a refusal to subscribe again is told, ends no process, and is tried again at the next connect', async () => {
  await server.cli(['acl', 'setuser', 'agw', 'on', '>pw', 'allkeys', 'allcommands', '&*']);
  const { client, errors, heard } = await subscribed(`redis://agw:pw@127.0.0.1:${server.port}`);
  // Redis ends connections whose subscription is no longer allowed.
  await server.cli(['acl', 'setuser', 'agw', 'resetchannels']);
  await eventually('the refusal', () => errors.some(({ message }) => message.startsWith('NOPERM')));
  await sleep(300);
  expect(client.status).toBe('ready');
  await server.cli(['acl', 'setuser', 'agw', '&*']);
  await server.cli(['client', 'kill', 'user', 'agw']);
  await eventually('the message', async () => {
    await server.cli(['publish', 'news', 'allowed']);
    return heard.includes('allowed');
  });
});

test('what was unsubscribed stays so', async () => {
  const { client, heard } = await subscribed();
  await client.subscribe('other');
  await client.unsubscribe('news');
  await server.restart({ keepData: false });
  await untilReady(client);
  await eventually('the message', async () => {
    await server.cli(['publish', 'news', 'unwanted']);
    await server.cli(['publish', 'other', 'wanted']);
    return heard.includes('wanted');
  });
  expect(heard).not.toContain('unwanted');
});

test('a connection that is lost halfway through subscribing forgets none of the channels', async () => {
  const asked: string[][] = [];
  const has = (...channels: string[]) => ({ subscriber: { channels: () => channels } });
  const client = Object.assign(new EventEmitter(), {
    condition: has('a', 'b', 'c'),
    status: 'close',
    subscribe: async (...channels: string[]) => {
      asked.push(channels);
      if (asked.length === 1) throw new Error('Connection is closed.');
    },
  });
  keepSubscriptions(client as unknown as Redis, () => {});
  client.emit('close');
  client.emit('ready');
  await sleep(0);
  client.condition = has('b');
  client.emit('close');
  client.emit('ready');
  await sleep(0);
  client.emit('ready');
  expect(asked).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ]);
});
