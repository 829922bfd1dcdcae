import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';

export interface ShellOptions {
  readonly cwd: string;
  /** The environment is this and what every shell has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Done {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell of a reader who has pasted `script` into it. */
export class Shell {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #isClosed = false;
  stdout = '';
  stderr = '';

  constructor(script: string, { cwd, env, input = '' }: ShellOptions) {
    // A group of its own, which is what Ctrl-C ends.
    this.#child = spawn('bash', ['-ec', script], {
      cwd,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_PROXY: '*', no_proxy: '*', ...env },
      detached: true,
    });
    this.#closed = once(this.#child, 'close').finally(() => {
      this.#isClosed = true;
    });
    this.#child.stdin?.on('error', () => {}).end(input);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  /** What `printed` matches on standard output, as soon as it does. */
  async until(printed: RegExp): Promise<RegExpExecArray> {
    const seen = await eventually(
      `${printed} is printed`,
      () => printed.exec(this.stdout) ?? (this.#isClosed ? 'ended' : undefined),
      60_000,
    );
    if (seen === 'ended') throw new Error(`it has ended: ${this.stdout}${this.stderr}`);
    return seen;
  }

  async end(): Promise<Done> {
    await this.#closed;
    return { exitCode: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  /** Ctrl-C. */
  async interrupt(): Promise<Done> {
    const { pid } = this.#child;
    if (!this.#isClosed && pid !== undefined) process.kill(-pid, 'SIGINT');
    return this.end();
  }
}

/** Runs it to its end. */
export const shell = (script: string, options: ShellOptions): Promise<Done> =>
  new Shell(script, options).end();

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'documents-'));
