import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

/**
 * Starts Node.js with `args` and resolves with the process and the first line of JSON on its output that `isReady`
 * accepts. What it prints after that is thrown away. It ends with this process at the latest.
 */
export async function startChild<T>(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  isReady: (line: Record<string, unknown>) => boolean,
): Promise<{ child: ChildProcess; ready: T }> {
  const child = spawn(process.execPath, args, {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4000);
  });
  const lines = createInterface(child.stdout);
  try {
    for await (const line of lines) {
      const told = parsed(line);
      if (told !== undefined && isReady(told)) return { child, ready: told as T };
    }
  } finally {
    lines.close();
    child.stdout.resume();
  }
  throw new Error(`${args.at(-1)} did not start: ${complaints.trim()}`);
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
