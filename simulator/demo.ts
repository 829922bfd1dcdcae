import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type SimulatorHandle, spawnSimulator } from './client.ts';

/**
 * `npm run demo`: the simulator and one gateway on loopback, in processes of their own and with embedded
 * defaults, and a key to try them with. Runs until Ctrl-C. Like the rest of this folder it imports nothing of the
 * gateway and starts it as an operator would.
 */
const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const HOST = '127.0.0.1';
const PORT = process.env.PORT ?? '8080';
const ADMIN_PORT = process.env.ADMIN_PORT ?? '9090';
const ORIGIN = `http://${HOST}:${PORT}`;
/** Where examples/README.md serves the page of examples/browser. */
const EXAMPLE_ORIGIN = `http://${HOST}:8000`;

/** Runs a TypeScript file of the gateway with nothing in its environment but what is given here. */
function run(file: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

interface CreatedKey {
  readonly key: string;
  readonly entry: { readonly policy?: object };
}

async function createKey(...more: string[]): Promise<CreatedKey> {
  const options = ['--team', 'demo', '--label', 'demo', '--json', ...more];
  const cli = run('src/cli.ts', ['keys', 'create', ...options], {});
  let output = '';
  cli.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(cli, 'close');
  return JSON.parse(output);
}

async function startGateway(
  simulator: SimulatorHandle,
  folder: string,
  server: CreatedKey,
  browser: CreatedKey,
): Promise<ChildProcess> {
  const rights = {
    indexes: ['*'],
    attributes: '*',
    filters: '*',
    withTotal: true,
    maxLimit: 1000,
    export: true,
  };
  // The team is shown everything; what is for web pages has to say what of it.
  const attributes = { 'idx-loyalty': { allow: ['first_name', 'city', 'loyalty_tier'], mask: ['email'] } };
  const page = { ...browser.entry, policy: { ...browser.entry.policy, attributes } };
  const settings = { drain: { delayMs: 0 }, teams: { demo: { ...rights, keys: [server.entry, page] } } };
  const config = join(folder, 'gateway.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(settings));
  const gateway = run('src/main.ts', [], {
    GATEWAY_CONFIG: config,
    AMPERITY_BASE_URL: simulator.dataUrl,
    AMPERITY_TENANT: 'acme',
    AMPERITY_TOKEN: 'sim-token',
    HOST,
    PORT,
    LOG_PRETTY: 'true',
    ADMIN_HOST: HOST,
    ADMIN_PORT,
  });
  if (gateway.stdout === null) throw new Error('The gateway has no output.');
  const lines = createInterface(gateway.stdout);
  // Before it listens, a line that is pasted would be refused.
  const listening = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      process.stdout.write(`${line}\n`);
      if (line.includes('listening')) resolve();
    });
  });
  await Promise.race([listening, once(gateway, 'exit')]);
  return gateway;
}

/** The lines to paste. The second one takes the cursor out of the first answer by itself. */
function introduction(server: CreatedKey, browser: CreatedKey): string {
  const { key } = server;
  const base = `http://${HOST}:${PORT}/api/indexes/idx-loyalty/profiles`;
  return `
A gateway in front of a simulated Amperity. Paste these into another terminal:

  export KEY=${key}

  # the first page; run it twice and compare Cache-Status
  curl -si -H "X-API-Key: $KEY" '${base}?limit=5'

  # the next page
  curl -sG -H "X-API-Key: $KEY" '${base}' -d limit=5 --data-urlencode "next_token=$(curl -s -H "X-API-Key: $KEY" '${base}?limit=5' | sed -n 's/.*"next_token":"\\([^"]*\\)".*/\\1/p')"

  # everybody called Daniel, as a CSV file
  curl -sg -H "X-API-Key: $KEY" -OJ 'http://${HOST}:${PORT}/exports/indexes/idx-loyalty/profiles.csv?filter[first_name]=Daniel'

A key for web pages, which its own pages and those of ${EXAMPLE_ORIGIN} may use and which shows some attributes only:

  curl -sg -H "X-API-Key: ${browser.key}" -H 'Origin: ${ORIGIN}' '${base}?limit=2&filter[first_name]=Daniel'

Watch it at work: http://${HOST}:${ADMIN_PORT}/console   Ctrl-C ends it. Its log follows.
`;
}

async function demo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'amperity-demo-'));
  const simulator = await spawnSimulator();
  try {
    const origins = [ORIGIN, EXAMPLE_ORIGIN].flatMap((origin) => ['--origin', origin]);
    const [server, browser] = await Promise.all([createKey(), createKey('--browser', ...origins)]);
    const gateway = await startGateway(simulator, folder, server, browser);
    // Its own sentence on standard error has said why.
    if (gateway.exitCode !== null) return gateway.exitCode;
    console.log(introduction(server, browser));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => gateway.kill('SIGINT'));
    const [code] = await once(gateway, 'exit');
    return code ?? 1;
  } finally {
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await demo();
