import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { compose } from './compose.ts';
import type { Config } from './config/config.ts';
import { fromFile } from './config/environment.ts';
import { loadConfig } from './config/load.ts';
import { systemClock } from './shared/clock.ts';
import { createLogs, errorFields, type Logs } from './shared/log.ts';
import { followOrders, reportReady, type StopSignal, supervise, workerNumber } from './supervise.ts';

/** EX_USAGE and EX_CONFIG of sysexits.h. */
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

/**
 * What lives long here are pages, and what they are replaced by: left to itself V8 lets that garbage grow to three times
 * of what lives before it collects any. See decision 015.
 */
const HEAP_FLAGS = '--heap-growing-percent=15';

async function main(): Promise<void> {
  setFlagsFromString(HEAP_FLAGS);
  const given = { ...process.env, ...argumentsAsVariables() };
  const loaded = loadConfig(given, { cwd: process.cwd(), now: systemClock.now() });
  // Read once, so that no crash report or child process inherits them.
  for (const name of fromFile) delete process.env[name];
  if ('problems' in loaded) {
    process.stderr.write(`The gateway cannot start with these settings:\n`);
    for (const problem of loaded.problems) process.stderr.write(`  ${problem}\n`);
    process.exit(EXIT_CONFIG);
  }
  const { config, warnings } = loaded;
  const logs = createLogs(config.log, config.workers > 1);
  // Once for all workers.
  if (cluster.isPrimary) for (const warning of warnings) logs.log.warn({ setting: warning }, 'settings');
  if (cluster.isPrimary && config.workers > 1) supervise(config.workers, given, logs.log, process.exit);
  else await serve(config, logs);
}

/** One replica: until it is told to stop, or has a defect. */
async function serve(config: Config, { lines, log }: Logs): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const number = workerNumber(process.env);
  const gateway = compose(
    { ...config, admin: adminOf(config, number) },
    { clock: systemClock, lines, log, random: Math.random, version },
  );
  let stopping = false;
  const stop = async (reason: string, exitCode: number, atOnce: boolean): Promise<void> => {
    // A second signal means that whoever sent the first one does not want to wait any longer.
    if (stopping) process.exit(exitCode === 0 ? 130 : exitCode);
    stopping = true;
    log.info({ reason }, 'draining');
    const clean = await gateway.stop(atOnce);
    log.info({ clean }, 'stopped');
    process.exit(exitCode);
  };
  const obey = (signal: StopSignal): void => void stop(signal, 0, signal === 'SIGINT');
  if (cluster.isWorker) followOrders(obey);
  else for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, obey);
  const crash = (error: unknown): void => {
    log.fatal(errorFields(error), 'defect');
    void stop('defect', 1, true);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  try {
    const { listen, admin } = await gateway.start();
    const address = ({ address, port }: { address: string; port: number }) => `${address}:${port}`;
    const teams = Object.keys(config.teams);
    log.info(
      {
        version,
        ...(cluster.isWorker && { worker: number }),
        listen: address(listen),
        admin: address(admin),
        teams,
      },
      'listening',
    );
    reportReady();
  } catch (error) {
    process.stderr.write(`${cannotListen(error)}\n`);
    process.exit(1);
  }
}

/** `--workers N` is WORKERS=N. */
function argumentsAsVariables(): Record<string, string> {
  try {
    const { workers } = parseArgs({ options: { workers: { type: 'string' } } }).values;
    return workers === undefined ? {} : { WORKERS: workers };
  } catch {
    process.stderr.write('The gateway takes --workers N and no other argument.\n');
    process.exit(EXIT_USAGE);
  }
}

/** Workers share the public port. What each says of itself is asked of each. */
const adminOf = ({ admin }: Config, number: number): Config['admin'] => ({
  ...admin,
  port: admin.port === 0 ? 0 : admin.port + number,
});

function cannotListen(error: unknown): string {
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${address} is taken: stop what listens there or set PORT or ADMIN_PORT.`;
  if (code === 'EACCES')
    return `Port ${port} may not be opened by this user: set PORT or ADMIN_PORT above 1023.`;
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${address}: set HOST or ADMIN_HOST.`;
  return `The gateway cannot listen (${code ?? 'unknown reason'}).`;
}

await main();
