import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { digestApiKey, parseApiKey } from '../../../src/access/api-key.ts';
import { goodEnvironment, loadFiles, web } from '../config/settings-fixture.ts';
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
    const yaml = `teams: { web: { attributes: '*', profilesPerDay: 100, indexes: ['*'], keys: [${JSON.stringify(entry)}] } }`;
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

describe('keys create --browser', () => {
  const create = (...more: string[]) =>
    runVerb(['keys', 'create', '--team', 'web', '--browser', '--origin', 'https://app.example', ...more]);
  const policy = {
    maxLimit: 10,
    minFilters: 1,
    withTotal: false,
    profilesPerDay: 1000,
    requestsPerSecond: 5,
  };

  test('prints the whole entry, which lives half as long', async () => {
    const made = JSON.parse((await create('--json')).printed);
    expect(made.entry).toEqual({
      id: parseApiKey(made.key)?.id,
      sha256: digestApiKey(made.key).toString('hex'),
      notAfter: new Date(now + 90 * dayMs).toISOString(),
      kind: 'browser',
      origins: ['https://app.example'],
      policy,
    });
  });

  test('takes a life in days, and several origins, each of them once', async () => {
    const origins = ['--origin', 'http://localhost:5173', '--origin', 'https://app.example'];
    const { entry } = JSON.parse((await create('--json', '--days', '7', ...origins)).printed);
    expect(entry.notAfter).toBe(new Date(now + 7 * dayMs).toISOString());
    expect(entry.origins).toEqual(['https://app.example', 'http://localhost:5173']);
  });

  test('the entry goes into the file as it is', async () => {
    const { entry } = JSON.parse((await create('--json')).printed);
    const team = { indexes: ['ix'], attributes: { ix: { allow: ['tier'] } }, keys: [entry] };
    const { config, problems, warnings } = loadFiles(
      { 'gateway.yaml': { teams: { web: team } } },
      goodEnvironment,
    );
    expect([problems, warnings]).toEqual([[], []]);
    expect(config?.teams.web?.keys).toEqual([
      {
        id: entry.id,
        sha256: entry.sha256,
        kind: 'browser',
        state: 'active',
        notAfterMs: now + 90 * dayMs,
        origins: ['https://app.example'],
        policy,
      },
    ]);
  });

  test('the lines to paste load as they are, beside what they say a new team needs', async () => {
    const { code, printed } = await create();
    const lines = printed.split('\n');
    const yaml = lines.slice(
      lines.indexOf('teams:'),
      lines.findLastIndex((line) => line.startsWith('  ')) + 1,
    );
    const shown = "    indexes: ['ix']\n    attributes: { ix: { allow: [tier], mask: [email] } }\n";
    const outcome = loadFiles({ 'gateway.yaml': `${yaml.join('\n')}\n${shown}` }, goodEnvironment);
    expect([code, outcome.problems, outcome.warnings]).toEqual([0, [], []]);
    expect(outcome.config?.teams.web?.keys[0]).toMatchObject({ id: parseApiKey(lines[0] ?? '')?.id, policy });
  });

  test('and the advice tells what is missing for a team that is shown everything', async () => {
    const { printed } = await create();
    expect(printed).toContain('Whoever reads the page has this key.');
    expect(printed).toContain('policy.attributes');
    const { entry } = JSON.parse((await create('--json')).printed);
    const load = (key: object) =>
      loadFiles({ 'gateway.yaml': { teams: { web: { ...web, keys: [key] } } } }, goodEnvironment).problems;
    expect(load(entry)).toEqual([expect.stringMatching(/; write policy\.attributes$/)]);
    expect(load({ ...entry, policy: { ...entry.policy, attributes: { ix: { allow: ['a'] } } } })).toEqual([]);
  });

  test('a key for servers says nothing of pages', async () => {
    const { printed } = await runVerb(['keys', 'create', '--team', 'web']);
    expect(printed).not.toMatch(/page|origin|policy/);
    expect(printed).toContain('the attributes it is shown');
  });
});

describe('keys create refuses', () => {
  test.each<[string[], string]>([
    [['--browser'], '--browser and --origin go together: a browser key is for the pages of its origins'],
    [
      ['--origin', 'https://a.example'],
      '--browser and --origin go together: a browser key is for the pages of its origins',
    ],
    [
      ['--browser', '--origin', 'https://a.example/x'],
      '--origin takes an exact origin such as https://app.example, and may be repeated',
    ],
    [
      ['--browser', '--origin', 'https://a.example', '--days', '10000'],
      '--days takes an integer from 1 to 9999',
    ],
  ])('%j', async (flags, sentence) => {
    const { code, printed, complained } = await runVerb(['keys', 'create', '--team', 'web', ...flags]);
    expect([code, printed]).toEqual([64, '']);
    expect(complained.split('\n')[0]).toBe(sentence);
  });
});

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
