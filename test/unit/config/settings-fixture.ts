import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { stringify } from 'yaml';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';

export const now = Date.parse('2027-01-15T12:00:00Z');
export const sha256 = 'ab'.repeat(32);
export const liveKey = { id: 'k7Qm2ZrT0a', sha256, notAfter: '2027-06-01T00:00:00Z' };
export const browserKey = {
  ...liveKey,
  id: 'browser1',
  kind: 'browser',
  origins: ['https://app.example'],
};
/** Nothing is wrong with it and nothing to be warned about. */
export const web = { keys: [liveKey], indexes: ['*'], attributes: '*', profilesPerDay: 10_000 };
export const amperityToken = 'eyJhbGciOiJSUzI1NiJ9.canary-of-the-upstream-token';

export const goodEnvironment: NodeJS.ProcessEnv = {
  AMPERITY_BASE_URL: 'https://app.amperity.com/api',
  AMPERITY_TENANT: 'acme',
  AMPERITY_TOKEN: amperityToken,
};

const root = mkdtempSync(join(tmpdir(), 'gateway-settings-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Files by name; text as it is, anything else as YAML. */
type Files = Readonly<Record<string, unknown>>;

export function directoryWith(files: Files): string {
  const directory = mkdtempSync(join(root, 'case-'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), typeof content === 'string' ? content : stringify(content));
  }
  return directory;
}

export interface Outcome {
  readonly config?: Config;
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
}

export function loadFiles(files: Files, env: NodeJS.ProcessEnv = goodEnvironment): Outcome {
  const loaded = loadConfig(env, { cwd: directoryWith(files), now });
  return 'problems' in loaded ? { warnings: [], ...loaded } : { problems: [], ...loaded };
}

/** Loads a gateway.yaml with these settings and a team that may call. */
export const loadSettings = (settings: object, env?: NodeJS.ProcessEnv): Outcome =>
  loadFiles({ 'gateway.yaml': { teams: { web }, ...settings } }, env);

/** Of an issuer whose tokens are let in, beside keys. */
export const idp = 'https://idp.example';
export const jwtMode = { auth: { modes: ['apiKey', 'jwt'], jwt: [{ issuer: idp, audience: 'gateway' }] } };

/** Loads a gateway.yaml whose only team has these rights beside a live key. */
export const loadTeam = (rights: object): Outcome => loadSettings({ teams: { web: { ...web, ...rights } } });

export function configOf(outcome: Outcome): Config {
  if (outcome.config === undefined) throw new Error(`refused: ${outcome.problems.join(' / ')}`);
  return outcome.config;
}

/** `{ a: { b: value } }` for `a.b`. */
export const nested = (path: string, value: unknown): Record<string, unknown> =>
  path.split('.').reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) as Record<
    string,
    unknown
  >;
