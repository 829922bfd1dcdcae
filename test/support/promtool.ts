import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptGet } from './apt-install.ts';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/promtool', import.meta.url));
const CACHED = join(CACHE, 'usr/bin/promtool');

/** What promtool printed, and its exit code. */
export interface Judged {
  readonly code: number | null;
  readonly said: string;
}

/** The judge of Prometheus itself: the one on PATH, or the one in Debian's package, which is not installed for it. */
export function promtool(args: readonly string[], input = ''): Judged {
  const { status, stdout, stderr } = spawnSync(found(), args, { input, encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}

/** The same about a file that holds this; JSON is YAML. */
export function promtoolOn(args: readonly string[], content: object): Judged {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    const file = join(folder, 'content.yaml');
    writeFileSync(file, JSON.stringify(content));
    return promtool([...args, file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function found(): string {
  if (spawnSync('promtool', ['--version']).status === 0) return 'promtool';
  if (!existsSync(CACHED)) unpack();
  return CACHED;
}

function unpack(): void {
  mkdirSync(join(CACHE, '..'), { recursive: true });
  const folder = mkdtempSync(`${CACHE}-`);
  try {
    try {
      download(folder);
    } catch {
      aptGet(['update']);
      download(folder);
    }
    for (const name of readdirSync(folder)) execFileSync('dpkg-deb', ['-x', join(folder, name), folder]);
    // In one step: other tests may be at the same.
    if (!existsSync(CACHED)) renameSync(folder, CACHE);
  } catch (cause) {
    if (!existsSync(CACHED)) throw new Error('These tests need promtool: install prometheus.', { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const download = (cwd: string): void => aptGet(['download', 'prometheus'], cwd);
