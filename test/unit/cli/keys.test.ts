import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { digestApiKey, parseApiKey } from '../../../src/access/api-key.ts';
import { goodEnvironment, loadFiles } from '../config/settings-fixture.ts';
import { now, runVerb } from './run-verb.ts';

const dayMs = 86_400_000;

describe('keys create --json', () => {
  test('prints exactly one object with the key, its team and the entry for the file', async () => {
    const { code, printed, complained } = await runVerb(['keys', 'create', '--team', 'web', '--json']);
    const made = JSON.parse(printed);
    expect([code, complained]).toEqual([0, '']);
    expect(made).toEqual({
      key: expect.stringMatching(/^agw_live_/),
      team: 'web',
      entry: {
        id: parseApiKey(made.key)?.id,
        sha256: digestApiKey(made.key).toString('hex'),
        notAfter: new Date(now + 180 * dayMs).toISOString(),
      },
    });
  });

  test('takes a life in days and a label', async () => {
    const args = ['keys', 'create', '--team', 'web', '--json', '--days', '7', '--label', 'demo'];
    const made = JSON.parse((await runVerb(args)).printed);
    expect(made.key).toMatch(/^agw_demo_/);
    expect(made.entry.notAfter).toBe(new Date(now + 7 * dayMs).toISOString());
  });

  test('the entry goes into the file as it is', async () => {
    const { entry } = JSON.parse((await runVerb(['keys', 'create', '--team', 'web', '--json'])).printed);
    const yaml = `teams: { web: { attributes: '*', indexes: ['*'], keys: [${JSON.stringify(entry)}] } }`;
    const { config, problems, warnings } = loadFiles({ 'gateway.yaml': yaml }, goodEnvironment);
    expect([problems, warnings]).toEqual([[], []]);
    expect(config?.teams.web?.keys[0]).toMatchObject({ id: entry.id, sha256: entry.sha256 });
  });
});

test('keys create prints the key once and the lines to paste, without the key in them', async () => {
  const { code, printed } = await runVerb(['keys', 'create', '--team', 'web']);
  const [key = '', ...rest] = printed.split('\n');
  expect(code).toBe(0);
  expect(parseApiKey(key)).toBeDefined();
  expect(rest.join('\n')).not.toContain(key);
  const lines = rest.slice(rest.indexOf('teams:'), rest.findLastIndex((line) => line.startsWith('  ')) + 1);
  expect(parse(lines.join('\n'))).toEqual({
    teams: {
      web: {
        keys: [
          {
            id: parseApiKey(key)?.id,
            sha256: digestApiKey(key).toString('hex'),
            notAfter: new Date(now + 180 * dayMs).toISOString(),
          },
        ],
      },
    },
  });
});

test.each([['--browser'], ['--origin', 'https://a.example']])(
  'keys create %s comes in a later version',
  async (...flags) => {
    const { code, printed, complained } = await runVerb(['keys', 'create', '--team', 'web', ...flags]);
    expect([code, printed]).toEqual([64, '']);
    expect(complained).toMatch(/not available in this version/);
  },
);

describe('keys hash', () => {
  test('reads a key from standard input and prints what the file keeps of it', async () => {
    const { key, entry } = JSON.parse((await runVerb(['keys', 'create', '--team', 'web', '--json'])).printed);
    for (const input of [key, `${key}\n`, `${key}\r\n`]) {
      const { code, printed } = await runVerb(['keys', 'hash'], { input });
      expect(code).toBe(0);
      expect(parse(printed)).toEqual({ id: entry.id, sha256: entry.sha256 });
      expect(printed).not.toContain(key);
    }
  });

  test.each(['', 'agw_canary', 'agw_live_canary0000_x_y\n'])('refuses what is no key: %j', async (input) => {
    const { code, printed, complained } = await runVerb(['keys', 'hash'], { input });
    expect([code, printed]).toEqual([65, '']);
    expect(complained).toMatch(/no gateway key/);
    expect(complained).not.toContain('canary');
  });
});
