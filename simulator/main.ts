import { KnobProblem } from './knobs/knob-problem.ts';
import { startSimulator } from './simulator.ts';
import { readStartOptions } from './start-options.ts';

/** EX_CONFIG of sysexits(3). */
const CONFIG_EXIT = 78;

function stop(sentence: string, code: number): never {
  process.stderr.write(`simulator: ${sentence}\n`);
  process.exit(code);
}

function whyNot(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `port ${port} is taken; stop what listens there, or choose others with --port=0 --control-port=0`;
  }
  if (code === 'EACCES')
    return `port ${port} may not be used by this user; choose one above 1023 with --port=`;
  return `cannot listen: ${message}`;
}

try {
  const options = readStartOptions(process.argv.slice(2), process.env);
  const simulator = await startSimulator(options);
  // Nothing here outlives a request, so there is nothing to wait for.
  process.once('SIGTERM', () => process.exit(0));
  process.once('SIGINT', () => process.exit(0));
  if (options.exitWithStdin) process.stdin.resume().once('end', () => process.exit(0));
  const ready = { simulator: 'ready', data: simulator.dataUrl, control: simulator.controlUrl };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
} catch (error) {
  if (error instanceof KnobProblem) stop(error.message, CONFIG_EXIT);
  stop(whyNot(error), 1);
}
