import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { aptInstall } from '../../support/apt-install.ts';

/** Debian has it where not everybody looks. */
const NAMES = ['haproxy', '/usr/sbin/haproxy'];
const find = () => NAMES.find((name) => spawnSync(name, ['-v']).status === 0);

/** The one of this machine, which is installed if need be. */
export function haproxy(): string {
  if (find() === undefined) aptInstall('haproxy');
  const found = find();
  if (found === undefined) throw new Error('These tests need HAProxy: install haproxy.');
  return found;
}

/** What it says of a configuration, and its exit code. */
export function haproxyOn(file: string): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(haproxy(), ['-c', '-f', file], { encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}

export const startHaproxy = (file: string): ChildProcess =>
  spawn(haproxy(), ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
