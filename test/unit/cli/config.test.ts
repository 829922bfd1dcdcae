import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { settingsPage } from '../../../src/config/settings-doc.ts';
import { settingsJsonSchema } from '../../../src/config/settings-json-schema.ts';
import { directoryWith, goodEnvironment, web } from '../config/settings-fixture.ts';
import { runVerb } from './run-verb.ts';

describe('config check', () => {
  const cwd = directoryWith({
    'gateway.yaml': { teams: { web } },
    'warned.yaml': { queue: { maxWaitMs: 60_001 }, teams: { web: { ...web, attributes: {} } } },
    'wrong.yaml': { budget: { rate: 0 }, queue: { total: 0 }, teams: { web } },
  });
  const check = (...flags: string[]) => runVerb(['config', 'check', ...flags], { cwd, env: goodEnvironment });

  test('says ok to settings that start', async () => {
    expect(await check()).toEqual({ code: 0, printed: 'ok', complained: '' });
  });

  test('lists warnings and says ok', async () => {
    const { code, printed } = await check('--file', 'warned.yaml');
    expect(code).toBe(0);
    expect(printed.split('\n')).toEqual([
      expect.stringMatching(/^warning: warned\.yaml: queue\.maxWaitMs: /),
      expect.stringMatching(/^warning: warned\.yaml: teams\.web\.attributes: /),
      'ok',
    ]);
  });

  test('lists every problem, one a line, and ends with 78', async () => {
    const { code, printed, complained } = await check('--file', 'wrong.yaml');
    expect([code, printed]).toEqual([78, '']);
    expect(complained.split('\n')).toEqual([
      expect.stringMatching(/^wrong\.yaml: budget\.rate: /),
      expect.stringMatching(/^wrong\.yaml: queue\.total: /),
    ]);
  });

  test('names a file that is not there', async () => {
    const { code, complained } = await check('--file', 'missing.yaml');
    expect(code).toBe(78);
    expect(complained).toMatch(/^GATEWAY_CONFIG: the file missing\.yaml does not exist;/);
  });
});

test('config schema prints the JSON Schema', async () => {
  expect(await runVerb(['config', 'schema'])).toEqual({
    code: 0,
    printed: settingsJsonSchema(),
    complained: '',
  });
});

describe('config docs', () => {
  test('prints the page', async () => {
    expect((await runVerb(['config', 'docs'])).printed).toBe(settingsPage().trimEnd());
  });

  test('writes what it then finds right', async () => {
    const cwd = directoryWith({ 'settings.md': 'old' });
    expect(await runVerb(['config', 'docs', '--check', 'settings.md'], { cwd })).toEqual({
      code: 1,
      printed: '',
      complained: 'settings.md does not say what the settings are; run: npm run fix',
    });
    expect((await runVerb(['config', 'docs', '--write', 'settings.md'], { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, 'settings.md'), 'utf8')).toBe(settingsPage());
    expect((await runVerb(['config', 'docs', '--check', 'settings.md'], { cwd })).code).toBe(0);
  });

  test('a page that is not there is not right, and one that cannot be written is said so', async () => {
    expect((await runVerb(['config', 'docs', '--check', 'no/page.md'])).code).toBe(1);
    expect((await runVerb(['config', 'docs', '--write', 'no/page.md'])).complained).toMatch(
      /cannot be written/,
    );
  });
});
