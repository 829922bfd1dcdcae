import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cores {
  readonly server: number;
  readonly load: number;
  /** The load's core where there are only two: it idles most of the time. */
  readonly simulator: number;
}

/** Which process goes where; undefined where cores cannot be assigned or there is only one. */
export function planCores(): Cores | undefined {
  if (spawnSync('taskset', ['--version']).status !== 0) return undefined;
  const [server, load, simulator] = allowedCores();
  if (server === undefined || load === undefined) return undefined;
  return { server, load, simulator: simulator ?? load };
}

/** Moves all threads of a process. One that has gone meanwhile is no matter. */
export function pin(pid: number | undefined, ...cores: readonly (number | undefined)[]): void {
  if (pid === undefined || cores.includes(undefined)) return;
  spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', cores.join(','), String(pid)]);
}

function allowedCores(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  return coresOf(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
}

/** `0-2,5` are the cores 0, 1, 2 and 5. */
export function coresOf(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-');
    if (first === undefined || first === '') return [];
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, place) => Number(first) + place);
  });
}
