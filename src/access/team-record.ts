/** `server`: a secret of a server. `browser`: public by nature, and so bound to the pages of its origins. */
export type KeyKind = 'server' | 'browser';

/** One key as the configuration keeps it; the key itself is nowhere stored. */
export interface KeyRecord {
  /** Public id, the third part of the key. */
  readonly id: string;
  /** SHA-256 of the whole key, 64 hex digits. */
  readonly sha256: string;
  /** Instants in milliseconds since the epoch; valid from the first on and until just before the second. */
  readonly notBeforeMs?: number | undefined;
  readonly notAfterMs: number;
  /** `retiring` still lets in: it marks a key whose successor is already live. */
  readonly state: 'active' | 'retiring' | 'revoked';
  /** `server` when absent. */
  readonly kind?: KeyKind | undefined;
  /** Serialised origins (RFC 6454 §6.2) whose pages may use a browser key. */
  readonly origins?: readonly string[] | undefined;
  /** What a browser key may do of what its team may. */
  readonly policy?: KeyPolicy | undefined;
}

/** A token belongs to a team when its issuer is this one and each of these claims is exactly this text. */
export interface TokenRule {
  readonly issuer: string;
  readonly claims: Readonly<Record<string, string>>;
}

/** `'*'` for all, a list for every index alike, or a list per index id; what is not listed is not allowed. */
export type FilterRights = '*' | readonly string[] | Readonly<Record<string, readonly string[]>>;

export type MaskKind = 'last4' | 'hmac';

/** Attributes of one index by what is shown of them; all others are left out. */
export interface IndexAttributes {
  readonly allow: readonly string[];
  readonly mask: readonly string[];
  /** `last4` where absent. */
  readonly maskAs: Readonly<Record<string, MaskKind>>;
}

/** `'*'` for all of every index, or a list per index id; an index that is not listed shows no attribute. */
export type AttributeRights = '*' | Readonly<Record<string, IndexAttributes>>;

/** What the keys of a team may do on the admin listener. */
export type Scope =
  | 'purge:profile'
  | 'purge:index'
  | 'purge:all'
  | 'status:read'
  | 'keys:revoke'
  | 'log:level';

/** Rights that a browser key may narrow, each by itself. */
export interface KeyPolicy {
  readonly indexes?: readonly string[] | undefined;
  readonly attributes?: Exclude<AttributeRights, '*'> | undefined;
  readonly filters?: FilterRights | undefined;
  readonly maxLimit: number;
  readonly maxFilters?: number | undefined;
  readonly minFilters: number;
  readonly withTotal: boolean;
  readonly profilesPerDay: number;
  /** From one address. */
  readonly requestsPerSecond: number;
}

/** A team as configured. */
export interface TeamRecord {
  readonly keys: readonly KeyRecord[];
  readonly jwt: readonly TokenRule[];
  /** Share of the budget = weight / sum of the weights of all teams that wait. */
  readonly weight: number;
  /** Index ids, or `['*']`. */
  readonly indexes: readonly string[];
  readonly attributes: AttributeRights;
  readonly filters: FilterRights;
  /** Attributes that may be filtered by although they are not shown. */
  readonly filterOnly: Exclude<FilterRights, '*'>;
  readonly withTotal: boolean;
  /** Largest `limit` of one page. */
  readonly maxLimit: number;
  /** Most filters of one request. */
  readonly maxFilters: number;
  /** Most flights waiting at once; the general bound when absent. */
  readonly queue?: number | undefined;
  /** Longest wait for a permit; the general bound when absent. */
  readonly maxWaitMs?: number | undefined;
  /** May insist on a fresh answer, which spends budget that all share. */
  readonly bypassCache: boolean;
  /** May walk whole result sets through the export routes. */
  readonly export: boolean;
  readonly scopes: readonly Scope[];
  /** Is told what was answered from the cache, and so what others have asked. */
  readonly revealCache: boolean;
  /** Profiles delivered per UTC day; no bound when absent. */
  readonly profilesPerDay?: number | undefined;
}
