import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ControlClient } from './control-client.ts';

export type { IndexPlace, IndexState } from './control-client.ts';
export type { FaultRule } from './faults/fault-rule.ts';
export type { BusiestSecond, JournalEntry, JournalSummary } from './journal/journal-entry.ts';

/** A simulator in a process of its own. */
export class SimulatorHandle extends ControlClient {
  /** Base URL of the simulated API, with `/api`. */
  readonly dataUrl: string;
  readonly controlUrl: string;
  readonly pid: number;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, dataUrl: string, controlUrl: string) {
    super(controlUrl);
    this.#child = child;
    this.dataUrl = dataUrl;
    this.controlUrl = controlUrl;
    this.pid = child.pid ?? 0;
  }

  /** Resolves with the exit code when the process is gone; may be called twice. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    return child.exitCode;
  }
}

/**
 * Starts `simulator/main.ts` on free ports. Members of `knobs` become flags, so `preset` and the other flags of
 * the command line work too. Throws with the simulator's own sentence when it does not start. The child exits
 * with its parent, because its standard input closes then.
 */
export async function spawnSimulator(
  knobs: Readonly<Record<string, unknown>> = {},
): Promise<SimulatorHandle> {
  const repository = fileURLToPath(new URL('..', import.meta.url));
  const settings = { port: 0, 'control-port': 0, ...knobs };
  const flags = Object.entries(settings).map(
    ([name, value]) => `--${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SIM_'));
  const child = spawn(process.execPath, ['--import', 'tsx', 'simulator/main.ts', ...flags], {
    cwd: repository,
    env: { ...Object.fromEntries(inherited), SIM_EXIT_WITH_STDIN: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4000);
  });
  const closed = once(child, 'close');
  const ready = once(createInterface(child.stdout), 'line');
  const first = await Promise.race([ready, closed.then(() => undefined)]);
  if (!first) throw new Error(`the simulator did not start: ${complaints.trim()}`);
  const { data, control } = JSON.parse(first[0]);
  return new SimulatorHandle(child, data, control);
}
