import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import type { Cores } from './pinning.ts';

/** What figures depend on beside the code. */
export function environment(cores: Cores | undefined): Record<string, unknown> {
  return {
    at: new Date().toISOString(),
    gateway: versionIn('../package.json'),
    commit: commit(),
    node: process.version,
    bottleneck: versionIn('../node_modules/bottleneck/package.json'),
    axios: versionIn('../node_modules/axios/package.json'),
    machine: { cores: cpus().length, cpu: cpus()[0]?.model, platform: platform(), arch: arch() },
    pinned: cores ?? 'not pinned',
  };
}

function versionIn(file: string): string {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')).version;
}

/** `-dirty` when files differ from it. */
function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
