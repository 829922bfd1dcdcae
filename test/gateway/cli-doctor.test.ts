import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { practice, WITHOUT_REDIS, wrongIn } from '../support/practice.ts';

const here = practice();

describe('doctor', () => {
  test('finds nothing wrong where nothing is, by one call, and leaves nothing behind', async () => {
    const ran = await here.examine();
    expect([ran.code, wrongIn(ran), ran.complained]).toEqual([0, [], '']);
    expect(ran.printed).toMatch(/^fine {3}token: from AMPERITY_TOKEN$/m);
    expect(ran.printed).toMatch(
      /^fine {3}Amperity: one call was made, within the budget, and answered after/m,
    );
    expect(ran.printed).toMatch(/^fine {3}Redis: version 7/m);
    expect(ran.printed).toMatch(/^fine {3}Redis: maxmemory-policy volatile-lru$/m);
    expect(ran.printed).toMatch(/^fine {3}Redis: answers within \d/m);
    expect(ran.printed).toMatch(/^fine {3}Redis: its clock is \d+ ms/m);
    expect(ran.printed).toMatch(/^fine {3}Redis: the user has every right that is needed$/m);
    expect(await here.calls()).toBe(1);
    expect(await here.redis.cli(['acl', 'log'])).toBe('');
    // The limiter of the fleet, which it may have begun, remembers nobody and no lease.
    const limiter = (await here.redis.cli(['keys', '*'])).split('\n');
    expect(limiter.filter((key) => key !== 'b_{agw-acme}_settings')).toEqual([]);
  });

  test('ends by itself as a command', () => {
    const cli = join(process.cwd(), 'dist/cli.js');
    const env = { PATH: process.env.PATH ?? '', ...here.env };
    const options = { cwd: here.folder, env, encoding: 'utf8', timeout: 20_000 } as const;
    const ran = spawnSync(process.execPath, [cli, 'doctor'], options);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toMatch(/\nNothing is wrong\.\n$/);
  });

  test('makes no call for which the fleet has no permit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
    const settings = JSON.parse(readFileSync(join(here.folder, 'gateway.yaml'), 'utf8'));
    // A limiter that nobody remembers gives nothing until what may have been sent is a window old.
    settings.budget = { name: 'another', rate: 1, windowMs: 60_000 };
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, JSON.stringify(settings));
    await here.redis.cli(['acl', 'setuser', 'agw', '~*', '&*']);
    const ran = await here.examine({ GATEWAY_CONFIG: file });
    rmSync(folder, { recursive: true });
    expect([ran.code, wrongIn(ran)]).toEqual([
      1,
      [expect.stringContaining('the fleet had no permit for it')],
    ]);
    expect(await here.calls()).toBe(0);
  });

  test('tells every problem with the settings, and asks nobody then', async () => {
    const { code, complained, printed } = await here.examine({ AMPERITY_TENANT: '', CACHE_KEYS: '' });
    expect([code, printed]).toEqual([78, '']);
    expect(complained).toMatch(/^AMPERITY_TENANT: /m);
    expect(complained).toMatch(/^CACHE_KEYS: /m);
    expect(await here.calls()).toBe(0);
  });

  test('says that there may be one replica where there is no Redis', async () => {
    const ran = await here.examine(WITHOUT_REDIS);
    expect(ran.code).toBe(0);
    expect(ran.printed).toContain('so one replica may run and no more');
    expect(ran.printed).toContain('one call was made, beside the budget, and answered');
  });
});

describe('what it finds of Amperity', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a token that is refused', { AMPERITY_TOKEN: 'another' }, 'answered 401; get another token'],
    ['a tenant of somebody else', { AMPERITY_TENANT: 'elsewhere' }, 'does not let'],
  ])('finds %s, by one call', async (_, env, problem) => {
    const ran = await here.examine({ ...WITHOUT_REDIS, ...env });
    expect([ran.code, wrongIn(ran)]).toEqual([1, [expect.stringContaining(problem)]]);
    expect(await here.calls()).toBe(1);
  });

  test.each<[number, string]>([
    [404, 'AMPERITY_BASE_URL'],
    [400, 'AMPERITY_API_VERSION'],
    [429, 'budget.rate'],
    [503, 'status 503'],
  ])('says what to do about %i, and does not try again', async (status, problem) => {
    await here.simulator.faults([{ do: 'status', status }]);
    const ran = await here.examine(WITHOUT_REDIS);
    await here.simulator.clearFaults();
    expect([ran.code, wrongIn(ran)]).toEqual([1, [expect.stringContaining(problem)]]);
    expect(await here.calls()).toBe(1);
  });

  test('finds that it cannot be reached', async () => {
    await here.simulator.knobs({ listen: 'off' });
    const ran = await here.examine(WITHOUT_REDIS);
    expect([ran.code, wrongIn(ran)]).toEqual([1, [expect.stringContaining('could not be reached')]]);
  });

  test('gets a token by client credentials and tells when it ends, or that there is none', async () => {
    const client = {
      ...WITHOUT_REDIS,
      AMPERITY_TOKEN: '',
      AMPERITY_CLIENT_ID: 'sim-client',
      AMPERITY_CLIENT_SECRET: 'sim-secret',
      AMPERITY_TOKEN_URL: `${here.simulator.dataUrl}/v0/oauth2/token`,
    };
    expect((await here.examine(client)).printed).toMatch(
      /^fine {3}token: from AMPERITY_TOKEN_URL, ends 20\d\d-/m,
    );
    await here.simulator.clearJournal();
    const ran = await here.examine({ ...client, AMPERITY_CLIENT_SECRET: 'wrong' });
    expect([ran.code, wrongIn(ran)]).toEqual([1, [expect.stringContaining('so no call was made')]]);
    expect(await here.calls()).toBe(0);
  });

  test('finds a token that has ended', async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 1_500_000_000 })).toString('base64url');
    const ran = await here.examine({ ...WITHOUT_REDIS, AMPERITY_TOKEN: `e30.${claims}.x` });
    expect(wrongIn(ran)[0]).toContain('ends 2017-07-14T02:40:00.000Z; get another one');
  });
});
