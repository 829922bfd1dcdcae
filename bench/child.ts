import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createInterface, Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

/**
 * Starts Node.js with `args` and resolves with the process and the first line of JSON on its output that `isReady`
 * accepts. What it prints after that is thrown away, unless the file `out` takes it. It ends with this process at the latest.
 */
export async function startChild<T>(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  isReady: (line: Record<string, unknown>) => boolean,
  out?: string,
): Promise<{ child: ChildProcess; ready: T }> {
  const child = spawn(process.execPath, args, {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', out === undefined ? 'pipe' : openSync(out, 'w'), 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4000);
  });
  const lines = child.stdout === null ? linesOf(out ?? '', child) : createInterface(child.stdout);
  try {
    for await (const line of lines) {
      const told = parsed(line);
      if (told !== undefined && isReady(told)) return { child, ready: told as T };
    }
  } finally {
    if (lines instanceof Interface) lines.close();
    child.stdout?.resume();
  }
  throw new Error(`${args.at(-1)} did not start: ${complaints.trim()}`);
}

/** The lines of a file that the process is only now writing. */
async function* linesOf(file: string, child: ChildProcess): AsyncGenerator<string> {
  while (child.exitCode === null) {
    await sleep(20);
    yield* readFileSync(file, 'utf8').split('\n');
  }
}

/** Resolves when the process is gone. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  await exited;
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
