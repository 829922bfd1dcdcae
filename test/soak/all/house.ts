import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SimulatorHandle, spawnSimulator } from '../../../simulator/client.ts';
import { presetKnobs } from '../../../simulator/knobs/presets.ts';
import { createApiKey } from '../../../src/access/api-key.ts';
import { newCacheKey } from '../../chaos/fleet.ts';
import { POLICIES, pageKey } from '../../chaos/teams/policies.ts';
import { readProfiles, type Truth } from '../../chaos/teams/truth.ts';
import { eventually } from '../../support/eventually.ts';
import { RedisSentinel } from '../../support/redis-sentinel.ts';
import { type GatewayHandle, spawnGateway, UPSTREAM_TOKEN } from '../../support/spawn-gateway.ts';

const REPLICAS = 3;
/** Small, so that it is full long before memory is measured. */
const L1_BYTES = 8 * 1024 * 1024;
const SETTINGS = {
  budget: { maxReplicas: REPLICAS },
  cache: { freshMs: 20_000, staleMs: 20_000, staleIfErrorMs: 300_000, memory: { maxBytes: L1_BYTES } },
  upstream: { timeoutMs: 15_000 },
  drain: { delayMs: 2000, timeoutMs: 30_000 },
};
const READY_MS = 250;
const LAST_WAIT_MS = 45_000;

/** What stamps the calls has to run when they come, and what it does to be hostile takes whole cores. */
function goFirst(pid: number): void {
  try {
    setPriority(pid, -10);
  } catch {
    // That takes a right which not everybody has.
  }
}

/** Three replicas behind Sentinels, the hostile simulator, and what operators do to them. */
export class House {
  readonly simulator: SimulatorHandle;
  readonly sentinel: RedisSentinel;
  readonly maskKey: Buffer;
  readonly profiles: Truth['profiles'];
  /** By team. */
  readonly keys: Record<string, string>;
  /** All that were ever started. */
  readonly started: GatewayHandle[] = [];
  readonly #replicas: GatewayHandle[] = [];
  /** Those that a load balancer would send to, by their readiness. */
  #inService: GatewayHandle[] = [];
  readonly #folder: string;
  #teams: Record<string, Record<string, unknown>>;
  readonly #settings: Record<string, unknown>;
  readonly #env: Readonly<Record<string, string>>;
  #cacheKeys: string[];
  readonly #nextCacheKey = newCacheKey('k2');
  readonly #nextKey = createApiKey({ label: 'test' });
  readonly #poll: NodeJS.Timeout;
  #turn = 0;

  private constructor(parts: {
    simulator: SimulatorHandle;
    sentinel: RedisSentinel;
    profiles: Truth['profiles'];
  }) {
    this.simulator = parts.simulator;
    this.sentinel = parts.sentinel;
    this.profiles = parts.profiles;
    this.maskKey = randomBytes(32);
    this.#folder = mkdtempSync(join(tmpdir(), 'soak-'));
    this.#cacheKeys = [newCacheKey('k1')];
    this.#writeCacheKeys();
    this.keys = {};
    this.#teams = {};
    for (const policy of POLICIES) {
      const page = policy.origin === undefined ? undefined : pageKey(policy);
      if (page !== undefined) this.keys[policy.name] = page.key;
      this.#teams[policy.name] = { ...policy.settings, keys: page ? [page.record] : [] };
    }
    this.#settings = { name: `t-${randomUUID().slice(0, 8)}`, ...SETTINGS };
    this.#env = {
      REDIS_URL: parts.sentinel.url,
      CACHE_KEYS_FILE: this.#cacheKeysFile,
      MASK_KEY: this.maskKey.toString('base64'),
    };
    this.#poll = setInterval(() => void this.#look(), READY_MS);
  }

  /** @param planted persons that stand nowhere else */
  static async open(planted: readonly unknown[]): Promise<House> {
    const simulator = await spawnSimulator({
      preset: 'test',
      'rate.kind': 'off',
      'data.rows': 300,
      'data.extra_indexes': 1,
      'data.planted': planted,
      'journal.keep': 50_000,
    });
    goFirst(simulator.pid);
    const sentinel = await RedisSentinel.start();
    const profiles = await readProfiles(simulator.dataUrl);
    await simulator.knobs({ 'rate.kind': 'sliding', 'latency.preset': 'seconds', ...presetKnobs('hostile') });
    await simulator.clearJournal();
    const house = new House({ simulator, sentinel, profiles });
    for (let at = 0; at < REPLICAS; at += 1) house.#replicas.push(await house.#start());
    for (const { name, origin } of POLICIES) {
      if (origin === undefined) house.keys[name] = house.#replicas[0]?.key(name) ?? '';
    }
    await eventually('all replicas are in service', async () => house.#inService.length === REPLICAS, 15_000);
    return house;
  }

  /** All that must come out nowhere. The keys that are rotated to are made before. */
  get secrets(): readonly string[] {
    const cacheKeys = [...this.#cacheKeys, this.#nextCacheKey].map((key) => key.slice(key.indexOf(':') + 1));
    return [
      ...Object.values(this.keys),
      this.#nextKey.key,
      ...cacheKeys,
      this.maskKey.toString('base64'),
      UPSTREAM_TOKEN,
    ];
  }

  get replicas(): readonly GatewayHandle[] {
    return this.#replicas;
  }

  isInService(gateway: GatewayHandle): boolean {
    return this.#inService.includes(gateway);
  }

  /** Whose turn it is. */
  async next(): Promise<GatewayHandle> {
    for (;;) {
      this.#turn += 1;
      const gateway = this.#inService[this.#turn % this.#inService.length];
      if (gateway !== undefined) return gateway;
      await sleep(READY_MS);
    }
  }

  /** One replica after another is ended as Kubernetes does, and another is ready before the next one's turn. */
  async rollingRestart(): Promise<void> {
    for (let at = 0; at < REPLICAS; at += 1) {
      await this.#replicas[at]?.stop('SIGTERM');
      const fresh = await this.#start();
      this.#replicas[at] = fresh;
      await eventually('it is in service', async () => this.#inService.includes(fresh), 15_000);
      await sleep(2000);
    }
  }

  /** To the documents: the new one can read everywhere before it writes anywhere, and the old one goes last. */
  async rotateCacheKey(): Promise<void> {
    const [old = ''] = this.#cacheKeys;
    const fresh = this.#nextCacheKey;
    for (const keys of [[old, fresh], [fresh, old], [fresh]]) {
      this.#cacheKeys = keys;
      this.#writeCacheKeys();
      await sleep(3000);
    }
  }

  /** Resolves to the statuses that the old key is answered in the end. */
  async rotateApiKey(team: string): Promise<number[]> {
    const { key, id, sha256 } = this.#nextKey;
    const old = this.keys[team] ?? '';
    const notAfter = new Date(Date.now() + 86_400_000).toISOString();
    const teams = structuredClone(this.#replicas[0]?.teams ?? {}) as Record<string, { keys: object[] }>;
    const rights = teams[team];
    if (rights === undefined) throw new Error(`no team ${team}`);
    const [, ...others] = rights.keys;
    const [first] = rights.keys;
    for (const keys of [
      [first, { id, sha256, notAfter }, ...others] as object[],
      [{ id, sha256, notAfter }, ...others],
    ]) {
      rights.keys = keys;
      for (const replica of this.#replicas) replica.writeTeams(teams);
      await sleep(2000);
      this.keys[team] = key;
      // Who waits with the old key still is answered by then.
      await sleep(LAST_WAIT_MS);
    }
    const asked = this.#replicas.map((replica) =>
      replica.ask('/usage', { headers: { 'x-api-key': old } }).then(({ status }) => status),
    );
    return Promise.all(asked);
  }

  /** The master dies; what becomes master in its place has what had reached it. It comes back as a replica. */
  async failover(): Promise<void> {
    const before = await this.sentinel.master();
    const dead = before.child;
    dead.kill('SIGKILL');
    await this.sentinel.otherThan(before);
    await sleep(2000);
    await before.restart({ keepData: false });
  }

  async close(): Promise<void> {
    clearInterval(this.#poll);
    await Promise.all(this.#replicas.map((replica) => replica.stop()));
    await this.sentinel.stop();
    await this.simulator.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<GatewayHandle> {
    const [twin] = this.#replicas;
    const gateway = await spawnGateway(this.simulator.dataUrl, {
      settings: this.#settings,
      env: this.#env,
      teamsFile: true,
      ...(twin === undefined ? { teams: this.#teams } : { twin }),
    });
    this.started.push(gateway);
    return gateway;
  }

  async #look(): Promise<void> {
    const ready = await Promise.all(
      this.#replicas.map((gateway) =>
        gateway.admin('/readyz').then(
          ({ status }) => status === 200,
          () => false,
        ),
      ),
    );
    this.#inService = this.#replicas.filter((_, at) => ready[at]);
  }

  get #cacheKeysFile(): string {
    return join(this.#folder, 'cache-keys');
  }

  #writeCacheKeys(): void {
    writeFileSync(`${this.#cacheKeysFile}.new`, this.#cacheKeys.join(','));
    renameSync(`${this.#cacheKeysFile}.new`, this.#cacheKeysFile);
  }
}
