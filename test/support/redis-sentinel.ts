import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort, RedisServer } from './redis-server.ts';

/** The name under which the Sentinels know the master. */
const MASTER = 'mymaster';

export interface SentinelOptions {
  /** Of master and replica. */
  readonly password?: string;
  /** Of the Sentinels. */
  readonly sentinelPassword?: string;
  /** Options of every server and Sentinel, for its port; and what redis-cli then needs to get in. */
  readonly tls?: { readonly options: (port: number) => readonly string[]; readonly flags: readonly string[] };
}

/** One master, one replica and three Sentinels that take the master for down after a second. */
export class RedisSentinel {
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  readonly #folder: string;
  readonly #flags: readonly string[];

  private constructor(
    servers: readonly RedisServer[],
    sentinels: readonly RedisServer[],
    folder: string,
    flags: readonly string[],
  ) {
    this.servers = servers;
    this.sentinels = sentinels;
    this.#folder = folder;
    this.#flags = flags;
  }

  /** `redis+sentinel://…`, without credentials. */
  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${MASTER}`;
  }

  static async start({ password, sentinelPassword, tls }: SentinelOptions = {}): Promise<RedisSentinel> {
    const secured = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
    const start = async (args: readonly string[]) => {
      const port = await freePort();
      return RedisServer.start([...args, ...(tls?.options(port) ?? [])], port);
    };
    const master = await start(secured);
    const replica = await start([...secured, '--replicaof', `127.0.0.1 ${master.port}`]);
    const folder = mkdtempSync(join(tmpdir(), 'sentinels-'));
    const sentinels: RedisServer[] = [];
    for (const index of [0, 1, 2]) {
      const file = join(folder, `sentinel-${index}.conf`);
      const lines = [
        `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 2`,
        `sentinel down-after-milliseconds ${MASTER} 1000`,
        `sentinel failover-timeout ${MASTER} 3000`,
        ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER} ${password}`]),
        ...(sentinelPassword === undefined
          ? []
          : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      sentinels.push(await start([file, '--sentinel']));
    }
    const flags = [
      ...(tls?.flags ?? []),
      ...(sentinelPassword === undefined ? [] : ['-a', sentinelPassword]),
    ];
    const group = new RedisSentinel([master, replica], sentinels, folder, flags);
    await eventually('the Sentinels know replica and each other', async () => {
      const seen = await Promise.all(sentinels.map((each) => each.cli(['info', 'sentinel'], flags)));
      return seen.every((text) => text.includes('slaves=1,sentinels=3'));
    });
    return group;
  }

  /** The server that the Sentinels call master. */
  async master(): Promise<RedisServer> {
    const ports = await Promise.all(
      this.sentinels.map((each) => each.cli(['sentinel', 'get-master-addr-by-name', MASTER], this.#flags)),
    );
    const [port] = ports.map((text) => Number(text.split('\n')[1]));
    const found = this.servers.find((server) => server.port === port);
    if (found === undefined || new Set(ports).size > 1) throw new Error('the Sentinels disagree');
    return found;
  }

  /** Has the Sentinels make the replica the master, and waits until it is. */
  async failover(): Promise<void> {
    const before = await this.master();
    await eventually('a failover is begun', async () =>
      (await this.sentinels[0]?.cli(['sentinel', 'failover', MASTER], this.#flags))?.startsWith('OK'),
    );
    await this.otherThan(before);
  }

  /** Waits until the Sentinels agree on another master. */
  otherThan(before: RedisServer): Promise<RedisServer> {
    return eventually(
      'another master',
      async () => {
        const now = await this.master();
        return now === before ? undefined : now;
      },
      20_000,
    ) as Promise<RedisServer>;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((server) => server.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
