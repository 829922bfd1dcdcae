import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { environmentVariables } from '../../../src/config/environment.ts';
import { settingsSchema } from '../../../src/config/schema.ts';
import { leavesOf, settingTree } from '../../../src/config/setting-tree.ts';
import { settingsPage } from '../../../src/config/settings-doc.ts';
import { settingsJsonSchema } from '../../../src/config/settings-json-schema.ts';
import { loadFiles } from './settings-fixture.ts';

const page = settingsPage();
const defaultYaml = /```yaml\n([\s\S]+)```\n$/.exec(page)?.[1] ?? '';

test('docs/settings.md says what the schemas say', () => {
  const written = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');
  expect(written).toBe(page);
});

test('every setting and every variable has a row with a default, a range and a meaning', () => {
  // The teams themselves are the heading of a section.
  const settings = leavesOf(settingTree(settingsSchema))
    .filter(([path]) => path.join() !== 'teams')
    .map(([path]) => (path[0] === 'teams' ? path.slice(2) : path).join('.').replaceAll('.*', '[]'));
  for (const name of [...settings, ...Object.keys(environmentVariables)]) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row).toMatch(/^\|( [^|]*(\\\|[^|]*)* \|){4}$/);
    expect(row).not.toMatch(/\| +\||undefined|a (array|object)/);
  }
});

test.each([
  'attributes',
  'attributes[].allow',
  'attributes[].mask',
  'attributes[].maskAs',
  'keys[].policy.attributes',
  'keys[].policy.attributes[].allow',
  'jwt[].claims',
])('the section of the teams has a row for %s', (name) => {
  expect(page.slice(page.indexOf('### teams'))).toContain(`\n| \`${name}\` |`);
});

test.each(['filterOnly', 'MASK_KEY', 'TEAMS_FILE', 'policy.attributes', 'origins'])(
  'the prose about teams speaks of %s',
  (name) => {
    const prose = page
      .slice(page.indexOf('### teams'), page.indexOf('## All defaults'))
      .split('\n')
      .filter((line) => !line.startsWith('|'));
    expect(prose.join('\n')).toContain(`\`${name}\``);
  },
);

test('the page ends with a gateway.yaml that holds the defaults and starts', () => {
  const { teams, ...rest } = parse(defaultYaml);
  expect(settingsSchema.parse(rest)).toEqual(settingsSchema.parse({}));
  expect(rest).toEqual(settingsSchema.parse({}));
  expect(Object.keys(teams)).toEqual(['web']);
  expect(loadFiles({ 'gateway.yaml': defaultYaml })).toMatchObject({ problems: [], warnings: [] });
});

test('the commented lines of that file may be used', () => {
  const uncommented = defaultYaml.replaceAll(/^( *)# (\w+: )/gm, '$1$2').replaceAll(/<\w+>/g, 'acme');
  expect(uncommented).not.toBe(defaultYaml);
  expect(loadFiles({ 'gateway.yaml': uncommented }).problems).toEqual([]);
});

test('the JSON Schema holds keywords of JSON Schema only', () => {
  const text = settingsJsonSchema();
  expect(JSON.parse(text)).toMatchObject({
    type: 'object',
    additionalProperties: false,
    properties: {
      budget: { properties: { rate: { type: 'integer', minimum: 1, maximum: 100_000, default: 10 } } },
    },
  });
  expect(text).not.toMatch(/"(secret|later|expected|refusal|absent)":/);
});
