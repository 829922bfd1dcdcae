import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { json, type Reply } from '../support/http-get.ts';
import { RedisServer } from '../support/redis-server.ts';
import { type GatewayHandle, type GatewayOptions, spawnGateway } from '../support/spawn-gateway.ts';

export interface FleetOptions {
  readonly replicas?: number;
  readonly settings?: Record<string, unknown>;
  readonly teams?: GatewayOptions['teams'];
  readonly env?: Readonly<Record<string, string>>;
  /** Environment of single replicas, by place. */
  readonly envOf?: Readonly<Record<number, Readonly<Record<string, string>>>>;
  /** The replica, by place, that has a way of its own to Amperity, which can be cut. */
  readonly detour?: number;
  /** Knobs of the simulator. */
  readonly knobs?: Record<string, unknown>;
  /** A Redis that the test has started, by its URL; there is then no way to it that could be cut. */
  readonly redisUrl?: string;
}

export const newCacheKey = (kid = 'k1'): string => `${kid}:${randomBytes(32).toString('base64')}`;

/** Gateways in processes of their own over one Redis, each with a way to it that can be cut, and one simulator. */
export class Fleet {
  readonly simulator: SimulatorHandle;
  readonly redis: RedisServer;
  readonly gateways: GatewayHandle[];
  /** One for each gateway. */
  readonly ways: FaultProxy[];
  /** See `FleetOptions`. */
  detour: FaultProxy | undefined;

  private constructor(parts: Pick<Fleet, 'simulator' | 'redis' | 'gateways' | 'ways'>) {
    this.simulator = parts.simulator;
    this.redis = parts.redis;
    this.gateways = parts.gateways;
    this.ways = parts.ways;
  }

  static async start(options: FleetOptions = {}): Promise<Fleet> {
    const simulator = await spawnSimulator({ preset: 'test', ...options.knobs });
    const redis = await RedisServer.start();
    const fleet = new Fleet({ simulator, redis, gateways: [], ways: [] });
    const shared = { CACHE_KEYS: newCacheKey(), ...options.env };
    const settings = { name: `t-${randomUUID().slice(0, 8)}`, ...options.settings };
    for (let replica = 0; replica < (options.replicas ?? 3); replica += 1) {
      if (options.redisUrl === undefined) fleet.ways.push(await FaultProxy.to(redis.url));
      if (replica === options.detour) fleet.detour = await FaultProxy.to(simulator.dataUrl);
      const upstream = replica === options.detour ? fleet.detour?.url('/api') : undefined;
      const way = fleet.ways[replica]?.url().replace('http:', 'redis:');
      const [twin] = fleet.gateways;
      fleet.gateways.push(
        await spawnGateway(upstream ?? simulator.dataUrl, {
          settings,
          env: { ...shared, REDIS_URL: options.redisUrl ?? way ?? '', ...options.envOf?.[replica] },
          ...(twin === undefined ? { ...(options.teams && { teams: options.teams }) } : { twin }),
        }),
      );
    }
    await fleet.until('shared');
    return fleet;
  }

  /** Resolves once every replica that lives says that its budget is in this mode and calls can be made. */
  async until(mode: string, gateways: readonly GatewayHandle[] = this.gateways): Promise<void> {
    const deadline = Date.now() + 15_000;
    for (const gateway of gateways) {
      while (modeOf(await gateway.admin('/status')) !== mode) {
        if (Date.now() > deadline) throw new Error(`no ${mode} in time`);
        await sleep(50);
      }
    }
  }

  /** Asks the replicas in turn. */
  get(path: string, turn: number, options: { team?: string; signal?: AbortSignal } = {}): Promise<Reply> {
    const gateway = this.gateways[turn % this.gateways.length];
    if (gateway === undefined) throw new Error('the fleet is empty');
    return gateway.get(path, options);
  }

  /** Calls as the simulator saw them. */
  async calls(): Promise<{ count: number; most: number; limited: number; at: number[]; stallMs: number }> {
    const summary = await this.simulator.summary();
    const journal = await this.simulator.journal({ limit: 100_000 });
    return {
      count: summary.requests,
      most: summary.max_in_1s.profile?.acme?.value ?? 0,
      limited: summary.limited,
      at: journal.map(({ t_ms }) => t_ms),
      stallMs: summary.loop_stall_max_ms,
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.stop()));
    await Promise.all([...this.ways, this.detour].map((way) => way?.close()));
    await this.redis.stop();
    await this.simulator.stop();
  }
}

const modeOf = (status: Reply): unknown => (json(status).budget as { mode?: unknown }).mode;

/** A question nobody has asked before. */
export const cold = (name: string): string =>
  `/api/indexes/idx-loyalty/profiles?limit=1&filter%5Bcity%5D=nowhere-${name}`;
