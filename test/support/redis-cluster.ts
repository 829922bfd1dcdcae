import { eventually } from './eventually.ts';
import { freePort, RedisServer } from './redis-server.ts';

const SLOTS = 16_384;
const MASTERS = 3;

/** Three masters without replicas that share the slots. */
export class RedisCluster {
  readonly servers: readonly RedisServer[];

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  /** `redis+cluster://…`, without credentials. */
  get url(): string {
    return `redis+cluster://${this.servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** @param args options of every server, for its port; `flags` is what redis-cli then needs to get in */
  static async start(
    args: readonly string[] | ((port: number) => readonly string[]) = [],
    flags: readonly string[] = [],
  ): Promise<RedisCluster> {
    const servers: RedisServer[] = [];
    const busPorts: number[] = [];
    for (let node = 0; node < MASTERS; node += 1) {
      // By default the bus is 10 000 above the port, which for a free port may not exist.
      const [port, busPort] = [await freePort(), await freePort()];
      busPorts.push(busPort);
      const clustered = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
      const own = typeof args === 'function' ? args(port) : args;
      servers.push(await RedisServer.start([...clustered, '--cluster-node-timeout', '2000', ...own], port));
    }
    for (const [node, server] of servers.entries()) {
      const [first, last] = [node, node + 1].map((part) => Math.ceil((part * SLOTS) / MASTERS));
      await server.cli(['cluster', 'addslotsrange', String(first), String(Number(last) - 1)], flags);
      await server.cli(['cluster', 'set-config-epoch', String(node + 1)], flags);
    }
    for (const [node, { port }] of servers.entries()) {
      if (node === 0) continue;
      await servers[0]?.cli(['cluster', 'meet', '127.0.0.1', String(port), String(busPorts[node])], flags);
    }
    await eventually('the cluster is complete', async () => {
      const states = await Promise.all(servers.map((server) => server.cli(['cluster', 'info'], flags)));
      return states.every((text) => text.includes('cluster_state:ok') && text.includes('cluster_size:3'));
    });
    return new RedisCluster(servers);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}
