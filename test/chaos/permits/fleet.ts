import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ReplicaOrder } from './replica.ts';

const REPLICA = fileURLToPath(new URL('replica.ts', import.meta.url));

/** One replica that always wants a permit. */
export class Replica {
  readonly child: ChildProcess;
  /** Epoch ms of its grants. */
  readonly grants: number[] = [];
  readonly troubles: string[] = [];

  constructor(order: ReplicaOrder) {
    this.child = spawn(process.execPath, ['--import', 'tsx', REPLICA, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.child.stdout === null) throw new Error('no output');
    createInterface(this.child.stdout).on('line', (line) => {
      const { at, trouble } = JSON.parse(line);
      if (at !== undefined) this.grants.push(at);
      if (trouble !== undefined) this.troubles.push(trouble);
    });
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}

/** Replicas that share one budget and always want more of it. */
export class Fleet {
  readonly name = randomUUID();
  readonly replicas: Replica[] = [];
  readonly #port: number;
  readonly #rate: number;

  constructor(port: number, rate = 10) {
    this.#port = port;
    this.#rate = rate;
  }

  /** Resolves once each of the new replicas has had a permit. */
  async add(count: number, { skewMs = 0, stallMs = 0, slowMs = 0 } = {}): Promise<Replica[]> {
    const added = Array.from(
      { length: count },
      () => new Replica({ port: this.#port, name: this.name, rate: this.#rate, skewMs, stallMs, slowMs }),
    );
    this.replicas.push(...added);
    await until(() => added.every(({ grants }) => grants.length > 0));
    return added;
  }

  get grants(): number[] {
    return this.replicas.flatMap(({ grants }) => grants).sort((a, b) => a - b);
  }

  async end(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.end('SIGKILL')));
  }
}

export async function until(isSo: () => boolean, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('it did not come to that in time');
    await sleep(10);
  }
}

/** Most grants within any window of 1 s that is open at its end. */
export function mostInOneSecond(at: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (const [to, instant] of at.entries()) {
    while (instant - (at[from] ?? instant) >= 1000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/**
 * Grants per second from the first one at or after `fromMs` to the last one that a whole number of turns of all leases
 * lies between: leases come back in waves as well as one by one, and an instant may fall anywhere in a wave.
 */
export function rateFrom(at: readonly number[], fromMs: number, leases = 10): number {
  const later = at.filter((instant) => instant >= fromMs);
  const turns = Math.floor((later.length - 1) / leases);
  if (turns < 1) return 0;
  return (turns * leases * 1000) / ((later[turns * leases] ?? 0) - (later[0] ?? 0));
}

/** How many there were between two instants. */
export const countBetween = (at: readonly number[], fromMs: number, toMs: number): number =>
  at.filter((instant) => instant >= fromMs && instant < toMs).length;
