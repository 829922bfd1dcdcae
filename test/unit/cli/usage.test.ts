import { expect, test } from '@jest/globals';
import { usage } from '../../../src/cli/usage.ts';
import { runVerb } from './run-verb.ts';

test.each([
  [[]],
  [['frobnicate']],
  [['init']],
  [['init', '--folder']],
  [['keys']],
  [['keys', 'destroy']],
  [['constructor']],
  [['config', 'check', '--fil', 'x']],
  [['config', 'check', 'gateway.yaml']],
  [['config', 'check', '--file']],
  [['config', 'schema', '--json']],
  [['config', 'docs', '--write', 'a', '--check', 'b']],
  [['health', '--url', 'ftp://localhost']],
  [['keys', 'create']],
  [['keys', 'create', '--team', 'Web']],
  [['keys', 'create', '--team', 'web', '--days', '0']],
  [['keys', 'create', '--team', 'web', '--days', '1.5']],
  [['keys', 'create', '--team', 'web', '--label', 'Live']],
  [['keys', 'create', '--team', 'web', '--json=yes']],
  [['keys', 'create', '--team', 'web', '--browser']],
  [['keys', 'create', '--team', 'web', '--origin', 'https://app.example']],
  [['keys', 'create', '--team', 'web', '--browser', '--origin']],
  [['keys', 'create', '--team', 'web', '--browser', '--origin', '']],
  [['keys', 'create', '--team', 'web', '--browser', '--origin', '*']],
  [['keys', 'create', '--team', 'web', '--browser', '--origin', 'null']],
  [['keys', 'create', '--team', 'web', '--browser', '--origin', 'https://app.example/']],
  [['keys', 'create', '--team', 'web', '--browser', '--origin', 'https://*.app.example']],
  [['keys', 'create', '--team', 'web', '--browser', '--origin', 'https://a.example,b.example']],
  [
    [
      'keys',
      'create',
      '--team',
      'web',
      '--browser',
      '--origin',
      'https://a.example',
      '--origin',
      'b.example',
    ],
  ],
  [['keys', 'create', '--team', 'web', '--browser', '--origin', 'https://a.example', '--days', '0']],
])('%j is answered with the usage and exit code 64', async (args) => {
  const { code, printed, complained } = await runVerb(args);
  expect(code).toBe(64);
  expect(printed).toBe('');
  expect(complained).toContain(usage);
  expect(complained.split('\n')[0]).toMatch(/^[a-z-].{10,}/);
});

test.each(['--help', '-h', 'help'])('%s prints the usage', async (word) => {
  expect(await runVerb([word])).toEqual({ code: 0, printed: usage, complained: '' });
});

test('the usage tells the options of a key for pages', () => {
  expect(usage).toMatch(/keys create --team T \[--browser --origin O \.\.\.\] \[--days N\]/);
  expect(usage).toMatch(/180 days,\s+of a browser key 90\)/);
});

test('what stands on the command line is never repeated', async () => {
  for (const args of [
    ['agw_canary'],
    ['keys', 'hash', 'agw_canary'],
    ['keys', 'hash', '--agw_canary=agw_canary'],
    ['keys', 'create', '--team', 'web', '--browser', '--origin', 'agw_canary'],
    ['keys', 'create', '--team', 'web', '--origin', 'agw_canary'],
  ]) {
    const { code, complained } = await runVerb(args);
    expect(code).toBe(64);
    expect(complained).not.toContain('canary');
  }
});
