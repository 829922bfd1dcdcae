import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RedisSettings } from '../../src/shared/redis.ts';
import { eventually } from '../support/eventually.ts';
import { closeClients, openClient, readyClient, untilReady } from '../support/redis-client.ts';
import { RedisSentinel } from '../support/redis-sentinel.ts';

const secrets = { password: 'of-redis', sentinelPassword: 'of-sentinels' };
const flags = ['-a', secrets.password];
const credentials: Partial<RedisSettings> = {
  password: { kind: 'value', value: secrets.password },
  sentinelPassword: { kind: 'value', value: secrets.sentinelPassword },
};
let group: RedisSentinel;

beforeEach(async () => {
  group = await RedisSentinel.start(secrets);
}, 30_000);
afterEach(async () => {
  closeClients();
  await group.stop();
});

test('the client follows the master, when Sentinels are asked to change it and when it dies', async () => {
  const { client } = await readyClient(group.url, credentials);
  const heard: string[] = [];
  const { client: listener } = await readyClient(group.url, credentials);
  listener.on('message', (_channel, message) => heard.push(message));
  await listener.subscribe('news');

  await client.set('a', 'before');
  await group.failover();
  const second = await group.master();
  // A write to the old master in the moment of the change is lost, whatever the client does.
  await eventually(
    'writes go to the new master',
    async () => {
      await client.set('a', 'after');
      return (await second.cli(['get', 'a'], flags)) === 'after';
    },
    3000,
  );

  await eventually(
    'the old master is its replica',
    async () => (await second.cli(['info', 'replication'], flags)).includes('state=online'),
    20_000,
  );
  second.child.kill('SIGKILL');
  const third = await group.otherThan(second);
  await eventually('writes go to the new master', () => client.set('a', 'third'), 15_000);
  expect(await third.cli(['get', 'a'], flags)).toBe('third');
  await eventually('the subscription followed', async () => {
    await third.cli(['publish', 'news', 'here'], flags);
    return heard.includes('here');
  });
}, 60_000);

test('a master that freezes is left for the new one', async () => {
  const { client } = await readyClient(group.url, credentials);
  const frozen = await group.master();
  frozen.freeze();
  await group.otherThan(frozen);
  await eventually('writes go to the new master', () => client.set('a', '1'), 4000);
  frozen.thaw();
}, 60_000);

test('Sentinels that are away are tried again, and one of them is enough', async () => {
  const [first, second] = group.sentinels;
  await first?.stop();
  second?.freeze();
  const { client } = openClient(group.url, credentials);
  await untilReady(client, 5000);
  second?.thaw();
}, 60_000);

test('as long as no Sentinel answers, attempts go on and are told', async () => {
  for (const sentinel of group.sentinels) sentinel.freeze();
  const { client, errors } = openClient(group.url, credentials);
  await eventually('two rounds', () => errors.length >= 2, 15_000);
  expect(errors[0]?.message).toMatch(/^All sentinels are unreachable/);
  for (const sentinel of group.sentinels) sentinel.thaw();
  await untilReady(client);
}, 60_000);

test('a client that is closed leaves no connection to a Sentinel behind', async () => {
  const { client } = await readyClient(group.url, credentials);
  const [sentinel] = group.sentinels;
  const list = async () => (await sentinel?.cli(['client', 'list'], ['-a', secrets.sentinelPassword])) ?? '';
  await eventually('a subscription', async () => /name=a-test .* sub=1/.test(await list()));
  client.disconnect();
  await eventually('no more of it', async () => !(await list()).includes('name=a-test'));
});
