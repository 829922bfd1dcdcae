import { describe, expect, test } from '@jest/globals';
import { ACL, practice, wrongIn } from '../support/practice.ts';
import { RedisCluster } from '../support/redis-cluster.ts';

const here = practice();
/** Nobody knows then what the fleet has sent. */
const NO_CALL = expect.stringContaining('no call was made, because the fleet had no permit for it');

describe('what the doctor finds of Redis', () => {
  test.each([
    ['noeviction', /noeviction refuses every write when memory is full; set volatile-lru/],
    ['allkeys-lru', /allkeys-lru may let go of the limiter; set volatile-lru/],
  ])('it finds the policy %s', async (policy, problem) => {
    await here.redis.cli(['config', 'set', 'maxmemory-policy', policy]);
    const ran = await here.examine();
    expect([ran.code, wrongIn(ran)]).toEqual([1, [expect.stringMatching(problem)]]);
  });

  test('it finds that nothing bounds its memory', async () => {
    await here.redis.cli(['config', 'set', 'maxmemory', '0']);
    const ran = await here.examine();
    await here.redis.cli(['config', 'set', 'maxmemory', '64mb']);
    expect(wrongIn(ran)).toEqual([expect.stringContaining('maxmemory is not set')]);
  });

  test('it finds each right of the documented user that is missing', async () => {
    const rights = ACL.filter((word) => /^[+~&]/.test(word));
    expect(rights.length).toBeGreaterThan(50);
    // Without these there is no connection to look by, or nothing to be seen on it.
    const needed = ['+info'];
    const missing = rights.filter((word) => !needed.includes(word));
    await here.redis.cli(['acl', 'setuser', 'agw', 'resetkeys', 'resetchannels', '-@all', '+info']);
    const [, named = ''] = /ACL SETUSER <user> (.*) \(/.exec((await here.examine()).printed) ?? [];
    const commands = missing.filter((word) => word.startsWith('+'));
    expect(named.split(' ').sort()).toEqual([...commands].sort());
    await here.redis.cli(['acl', 'setuser', 'agw', ...commands]);
    const [, patterns = ''] = /ACL SETUSER <user> (.*) \(/.exec((await here.examine()).printed) ?? [];
    expect(patterns.split(' ').sort()).toEqual(missing.filter((word) => !word.startsWith('+')).sort());
    await here.redis.cli(['acl', 'setuser', 'agw', ...patterns.split(' ')]);
    expect((await here.examine()).code).toBe(0);
  });

  test('it finds a user who is not let in', async () => {
    const ran = await here.examine({ REDIS_PASSWORD: 'wrong' });
    expect([ran.code, wrongIn(ran)]).toEqual([
      1,
      [NO_CALL, 'wrong  Redis: cannot be used (WRONGPASS); check REDIS_USERNAME and REDIS_PASSWORD'],
    ]);
  });

  test('it finds that it is gone, or does not answer', async () => {
    const gone = await here.examine({ REDIS_URL: 'redis://127.0.0.1:1' });
    expect([gone.code, wrongIn(gone)]).toEqual([
      1,
      [NO_CALL, expect.stringContaining('cannot be used (ECONNREFUSED)')],
    ]);
    here.redis.freeze();
    const frozen = await here.examine();
    here.redis.thaw();
    expect([frozen.code, wrongIn(frozen)]).toEqual([1, [NO_CALL, expect.stringContaining('cannot be used')]]);
    expect(await here.calls()).toBe(0);
  });

  test.each([
    ['behind', 5000],
    ['ahead of', -5000],
  ])('it finds a clock that is %s this one', async (how, shiftMs) => {
    const ran = await here.examine({}, () => Date.now() + shiftMs);
    expect(wrongIn(ran)).toEqual([
      expect.stringMatching(new RegExp(`clock is [45]\\d{3} ms ${how} this one`)),
    ]);
  });

  test('it looks at every master of a cluster', async () => {
    const cluster = await RedisCluster.start();
    try {
      const [first, ...others] = cluster.servers;
      for (const server of cluster.servers) await server.cli(['config', 'set', 'maxmemory', '64mb']);
      for (const server of others) await server.cli(['config', 'set', 'maxmemory-policy', 'volatile-lru']);
      const ran = await here.examine({ REDIS_URL: cluster.url, REDIS_USERNAME: '', REDIS_PASSWORD: '' });
      expect(wrongIn(ran)).toEqual([
        expect.stringContaining(`Redis 127.0.0.1:${first?.port}: maxmemory-policy noeviction`),
      ]);
      expect(ran.printed).toContain('the user has every right');
      for (const { port } of others) expect(ran.printed).toContain(`Redis 127.0.0.1:${port}: answers within`);
    } finally {
      await cluster.stop();
    }
  });
});
