import type { RedisSettings } from '../shared/redis.ts';
import type { CacheKey } from './cache-keys.ts';
import type { EnvironmentValues } from './environment.ts';
import type { Settings } from './schema.ts';
import type { WrittenKeyPolicy, WrittenTeam } from './team-settings.ts';
import type { TokenOrigin } from './token-source.ts';

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** A key of a team. Instants are milliseconds since the epoch. */
export interface TeamKey {
  readonly id: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly kind: 'server' | 'browser';
  readonly state: 'active' | 'retiring' | 'revoked';
  readonly notBeforeMs?: number;
  readonly notAfterMs: number;
  readonly origins?: readonly string[];
  /** Always there for a browser key. */
  readonly policy?: Frozen<WrittenKeyPolicy>;
}

type TeamRights = Frozen<Omit<WrittenTeam, 'keys' | 'indexes' | 'queue' | 'maxWaitMs' | 'profilesPerDay'>>;

export interface TeamSettings extends TeamRights {
  readonly keys: readonly TeamKey[];
  /** Index ids, or `['*']`. */
  readonly indexes: readonly string[];
  /** Bound of the team's queue, where it differs from `queue.perTeam`. */
  readonly queue?: number;
  /** Where it differs from `queue.maxWaitMs`. */
  readonly maxWaitMs?: number;
  readonly profilesPerDay?: number;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Everything a process needs to know, checked and deeply frozen (the bytes of `cacheKeys` alone cannot be). */
export interface Config extends Frozen<Omit<Settings, 'name' | 'teams' | 'budget'>> {
  readonly name: string;
  readonly budget: Frozen<Omit<Settings['budget'], 'name'>> & { readonly name: string };
  readonly teams: Readonly<Record<string, TeamSettings>>;
  readonly amperity: {
    /** Without trailing slash. */
    readonly baseUrl: string;
    readonly tenant: string;
    readonly apiVersion: string;
    readonly token: TokenOrigin;
  };
  /** Always present with `redis`. */
  readonly cacheKeys?: readonly CacheKey[];
  /** Absolute; where `cacheKeys` were read from and may change. */
  readonly cacheKeysPath?: string;
  /** Of `hmac` masks; always present where there is one. */
  readonly maskKey?: Buffer;
  /** Absolute; where `maskKey` was read from and may change. */
  readonly maskKeyPath?: string;
  /** Absolute; where the teams were read from and may change. */
  readonly teamsPath?: string;
  /** The file's text when it was read. */
  readonly teamsText?: string | undefined;
  /** Absent: one replica, all in memory. */
  readonly redis?: RedisSettings;
  /** Processes that share `listen`. */
  readonly workers: number;
  readonly listen: Address;
  readonly admin: Address;
  readonly log: { readonly level: EnvironmentValues['LOG_LEVEL']; readonly pretty: boolean };
}
