import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Which folders, or files at the top, of `src` each folder may import from, beside itself. */
const FLOORS: Record<string, readonly string[]> = {
  '': [
    'access',
    'budget',
    'cli',
    'config',
    'console',
    'export',
    'fill',
    'http',
    'projection',
    'query',
    'quota',
    'serve',
    'shared',
    'signals',
    'store',
    'upstream',
  ],
  access: ['projection', 'quota', 'shared'],
  budget: ['shared'],
  // Of the upstream it makes one call, as the gateway would: out of the budget.
  cli: [
    'access',
    'compose-permits.ts',
    'compose-upstream.ts',
    'config',
    'export',
    'plan',
    'shared',
    'upstream',
  ],
  config: ['shared'],
  // What operators are shown of the last minute.
  console: ['shared'],
  // The forms in which result sets leave.
  export: ['shared'],
  fill: ['budget', 'projection', 'shared', 'signals', 'store', 'upstream'],
  http: ['access', 'console', 'export', 'query', 'quota', 'serve', 'shared'],
  // The what-if under a virtual clock; of `upstream` it plays the port.
  plan: ['budget', 'compose-core.ts', 'compose-memory.ts', 'projection', 'serve', 'shared', 'upstream'],
  // What of a stored page somebody may see.
  projection: ['shared'],
  query: ['shared'],
  quota: ['shared'],
  serve: ['budget', 'projection', 'shared', 'signals', 'store'],
  shared: [],
  signals: ['shared'],
  store: ['shared'],
  upstream: ['shared'],
};

/** The only files through which a package comes in. */
const DOORS: Record<string, RegExp> = {
  express: /^http\//,
  cors: /^http\//,
  helmet: /^http\//,
  'ipaddr.js': /^http\/client-address\.ts$/,
  axios: /^(upstream\/|shared\/json-request\.ts$)/,
  jose: /^access\//,
  ioredis: /^(shared\/redis|\w+\/(redis|bottleneck)-)/,
  bottleneck: /^budget\/bottleneck-/,
  pino: /^shared\/log\.ts$/,
  'pino-pretty': /^shared\/log\.ts$/,
  'prom-client': /^shared\/metrics\.ts$/,
  'csv-stringify/sync': /^export\/csv\.ts$/,
  'lru-cache': /^(store\/memory-|access\/|shared\/prepared-bodies\.ts$)/,
  negotiator: /^http\/coded-bodies\.ts$/,
  zod: /^config\//,
  yaml: /^(config|cli)\//,
};

/**
 * Files that are one of several ways to do a thing; only the composition roots choose between them. In `shared` a
 * file called `redis-…` is a part of the one way to connect.
 */
const VARIANT = /^(?!shared\/).*\/(memory|redis|layered|bottleneck|axios)-/;

/** The what-if takes the memory forms from them, and so chooses none itself. */
const COMPOSITION_ROOT = /^compose[^/]*\.ts$/;

interface Source {
  /** Below its top folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(folder: string): Source[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(ROOT, folder, path), 'utf8');
      const imports = [...text.matchAll(/(?:\bfrom|^import|\bimport\()\s*'([^']+)'/gm)].map(
        ([, name]) => name ?? '',
      );
      return { path, text, imports };
    });
}

/** Where a relative import leads, seen from `folder`; a package stays as it is. */
const target = (folder: string, { path }: Source, name: string): string =>
  name.startsWith('.') ? relative(join(ROOT, folder), join(ROOT, folder, dirname(path), name)) : name;

const folderOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '');

const src = sources('src');

describe('the floors', () => {
  test.each(src.map((source) => [source.path, source] as const))('are kept by %s', (path, source) => {
    const floor = folderOf(path);
    const allowed = [floor, ...(FLOORS[floor] ?? [])];
    const local = source.imports
      .filter((name) => name.startsWith('.'))
      .map((name) => target('src', source, name));
    expect(local.filter((name) => !allowed.includes(name) && !allowed.includes(folderOf(name)))).toEqual([]);
    const chosen = local.filter(
      (name) => VARIANT.test(name) && !COMPOSITION_ROOT.test(path) && !VARIANT.test(path),
    );
    expect(chosen).toEqual([]);
  });

  test('have a place for every folder', () => {
    expect([...new Set(src.map(({ path }) => folderOf(path)))].sort()).toEqual(Object.keys(FLOORS).sort());
  });
});

describe('the doors', () => {
  test('let each package in at one place', () => {
    const strays = src.flatMap(({ path, imports }) =>
      imports
        .filter((name) => !/^(\.|node:)/.test(name) && !DOORS[name]?.test(path))
        .map((name) => `${path}: ${name}`),
    );
    expect(strays).toEqual([]);
  });

  test('let environment and exit codes in at the two entries only', () => {
    const strays = src.filter(
      ({ path, text }) => !/^(main|cli)\.ts$/.test(path) && /process\.(env|exit)\b/.test(text),
    );
    expect(strays.map(({ path }) => path)).toEqual([]);
  });
});

describe('the simulator', () => {
  test('and the gateway know nothing of each other, nor of tests and benchmarks', () => {
    for (const folder of ['src', 'simulator']) {
      for (const source of sources(folder)) {
        const outside = source.imports
          .map((name) => target(folder, source, name))
          .filter((name) => name.startsWith('..'));
        expect([source.path, outside]).toEqual([source.path, []]);
      }
    }
  });
});

test('only files that run alone on the machine say how long a thing may take', () => {
  const bounded = /expect\((performance\.now\(\) - \w+|\w*[tT]ookMs)\)\s*\.toBeLessThan/;
  const alone = /^(chaos|chart)\/|\.timed\.test\.ts$/;
  const strays = sources('test').filter(({ path, text }) => !alone.test(path) && bounded.test(text));
  expect(strays.map(({ path }) => path)).toEqual([]);
});
