import { execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { list, pairs, said } from './dockerfile.ts';
import { REPOSITORY } from './places.ts';

const CACHE = join(REPOSITORY, 'node_modules/.cache/image');

/** The image of the gateway without its base, as far as that can be had without Docker. */
export interface Image {
  /** What stands in its `/app`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  remove(): void;
}

/** Copies what the Dockerfile copies. Dependencies are installed by its own command; `dist` is compiled already. */
export function buildImage(): Image {
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  for (const { from, sources, target } of copies('gateway')) {
    const app = from === 'deps' ? dependencies() : REPOSITORY;
    for (const source of sources) copy(join(app, source.replace(/^\/app\//, '')), folder, target);
  }
  execSync('chmod -R u=rwX,go=rX .', { cwd: folder });
  return {
    folder,
    env: pairs('gateway', 'ENV'),
    entrypoint: list('gateway', 'ENTRYPOINT'),
    command: list('gateway', 'CMD'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const copies = (stage: string) =>
  said(stage, 'COPY').map((rest) => {
    const [, from, words = ''] = /^(?:--from=(\w+) )?(.*)$/.exec(rest) ?? [];
    const sources = words.split(' ');
    const target = sources.pop() ?? '';
    return { from, sources, target };
  });

/** The stage `deps`, kept for as long as what it is made from stays the same. */
function dependencies(): string {
  const command = (said('deps', 'RUN').at(-1) ?? '').replace(/^--mount=\S+ /, '');
  const sources = copies('deps').flatMap((each) => each.sources);
  const hash = createHash('sha256').update(`${process.version} ${command}`);
  for (const name of sources) hash.update(readFileSync(join(REPOSITORY, name)));
  const kept = join(CACHE, hash.digest('hex').slice(0, 16));
  if (existsSync(kept)) return kept;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'new-'));
  for (const name of sources) copy(join(REPOSITORY, name), folder, './');
  execSync(command, { cwd: folder, stdio: 'pipe' });
  try {
    renameSync(folder, kept);
  } catch {
    // Another test was faster.
    rmSync(folder, { recursive: true });
  }
  return kept;
}

/** As COPY does: into a folder that ends with a slash, under the name otherwise. */
function copy(source: string, folder: string, target: string): void {
  const path = join(folder, target.endsWith('/') ? join(target, basename(source)) : target);
  cpSync(source, path, { recursive: true, verbatimSymlinks: true });
}
