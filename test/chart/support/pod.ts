import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { listening } from '../../support/spawn-gateway.ts';
import { canConfine, confined } from './confinement.ts';
import type { Image } from './image.ts';

export interface PodOptions {
  /** Beside the image's own; nothing else is in the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders that are mounted at /etc/amperity-gateway and /run/secrets/amperity-gateway. */
  readonly volumes: { readonly config: string; readonly secrets: string };
  /** In place of the image's command. */
  readonly args?: readonly string[];
}

/** A process that was started from the image, as uid 65532 and without rights where that is possible. */
export interface Pod {
  readonly child: ChildProcess;
  /** Every line it has printed. */
  readonly output: readonly string[];
  /** URLs of its listeners, once they are open. */
  listening(): Promise<{ readonly url: string; readonly adminUrl: string }>;
  /** Resolves with the exit code. */
  ended(): Promise<number | null>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export function startPod(image: Image, { env, volumes, args = image.command }: PodOptions): Pod {
  const root = mkdtempSync(join(tmpdir(), 'pod-'));
  const rooms = { root, image: image.folder, ...volumes };
  const [program = '', ...words] = canConfine
    ? confined(rooms, [...image.entrypoint, ...args])
    : [process.execPath, ...args];
  const child = spawn(program, words, {
    cwd: image.folder,
    env: canConfine ? { ...image.env, ...env } : moved({ ...image.env, ...env }, volumes),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Of all it has printed.
  const closed = once(child, 'close').then(() => {
    rmSync(root, { recursive: true, force: true });
    return child.exitCode;
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => output.push(line));
  }
  return {
    child,
    output,
    listening: async () => {
      const { listen, admin } = await listening(child, output);
      return { url: `http://${listen}`, adminUrl: `http://${admin}` };
    },
    ended: () => closed,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return closed;
    },
  };
}

/** Without a file system of its own it finds the volumes where they really are. */
const moved = (env: Readonly<Record<string, string>>, { config, secrets }: PodOptions['volumes']) =>
  Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value.replace('/etc/amperity-gateway', config).replace('/run/secrets/amperity-gateway', secrets),
    ]),
  );
