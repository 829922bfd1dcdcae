import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A redis-server of the test's own, on a free port of the loopback, that keeps nothing on disk by itself. */
export class RedisServer {
  readonly port: number;
  /** Where it was started; gone after `stop()`. */
  readonly folder: string;
  readonly #args: readonly string[];
  #child: ChildProcess;

  private constructor(port: number, folder: string, args: readonly string[], child: ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.#args = args;
    this.#child = child;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** The process that runs now; a restart makes another. */
  get child(): ChildProcess {
    return this.#child;
  }

  /** @param args options of redis-server, or a configuration file followed by options */
  static async start(args: readonly string[] = [], port?: number): Promise<RedisServer> {
    const own = port ?? (await freePort());
    const folder = mkdtempSync(join(tmpdir(), 'redis-'));
    return new RedisServer(own, folder, args, await spawned(own, folder, args));
  }

  /**
   * Kills it and starts it again on the same port, with what it knew or, as after a crash without persistence, empty.
   *
   * @param flags what redis-cli needs to get in, to have the data written
   */
  async restart({ keepData }: { keepData: boolean }, flags: readonly string[] = []): Promise<void> {
    if (keepData) await this.cli(['save'], flags);
    await this.#kill();
    if (!keepData) rmSync(join(this.folder, 'dump.rdb'), { force: true });
    this.#child = await spawned(this.port, this.folder, this.#args);
  }

  /** Stops it in the middle of whatever it does: connections stay open and are taken, nothing is answered. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** One command by redis-cli; `flags` such as `-a` stand before it. What it prints, also when that is an error. */
  async cli(command: readonly string[], flags: readonly string[] = []): Promise<string> {
    const { stdout } = await run('redis-cli', [
      '-p',
      String(this.port),
      '--no-auth-warning',
      ...flags,
      ...command,
    ]);
    return stdout.trimEnd();
  }

  async stop(): Promise<void> {
    await this.#kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function spawned(port: number, folder: string, args: readonly string[]): Promise<ChildProcess> {
  // A configuration file is only taken in the first place.
  const file = args.slice(0, args[0]?.startsWith('/') ? 1 : 0);
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const memoryOnly = ['--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', [...file, ...own, ...memoryOnly, ...args.slice(file.length)], {
    stdio: 'ignore',
  });
  await accepting(port, child);
  return child;
}

async function accepting(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error('redis-server ended at once');
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port }, () => resolve(true));
      socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
    });
    if (open) return;
    await sleep(20);
  }
  throw new Error(`redis-server does not listen on port ${port}`);
}
