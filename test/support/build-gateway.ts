import { spawnSync } from 'node:child_process';

/** Compiles the gateway, once for all tests that start one. */
export default function buildGateway(): void {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The gateway could not be compiled.');
}
