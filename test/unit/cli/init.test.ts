import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { digestApiKey, parseApiKey } from '../../../src/access/api-key.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { directoryWith, goodEnvironment } from '../config/settings-fixture.ts';
import { now, runVerb } from './run-verb.ts';

const contents = (folder: string): [string, string][] =>
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);

test('init makes files that a fleet starts with, and prints the key that they let in', async () => {
  const folder = directoryWith({ 'gateway.yaml': { budget: { maxReplicas: 3 } } });
  const { code, complained, printed } = await runVerb(['init', '--folder', folder]);
  const [key = ''] = printed.split('\n');
  expect([code, complained]).toEqual([0, '']);
  const loaded = loadConfig(
    {
      ...goodEnvironment,
      REDIS_URL: 'redis://127.0.0.1:6379',
      CACHE_KEYS_FILE: join(folder, 'cache-keys'),
      TEAMS_FILE: join(folder, 'teams.yaml'),
    },
    { cwd: folder, now },
  );
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  expect(loaded.config.teams.demo?.keys).toMatchObject([
    { id: parseApiKey(key)?.id, sha256: digestApiKey(key).toString('hex') },
  ]);
  expect(printed).toContain('ends on 2027-07-14');
});

test('no file holds the key, and the gateway may read each as another user', async () => {
  const folder = directoryWith({});
  const { printed } = await runVerb(['init', '--folder', folder]);
  for (const [name, text] of contents(folder)) {
    expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o444]);
    expect(text).not.toContain(printed.split('\n')[0]);
  }
});

test('init leaves what is there as it is, and makes what is not', async () => {
  const folder = directoryWith({});
  await runVerb(['init', '--folder', folder]);
  const before = contents(folder);
  const again = await runVerb(['init', '--folder', folder]);
  expect([again.code, again.printed.includes('agw_'), contents(folder)]).toEqual([0, false, before]);

  rmSync(join(folder, 'cache-keys'));
  await runVerb(['init', '--folder', folder]);
  const [keys, teams] = contents(folder);
  expect(teams).toEqual(before[1]);
  expect(keys?.[1]).toMatch(/^k1:/);
  expect(keys).not.toEqual(before[0]);
});

test('init says so when it cannot write, and prints no key then', async () => {
  const folder = join(directoryWith({}), 'gone');
  const { code, complained, printed } = await runVerb(['init', '--folder', folder]);
  expect([code, printed]).toEqual([1, '']);
  expect(complained).toContain('check that it is there');
});
