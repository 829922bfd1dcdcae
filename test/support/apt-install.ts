import { execFileSync, spawnSync } from 'node:child_process';

/** Tries to install a package of Debian or Ubuntu; whether it is there afterwards is for the caller to see. */
export function aptInstall(name: string): void {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', name], { env, stdio: 'ignore' });
  } catch {
    // Told by the caller, like every other way of not having it.
  }
}
