import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOCK = join(tmpdir(), 'apt-get.lock');

/** One at a time: apt-get itself does not wait for another, and test files run beside each other. */
export function aptGet(args: readonly string[], cwd?: string): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('flock', [LOCK, 'apt-get', '-qq', ...args], { cwd, env, stdio: 'ignore' });
}

/** Tries to install a package of Debian or Ubuntu; whether it is there afterwards is for the caller to see. */
export function aptInstall(name: string): void {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return;
  try {
    aptGet(['update']);
    aptGet(['install', '-y', name]);
  } catch {
    // Told by the caller, like every other way of not having it.
  }
}
