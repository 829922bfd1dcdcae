import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connectRedis, type RedisClient } from '../../src/shared/redis.ts';
import { RedisSignals } from '../../src/signals/redis-signals.ts';
import type { Signal } from '../../src/signals/signals.ts';
import { eventually } from '../support/eventually.ts';
import { RedisServer } from '../support/redis-server.ts';

let server: RedisServer;
let clients: RedisClient[];
const channel = `agw:{${randomUUID()}}:s`;

/** Waits until nothing of it throws any more. */
const until = (holds: () => unknown): Promise<unknown> =>
  eventually('all of it holds', async () => {
    await holds();
    return true;
  });

beforeEach(async () => {
  clients = [];
  server = await RedisServer.start();
});
afterEach(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

function connect(): RedisClient {
  const address = { host: '127.0.0.1', port: server.port };
  const client = connectRedis(
    { servers: { kind: 'standalone', address, db: 0 } },
    { clientName: 'test', onError: () => {} },
  );
  clients.push(client);
  return client;
}

/** A replica and everything it has heard. */
async function replica(name: string) {
  const client = connect();
  const subscriber = connect();
  const signals = new RedisSignals<string>({ client, subscriber, channel, replica: name });
  const heard: Signal<string>[] = [];
  signals.subscribe((signal) => void heard.push(signal));
  await until(async () => expect(await client.pubsub('NUMSUB', channel)).toContain(clients.length / 2));
  return { signals, heard };
}

describe('a signal', () => {
  test('is heard whole where it was given, and by name alone everywhere else', async () => {
    const [here, there] = [await replica('here'), await replica('there')];
    here.signals.publish({ kind: 'claimed', key: 'k' });
    here.signals.publish({ kind: 'requeued', key: 'k' });
    here.signals.publish({ kind: 'settled', key: 'k', outcome: 'personal' });
    here.signals.publish({ kind: 'paused', forMs: 1200 });
    expect(here.heard.at(-2)).toEqual({ kind: 'settled', key: 'k', outcome: 'personal' });
    await until(() =>
      expect(there.heard).toEqual([
        { kind: 'claimed', key: 'k' },
        { kind: 'requeued', key: 'k' },
        { kind: 'settled', key: 'k' },
        { kind: 'paused', forMs: 1200 },
      ]),
    );
    expect(here.heard).toHaveLength(4);
  });

  test('that a flight is queued stays where it was given', async () => {
    const [here, there] = [await replica('here'), await replica('there')];
    here.signals.publish({ kind: 'queued', key: 'k' });
    here.signals.publish({ kind: 'claimed', key: 'k' });
    await until(() => expect(there.heard).toEqual([{ kind: 'claimed', key: 'k' }]));
    expect(here.heard).toHaveLength(2);
  });

  test('is heard again after Redis was away', async () => {
    const [here, there] = [await replica('here'), await replica('there')];
    await server.restart({ keepData: false });
    await until(() => {
      here.signals.publish({ kind: 'claimed', key: 'after' });
      expect(there.heard).toContainEqual({ kind: 'claimed', key: 'after' });
    });
  });

  test('that is none of ours is passed over', async () => {
    const there = await replica('there');
    for (const text of ['', '{', 'null', '[]', '{"kind":"settled"}', '{"kind":"other","key":"k"}']) {
      await server.cli(['publish', channel, text]);
    }
    await server.cli(['publish', channel, '{"from":"x","kind":"claimed","key":"k"}']);
    await until(() => expect(there.heard).toEqual([{ kind: 'claimed', key: 'k' }]));
  });
});
