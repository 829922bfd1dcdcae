import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const SETTINGS = {
  cache: {
    // As long as anything may be kept: what is fresh for less, is so because the origin says it.
    freshMs: DAY_MS,
    maxRetentionMs: DAY_MS,
    // To answer stale while all is well takes an agreement with the origin (RFC 9111 §4.2.4), of which the suite knows
    // nothing; when the origin fails it is allowed, and the suite looks whether it is done.
    staleMs: 0,
    staleIfErrorMs: HOUR_MS,
    prefetch: { enabled: false },
    // Otherwise there were no ETag to ask with.
    browserCache: true,
  },
  // What is to be judged is the cache: nobody waits, and every request that reaches the origin is one decision.
  budget: { rate: 1000 },
  upstream: { attempts: 1 },
  // The parameter of the tests of query arguments.
  http: { extraQueryParams: ['test'] },
  drain: { delayMs: 0 },
};

/** Who asks may refuse fresh answers: without the right its `no-cache`, `max-age` and `min-fresh` count for nothing. */
const TEAM = { indexes: ['*'], attributes: '*', filters: '*', bypassCache: true };

/** Starts one compiled gateway in front of the origin, on free ports of loopback. */
export async function startGateway(originUrl) {
  if (!existsSync(join(REPOSITORY, 'dist'))) throw new Error('There is no dist/: npm run build comes first.');
  const cli = [join(REPOSITORY, 'dist/cli.js'), 'keys', 'create', '--team', 'judge', '--json'];
  const { key, entry } = JSON.parse(execFileSync(process.execPath, cli, { encoding: 'utf8' }));
  const folder = mkdtempSync(join(tmpdir(), 'http-cache-tests-'));
  const config = join(folder, 'gateway.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ ...SETTINGS, teams: { judge: { ...TEAM, keys: [entry] } } }));
  const child = spawn(process.execPath, [join(REPOSITORY, 'dist/main.js')], {
    env: {
      GATEWAY_CONFIG: config,
      AMPERITY_BASE_URL: originUrl,
      AMPERITY_TENANT: 'judged',
      AMPERITY_TOKEN: 'any',
      PORT: '0',
      ADMIN_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').finally(() => rmSync(folder, { recursive: true }));
  const address = await Promise.race([listening(child), exited.then(() => undefined)]);
  if (address === undefined) throw new Error('The gateway did not start.');
  return {
    url: `http://${address}`,
    key,
    stop: () => {
      child.kill('SIGINT');
      return exited;
    },
  };
}

/** Resolves with the public address; what the gateway complains of is shown. */
function listening(child) {
  return new Promise((resolve) => {
    createInterface(child.stderr).on('line', (line) => process.stderr.write(`${line}\n`));
    createInterface(child.stdout).on('line', (line) => {
      if (line.includes('"msg":"listening"')) resolve(JSON.parse(line).listen);
    });
  });
}
