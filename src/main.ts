import { readFileSync } from 'node:fs';
import { compose } from './compose.ts';
import { loadConfig } from './config/load.ts';
import { systemClock } from './shared/clock.ts';
import { createLogs, errorFields } from './shared/log.ts';

/** EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

/** Read once and removed, so that no crash report or child process inherits them. */
const SECRETS = [
  'AMPERITY_TOKEN',
  'AMPERITY_CLIENT_SECRET',
  'CACHE_KEYS',
  'MASK_KEY',
  'REDIS_URL',
  'REDIS_PASSWORD',
  'REDIS_SENTINEL_PASSWORD',
];

async function main(): Promise<void> {
  const loaded = loadConfig(process.env, { cwd: process.cwd(), now: systemClock.now() });
  for (const name of SECRETS) delete process.env[name];
  if ('problems' in loaded) {
    process.stderr.write(`The gateway cannot start with these settings:\n`);
    for (const problem of loaded.problems) process.stderr.write(`  ${problem}\n`);
    process.exit(EXIT_CONFIG);
  }
  const { config, warnings } = loaded;
  const { lines, log } = createLogs(config.log);
  for (const warning of warnings) log.warn({ setting: warning }, 'settings');

  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const gateway = compose(config, { clock: systemClock, lines, log, random: Math.random, version });
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
  process.on('SIGTERM', () => void stop('SIGTERM', 0, false));
  process.on('SIGINT', () => void stop('SIGINT', 0, true));
  const crash = (error: unknown): void => {
    log.fatal(errorFields(error), 'defect');
    void stop('defect', 1, true);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  try {
    const { listen, admin } = await gateway.start();
    const address = ({ address, port }: { address: string; port: number }) => `${address}:${port}`;
    log.info(
      { version, listen: address(listen), admin: address(admin), teams: Object.keys(config.teams) },
      'listening',
    );
  } catch (error) {
    process.stderr.write(`${cannotListen(error)}\n`);
    process.exit(1);
  }
}

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
