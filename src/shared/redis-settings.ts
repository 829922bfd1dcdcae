export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** What a Redis URL names. */
export type RedisServers =
  | { readonly kind: 'standalone'; readonly address: RedisAddress; readonly db: number }
  | { readonly kind: 'sentinel'; readonly sentinels: readonly RedisAddress[]; readonly master: string }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisAddress[] };

/** A fixed secret, a file that holds it alone, or a file that holds the Redis URL with it. Paths are absolute. */
export type RedisSecret =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'urlFile'; readonly path: string };

/** Absolute paths of PEM files. Without `caFile` the authorities that Node brings along are trusted. */
export interface RedisTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Where Redis is and how to get in. Checked and usable when it was read. */
export interface RedisSettings {
  readonly servers: RedisServers;
  /** ACL user; absent: `default`. */
  readonly username?: string;
  readonly password?: RedisSecret;
  readonly sentinelPassword?: RedisSecret;
  /** Present when every connection, also those to Sentinels, is encrypted. */
  readonly tls?: RedisTls;
}
