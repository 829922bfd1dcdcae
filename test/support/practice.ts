import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { createApiKey } from '../../src/access/api-key.ts';
import { type Ran, runVerb } from '../unit/cli/run-verb.ts';
import { RedisServer } from './redis-server.ts';
import { type Stage, stage } from './stage.ts';

export interface Practice extends Pick<Stage, 'simulator'> {
  readonly redis: RedisServer;
  /** Holds gateway.yaml. */
  readonly folder: string;
  /** Settings by which all is well. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the doctor with what is changed of them; an empty value takes one away. */
  examine(changed?: Readonly<Record<string, string>>, now?: () => number): Promise<Ran>;
  /** Calls to the profile API since the test began. */
  calls(): Promise<number>;
}

const REDIS_SECRET = 'cAnArY7Qm2';
const CACHE_KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const line = /^ACL SETUSER agw .*$/m.exec(readFileSync('docs/redis.md', 'utf8'))?.[0] ?? '';
/** The documented user. */
export const ACL = line
  .replace('PASSWORD', REDIS_SECRET)
  .replaceAll(/NAME|BUDGET/g, 'acme')
  .split(' ');

export const WITHOUT_REDIS = { REDIS_URL: '', CACHE_KEYS: '', REDIS_USERNAME: '', REDIS_PASSWORD: '' };

export const wrongIn = ({ printed }: Ran): string[] =>
  printed.split('\n').filter((text) => text.startsWith('wrong'));

/** Simulator, Redis and settings that are as they should be; for the tests of one file, to be called at its top. */
export function practice(): Practice {
  const scene = stage({ preset: 'test', 'rate.kind': 'off' });
  const { id, key, sha256 } = createApiKey({ label: 'test' });
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  const told: Ran[] = [];
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start(['--maxmemory', '64mb']);
    const notAfter = new Date(Date.now() + 86_400_000).toISOString();
    const teams = { web: { keys: [{ id, sha256, notAfter }], indexes: ['*'], attributes: {} } };
    writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify({ teams }));
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    await redis.cli(['config', 'set', 'maxmemory-policy', 'volatile-lru']);
    await redis.cli(ACL);
    await redis.cli(['acl', 'log', 'reset']);
  });
  afterEach(() => {
    const all = told.splice(0).map(({ printed, complained }) => printed + complained);
    for (const secret of [REDIS_SECRET, 'sim-token', 'sim-secret', key, CACHE_KEYS.slice(3)]) {
      expect(all.join('\n')).not.toContain(secret);
    }
  });
  const env = () => ({
    AMPERITY_BASE_URL: scene.simulator.dataUrl,
    AMPERITY_TENANT: 'acme',
    AMPERITY_TOKEN: 'sim-token',
    REDIS_URL: redis.url,
    REDIS_USERNAME: 'agw',
    REDIS_PASSWORD: REDIS_SECRET,
    CACHE_KEYS,
  });
  return {
    folder,
    get simulator() {
      return scene.simulator;
    },
    get redis() {
      return redis;
    },
    get env() {
      return env();
    },
    examine: async (changed = {}, now = () => Date.now()) => {
      const ran = await runVerb(['doctor'], { env: { ...env(), ...changed }, cwd: folder, now });
      told.push(ran);
      return ran;
    },
    calls: async () => (await scene.simulator.summary()).by_family.profile ?? 0,
  };
}
