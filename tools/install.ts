import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Installs what a folder with a lockfile of its own needs, where it is not there yet. */
export function install(folder: string): void {
  const lock = join(folder, 'package-lock.json');
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  // Said on the command line: what npm runs inherits engine-strict from the file at the root, and the packages of
  // kubernetes-models ask for a newer Node.js than they need.
  const flags = ['--engine-strict=false', '--loglevel=error', '--no-fund', '--no-audit'];
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`npm ci --prefix ${folder} failed; its packages are needed here`);
}
