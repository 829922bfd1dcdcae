import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { REPOSITORY } from '../../support/documents/commands.ts';
import { expectOutcome } from '../../support/documents/outcome.ts';
import { type Assigned, commandsFor } from '../../support/documents/rules.ts';
import { type Done, shell } from '../../support/documents/shell.ts';

// Compilers and another Jest are started, on a machine that may be busy.
jest.setTimeout(120_000);
const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
const README = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
const rows = commandsFor('gateway/documents/long-runs.test.ts');
const those = (pattern: RegExp) => rows.filter(([, { command }]) => pattern.test(command.text));
const run = (script: string): Promise<Done> => shell(script, { cwd: REPOSITORY });

// These take minutes, or install what is in use. Each is given one argument more, at which the program that it starts
// ends after it has read the others.

test.each(those(/^npm run bench/))('names questions and flags that there are: %s', async (_, { command }) => {
  const { exitCode, stderr } = await run(`${command.text} --runs 0`);
  expect([exitCode, stderr]).toEqual([64, expect.stringMatching(/^--runs, .* take a whole number/)]);
});

test.each(those(/^npm run soak/))('names runs that there are: %s', async (_, { command }) => {
  const stranger = command.text.includes(' -- ') ? ' another' : ' -- another';
  const { exitCode, stdout } = await run(command.text + stranger);
  expect([exitCode, stdout]).toEqual([64, expect.stringContaining('There is no soak named another;')]);
});

const lists = new Map<string, Promise<string[]>>();

/** The files that Jest would run. */
function listed(command: string): Promise<string[]> {
  const known = lists.get(command) ?? list(command);
  lists.set(command, known);
  return known;
}

async function list(command: string): Promise<string[]> {
  const { exitCode, stdout } = await run(`${command}${command.includes(' -- ') ? '' : ' --'} --listTests`);
  expect(exitCode).toBe(0);
  return stdout.split('\n').filter((line) => line.startsWith('/'));
}

test.each(those(/^npm run test:\w+$/))('finds tests: %s', async (_, { command }) => {
  const files = await listed(command.text);
  expect(files.length).toBeGreaterThan(0);
});

test.each(those(/npm test$/))('runs every test there is, once: %s', async () => {
  const parts = String(scripts.test).split(' && ');
  const names = parts.map((part) => /^npm run --silent (test:\w+)$/.exec(part)?.[1] ?? '');
  expect([names.length, README]).toEqual([4, expect.stringContaining('all tests in four parts')]);
  const all: string[] = [];
  for (const name of names) all.push(...(await listed(`npm run ${name}`)));
  const there = readdirSync(join(REPOSITORY, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(REPOSITORY, 'test', name));
  expect(all.sort()).toEqual(there.sort());
});

test.each(those(/testPathPatterns/))(
  'runs, and ends with the count that README.md tells: %s',
  async (_, { command, rule }) => {
    const files = await listed(command.text);
    expectOutcome(rule, { exitCode: 0, stdout: files.join('\n'), stderr: '' });
    const { exitCode, stderr } = await run(command.text);
    const [count = ''] = /^Tests: +.*$/m.exec(stderr) ?? [];
    expect([exitCode, README]).toEqual([
      0,
      expect.stringContaining(`\`${count.replace(/\d+/g, '…').replace(/ +/g, ' ')}\``),
    ]);
  },
);

test.each(those(/^npm ci/))(
  'installs what the lockfile says, which agrees with package.json: %s',
  async (_, { command }) => {
    const [install = ''] = command.text.split(' && ');
    const { exitCode, stdout } = await run(`${install} --dry-run --offline`);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^(up to date|added \d+ packages) in /m)]);
  },
);

test.each(those(/run\.mjs/))('names a program and options of it: %s', (_, { command }: Assigned) => {
  const [, file = '', options = ''] = /node (\S+)(.*)$/.exec(command.text) ?? [];
  expect(existsSync(join(REPOSITORY, file))).toBe(true);
  const program = readFileSync(join(REPOSITORY, file), 'utf8');
  for (const [, name] of options.matchAll(/--(\w+)/g))
    expect(program).toContain(`${name}: { type: 'string' }`);
});

test.each(those(/chart:generate/))('is what the tests of the chart do by themselves: %s', () => {
  const generate = 'npm ci --prefix tools/helm --engine-strict=false && node tools/helm/generate.mjs';
  expect(scripts['chart:generate']).toBe(generate);
  const tests = join(REPOSITORY, 'test/chart');
  expect(readFileSync(join(tests, 'docs.test.ts'), 'utf8')).toContain("join(TOOLS, 'generate.mjs')");
  expect(readFileSync(join(tests, 'support/install-tools.ts'), 'utf8')).toContain('install(TOOLS)');
});

test('each of these commands is looked at', () => {
  const looked = [
    /^npm run (bench|soak)/,
    /^npm run test:/,
    /npm test$/,
    /^npm ci/,
    /run\.mjs/,
    /chart:generate/,
  ];
  expect(rows.filter(([, { command }]) => !looked.some((each) => each.test(command.text)))).toEqual([]);
});
