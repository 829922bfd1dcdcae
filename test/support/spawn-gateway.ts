import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createApiKey } from '../../src/access/api-key.ts';
import { adminDocument } from '../../src/http/openapi/admin-document.ts';
import { publicDocument } from '../../src/http/openapi/public-document.ts';
import { type Asked, DocumentedAnswers } from './documented-answers.ts';
import { type GetOptions, httpGet, type Reply } from './http-get.ts';
import { SecretWatch } from './secret-watch.ts';
import { startArguments } from './start-command.ts';

export interface GatewayOptions {
  /** Members of gateway.yaml beside `teams`. */
  readonly settings?: Record<string, unknown>;
  /**
   * Rights of each team by name; each gets a key, in front of the `keys` it may name itself. Default: one team
   * `web` that may ask everything.
   */
  readonly teams?: Readonly<Record<string, Record<string, unknown>>>;
  /** For the gateway itself. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The teams stand in a file of their own, which `writeTeams` changes. */
  readonly teamsFile?: boolean;
  /** Further values that must never come out. */
  readonly secrets?: readonly string[];
  /** Another replica of the same gateway, whose teams and keys it has. */
  readonly twin?: GatewayHandle;
}

const EVERYTHING = {
  indexes: ['*'],
  attributes: '*',
  filters: '*',
  withTotal: true,
  maxLimit: 1000,
  maxFilters: 10,
};

/** Settings of runs that flood the gateway on purpose. */
export const FLOOD = { queue: { perTeam: 2000, total: 5000, maxWaitMs: 300_000 } };

const API_VERSION = '2025-07-31';
/** What each listener says that it answers. */
const ON_PUBLIC = new DocumentedAnswers(publicDocument({ apiVersion: API_VERSION, hasExports: true }));
const ON_ADMIN = new DocumentedAnswers(adminDocument(API_VERSION));

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
export const UPSTREAM_TOKEN = 'sim-token';

/**
 * A gateway in a process of its own. Whatever it prints or answers is searched for what must never come out; what
 * is asked here is answered as the descriptions of the listeners say, or the asking rejects.
 */
export class GatewayHandle {
  readonly url: string;
  readonly adminUrl: string;
  readonly keys: Readonly<Record<string, string>>;
  /** As in gateway.yaml. */
  readonly teams: Readonly<Record<string, unknown>>;
  /** Of `TEAMS_FILE`, where there is one. */
  readonly teamsPath: string;
  readonly child: ChildProcess;
  /** Everything the process has printed so far and that was not let go of. */
  readonly output: string[];
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 2000 });
  readonly #watch: SecretWatch;

  constructor(parts: {
    url: string;
    adminUrl: string;
    keys: Readonly<Record<string, string>>;
    teams: Readonly<Record<string, unknown>>;
    teamsPath: string;
    child: ChildProcess;
    output: string[];
    secrets: readonly string[];
  }) {
    this.url = parts.url;
    this.adminUrl = parts.adminUrl;
    this.keys = parts.keys;
    this.teams = parts.teams;
    this.teamsPath = parts.teamsPath;
    this.child = parts.child;
    this.output = parts.output;
    const credentials = [UPSTREAM_TOKEN, 'sim-secret', ...Object.values(parts.keys)];
    this.#watch = new SecretWatch([...credentials, ...parts.secrets]);
  }

  /** The key of `team` (default: the first one). */
  key(team: string = Object.keys(this.keys)[0] ?? ''): string {
    return this.keys[team] ?? '';
  }

  /** GET with the key of `team` (default: the first one). */
  get(path: string, { team, ...options }: GetOptions & { team?: string } = {}): Promise<Reply> {
    return this.ask(path, { ...options, headers: { 'x-api-key': this.key(team), ...options.headers } });
  }

  /** The same without a credential. */
  async ask(path: string, options: GetOptions = {}): Promise<Reply> {
    this.#watch.asked(path);
    const { method = 'GET' } = options;
    return this.judged({ method, path }, await httpGet(this.url, path, { agent: this.#agent, ...options }));
  }

  async admin(path: string, options: GetOptions = {}): Promise<Reply> {
    const reply = this.answered(await httpGet(this.adminUrl, path, options));
    ON_ADMIN.check({ method: options.method ?? 'GET', path }, reply);
    return reply;
  }

  /** `POST /purge` with the key of `team` (default: the first one). */
  purge(target: unknown, { team, headers, ...options }: GetOptions & { team?: string } = {}): Promise<Reply> {
    return this.admin('/purge', {
      method: 'POST',
      headers: { 'x-api-key': this.key(team), 'content-type': 'application/json', ...headers },
      body: typeof target === 'string' ? target : JSON.stringify(target),
      ...options,
    });
  }

  /** Puts another file of teams in the place of the one that is followed, in one step. */
  writeTeams(teams: unknown): void {
    const text = typeof teams === 'string' ? teams : JSON.stringify({ teams });
    writeFileSync(`${this.teamsPath}.new`, text);
    renameSync(`${this.teamsPath}.new`, this.teamsPath);
  }

  /** Searches what was printed so far, and lets go of it: the log of a long run is longer than memory. */
  forgetOutput(): void {
    this.#watch.printed(this.output.splice(0).join('\n'));
  }

  /** Lines of the log of this kind, parsed. */
  logged(msg: string): Record<string, unknown>[] {
    return this.output.flatMap((line) => (line.includes(`"msg":"${msg}"`) ? [JSON.parse(line)] : []));
  }

  /** For answers that came another way; throws when one holds a credential. */
  answered<T extends Pick<Reply, 'headers' | 'body'>>(reply: T): T {
    this.#watch.answered(reply);
    return reply;
  }

  /** The same for answers of the public listener to a request that is known. */
  judged<T extends Pick<Reply, 'status' | 'headers' | 'body'>>(asked: Asked, reply: T): T {
    ON_PUBLIC.check(asked, reply);
    return this.answered(reply);
  }

  /** Ends the process and throws if anything secret has come out of it. Resolves with the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.#agent.destroy();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill(signal);
      await exited;
    }
    this.#watch.printed(this.output.join('\n'));
    return this.child.exitCode;
  }
}

/** Starts the compiled gateway on free ports in front of `upstreamUrl` and resolves once it listens. */
export async function spawnGateway(
  upstreamUrl: string,
  options: GatewayOptions = {},
): Promise<GatewayHandle> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const { keys, teams } = options.twin ?? withKeys(options.teams ?? { web: EVERYTHING });
  const config = join(folder, 'gateway.yaml');
  // JSON is YAML.
  const settings = { drain: { delayMs: 100 }, ...options.settings };
  const teamsPath = join(folder, 'teams.yaml');
  writeFileSync(config, JSON.stringify(options.teamsFile ? settings : { ...settings, teams }));
  if (options.teamsFile) writeFileSync(teamsPath, JSON.stringify({ teams }));
  const { child, output } = spawnMain(
    {
      GATEWAY_CONFIG: config,
      ...(options.teamsFile && { TEAMS_FILE: teamsPath }),
      AMPERITY_BASE_URL: upstreamUrl,
      AMPERITY_TENANT: 'acme',
      AMPERITY_TOKEN: UPSTREAM_TOKEN,
      PORT: '0',
      ADMIN_PORT: '0',
      ...options.env,
    },
    options.args,
  );
  child.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { listen, admin } = await listening(child, output);
  const { secrets = [] } = options;
  return new GatewayHandle({
    url: `http://${listen}`,
    adminUrl: `http://${admin}`,
    keys,
    teams,
    teamsPath,
    child,
    output,
    secrets,
  });
}

/** Starts the compiled gateway with nothing in its environment but `env`; an empty value takes a default away. */
export function spawnMain(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): { child: ChildProcess; output: string[] } {
  const child = spawn(process.execPath, ['--enable-source-maps', ...startArguments(), ...args], {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => output.push(line));
  }
  return { child, output };
}

function withKeys(rights: Readonly<Record<string, Record<string, unknown>>>) {
  const keys: Record<string, string> = {};
  const teams: Record<string, unknown> = {};
  for (const [name, team] of Object.entries(rights)) {
    const { key, id, sha256 } = createApiKey({ label: 'test' });
    keys[name] = key;
    const notAfter = new Date(Date.now() + 86_400_000).toISOString();
    const others = Array.isArray(team.keys) ? team.keys : [];
    teams[name] = { ...EVERYTHING, ...team, keys: [{ id, sha256, notAfter }, ...others] };
  }
  return { keys, teams };
}

/** What the line in its log says once a gateway listens. */
export async function listening(
  child: ChildProcess,
  output: readonly string[],
): Promise<{ listen: string; admin: string }> {
  const gone = once(child, 'exit').then(() => true);
  for (;;) {
    const line = output.find((text) => text.includes('"msg":"listening"'));
    if (line !== undefined) return JSON.parse(line);
    // Polled: lines arrive on two streams, and a process that refuses to start prints none of this kind.
    const ended = await Promise.race([gone, new Promise<false>((resolve) => setTimeout(resolve, 20, false))]);
    if (ended) throw new Error(`the gateway did not start: ${output.join('\n')}`);
  }
}
