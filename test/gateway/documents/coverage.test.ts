import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  type Command,
  commandsIn,
  commandsOfAll,
  documents,
  REPOSITORY,
} from '../../support/documents/commands.ts';
import { assignments, RULES, type Way } from '../../support/documents/rules.ts';

const all = assignments();

test('every command of every document has a rule by which a test runs it', () => {
  const without = all.filter(({ rule }) => rule === undefined);
  // What to do about it stands in CONTRIBUTING.md.
  expect(without.map(({ command }) => `${command.document}:${command.line}: ${command.text}`)).toEqual([]);
});

test('every rule is needed by a command', () => {
  const unused = RULES.filter((rule) => all.every((each) => each.rule !== rule));
  expect(unused.map(({ command }) => command)).toEqual([]);
});

test('the test that a rule names sees to its commands', () => {
  for (const { by, command, evidence } of RULES) {
    const file = join(REPOSITORY, 'test', by);
    expect([String(command), by, existsSync(file)]).toEqual([String(command), by, true]);
    expect(readFileSync(file, 'utf8')).toContain(evidence ?? `commandsFor('${by}')`);
  }
});

test('as many are found as are run, parsed, compared and named', () => {
  const count = (way: Way): number => all.filter(({ rule }) => rule?.way === way).length;
  const ways: Way[] = ['run', 'stand-in', 'parsed', 'compared', 'named'];
  const told = ways.map((way) => `${way} ${count(way)}`).join(', ');
  const different = new Set(all.map(({ command }) => command.text)).size;
  process.stdout.write(
    `${all.length} commands (${different} different) in ${documents().length} documents: ${told}\n`,
  );
  expect(ways.map(count).reduce((sum, each) => sum + each)).toBe(all.length);
  // A search that finds nothing would leave nothing without a rule.
  expect(all.length).toBeGreaterThan(100);
  expect(count('run')).toBeGreaterThan(all.length / 2);
});

describe('a command is found', () => {
  const found = (markdown: string): Pick<Command, 'line' | 'text'>[] =>
    commandsIn('a.md', markdown).map(({ line, text }) => ({ line, text }));

  test.each([
    ['in a block', 'Text\n\n```sh\nmake it\n```\n', [{ line: 4, text: 'make it' }]],
    ['in a block of a list', '1. one\n\n   ```bash\n   a b   # why\n   ```\n', [{ line: 4, text: 'a b' }]],
    ['in a session', '```console\n$ ls -l\ntotal 0\n```\n', [{ line: 2, text: 'ls -l' }]],
    [
      'over several lines',
      '```sh\na \\\n  b\n\nc\n```\n',
      [
        { line: 2, text: 'a b' },
        { line: 5, text: 'c' },
      ],
    ],
    ['in a block of no language', '```\nnpm run x\nanswer 5\n```\n', [{ line: 2, text: 'npm run x' }]],
    ['in the comment of a block', '```yaml\na: 1 # or npm run x\n```\n', [{ line: 2, text: 'npm run x' }]],
    [
      'in running text',
      'So\n`npm run x` and ``node y``.',
      [
        { line: 2, text: 'npm run x' },
        { line: 2, text: 'node y' },
      ],
    ],
    ['behind variables', 'Say `A=1 B=… node x`.', [{ line: 1, text: 'A=1 B=… node x' }]],
    ['not in names', '`npm`, `node:http`, `curl`, `helm/x`, `keys[].id`\n\n```json\n{"npm": 1}\n```\n', []],
  ])('%s', (_, markdown, expected) => {
    expect(found(markdown)).toEqual(expected);
  });

  test('in documents of every folder but what is history or installed', () => {
    const names = documents();
    for (const name of ['README.md', 'docs/redis.md', 'simulator/README.md', 'tools/helm/README.md'])
      expect(names).toContain(name);
    expect(names.filter((name) => /node_modules|CHANGELOG/.test(name))).toEqual([]);
    const all = commandsOfAll();
    expect(all.filter(({ document }) => !names.includes(document))).toEqual([]);
  });
});
