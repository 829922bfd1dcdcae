import { type RedisOptions as AllOptions, Cluster, Redis } from 'ioredis';
import { followFailovers } from './redis-failover.ts';
import { connectionOptions, reconnectDelayMs } from './redis-options.ts';
import { type RedisSecrets, redisSecrets } from './redis-secrets.ts';
import type { RedisServers, RedisSettings } from './redis-settings.ts';
import { keepSubscriptions } from './redis-subscriptions.ts';
import { withoutSecrets } from './redis-trouble.ts';

export { LONGEST_RECONNECT_MS } from './redis-options.ts';
export type * from './redis-settings.ts';

/** One Redis, or the cluster that plays one. */
export type RedisClient = Redis | Cluster;

export interface RedisConnection {
  /** What CLIENT LIST shows; no spaces. */
  readonly clientName: string;
  /**
   * Told of everything that goes wrong with the connection, at every attempt, without secrets. What it throws is
   * dropped.
   */
  readonly onError: (error: Error) => void;
  /** How long a command may take; ms. */
  readonly commandTimeoutMs?: number;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * Opens a client that fails commands at once while Redis is away, never sends one twice by itself, comes back by
 * itself, and reads passwords and certificates again before every connect. Its `duplicate()` does the same.
 */
export function connectRedis(settings: RedisSettings, connection: RedisConnection): RedisClient {
  const { servers } = settings;
  const { clientName, onError, commandTimeoutMs = 500, random = Math.random } = connection;
  const secrets = redisSecrets(settings);
  const parts: Parts = {
    options: {
      ...connectionOptions(clientName, commandTimeoutMs),
      ...(settings.username !== undefined && { username: settings.username }),
    },
    secrets,
    retry: (attempt) => reconnectDelayMs(attempt, random),
    tell: (error) => {
      try {
        onError(withoutSecrets(error, secrets.known()));
      } catch {
        // Thrown from here it would end the process.
      }
    },
  };
  return servers.kind === 'cluster' ? openCluster(servers, parts) : openRedis(servers, parts);
}

/** Replies keep the shapes that they have without this option. */
type RedisOptions = Omit<AllOptions, 'replyMapping'>;

interface Parts {
  readonly options: ReturnType<typeof connectionOptions> & { readonly username?: string };
  readonly secrets: RedisSecrets;
  readonly retry: (attempt: number) => number;
  readonly tell: (error: Error) => void;
}

function openRedis(
  servers: Exclude<RedisServers, { kind: 'cluster' }>,
  parts: Parts,
  override: Partial<RedisOptions> = {},
): Redis {
  const { options, secrets, retry, tell } = parts;
  const where: RedisOptions =
    servers.kind === 'standalone'
      ? { ...servers.address, db: servers.db }
      : {
          sentinels: [...servers.sentinels],
          name: servers.master,
          enableTLSForSentinelMode: true,
          sentinelRetryStrategy: retry,
          sentinelCommandTimeout: options.commandTimeout,
        };
  const all: RedisOptions = {
    ...options,
    ...where,
    ...liveSecrets(secrets, where),
    retryStrategy: retry,
    ...override,
  };
  const client = new Redis(all);
  client.on('error', tell);
  Object.defineProperties(client.options, Object.getOwnPropertyDescriptors(liveSecrets(secrets, where)));
  keepSubscriptions(client, tell);
  if (servers.kind === 'sentinel') {
    const ofSentinel: Parts = {
      ...parts,
      options: connectionOptions(options.connectionName, options.commandTimeout),
      secrets: { ...secrets, password: secrets.sentinelPassword },
      // One Sentinel that is away is no trouble, and that all are is told by the client itself.
      retry: (attempt) => 10 * retry(attempt),
      tell: () => {},
    };
    const sentinels = servers.sentinels.map((address) =>
      openRedis({ kind: 'standalone', address, db: 0 }, ofSentinel),
    );
    followFailovers(client, servers.master, sentinels);
  }
  client.duplicate = (changes) => openRedis(servers, parts, { ...override, ...changes });
  return client;
}

function openCluster(servers: Extract<RedisServers, { kind: 'cluster' }>, parts: Parts): Cluster {
  const { options, secrets, retry, tell } = parts;
  const cluster = new Cluster([...servers.nodes], {
    redisOptions: options,
    enableOfflineQueue: false,
    clusterRetryStrategy: retry,
    // With these above 0 a command whose node went away is sent again, and may be done twice. The answer MOVED of
    // another node and the interval below lead to the new master.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshInterval: 5000,
    // By default names become addresses before the certificate is looked at, which then does not fit.
    dnsLookup: (host, done) => done(null, host),
  });
  cluster.on('error', tell);
  cluster.on('node error', tell);
  // ioredis connects to a node with the first command for it, and refuses those that follow in the meantime.
  const connect = (node: Redis) => {
    if (node.status === 'wait' && cluster.status === 'ready') node.connect().catch(() => {});
  };
  cluster.on('ready', () => cluster.nodes().forEach(connect));
  cluster.on('+node', (node: Redis) => {
    // Its options are what every further connection to the node is made from.
    Object.defineProperties(
      node.options,
      Object.getOwnPropertyDescriptors(liveSecrets(secrets, node.options)),
    );
    // Not before the command that a MOVED sent this way: a node that is connecting would refuse it.
    setImmediate(connect, node);
  });
  cluster.duplicate = () => openCluster(servers, parts);
  return cluster;
}

/** ioredis reads these of its options at every connect, so members that are read anew are all it takes. */
function liveSecrets(secrets: RedisSecrets, { host }: { host?: string | undefined }): Partial<RedisOptions> {
  const live = {
    get password() {
      return secrets.password();
    },
    get sentinelPassword() {
      return secrets.sentinelPassword();
    },
    get tls() {
      return secrets.tls(host);
    },
    get sentinelTLS() {
      return secrets.tls();
    },
  };
  // Undefined is as good as absent to ioredis, but not to its types.
  return live as Partial<RedisOptions>;
}
