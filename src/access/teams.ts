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
}

/** `'*'` for all, a list for every index alike, or a list per index id; what is not listed is not allowed. */
export type FilterRights = '*' | readonly string[] | Readonly<Record<string, readonly string[]>>;

/** What the keys of a team may do on the admin listener. */
export type Scope = 'purge:profile' | 'purge:index' | 'purge:all';

/** What a team may ask, and its share of the budget. */
interface TeamRights {
  /** Share = weight / sum of the weights of all teams that wait. */
  readonly weight: number;
  /** Index ids, or `['*']`. */
  readonly indexes: readonly string[];
  readonly filters: FilterRights;
  readonly withTotal: boolean;
  /** Largest `limit` of one page. */
  readonly maxLimit: number;
  /** Most filters of one request. */
  readonly maxFilters: number;
  /** Longest wait for a permit; the general bound when absent. */
  readonly maxWaitMs?: number | undefined;
}

/** A team as configured. */
export interface TeamRecord extends TeamRights {
  readonly keys: readonly KeyRecord[];
  /** Most flights waiting at once; the general bound when absent. */
  readonly queue?: number | undefined;
  /** May insist on a fresh answer, which spends budget that all share; false when absent. */
  readonly bypassCache?: boolean | undefined;
  /** May walk whole result sets through the export routes; false when absent. */
  readonly export?: boolean | undefined;
  /** None when absent. */
  readonly scopes?: readonly Scope[] | undefined;
}

/** A team as a request carries it: its name and its rights, without anything about its keys. */
export interface Team extends TeamRights {
  readonly name: string;
  readonly maxQueuedFlights?: number | undefined;
  readonly bypassCache: boolean;
  readonly export: boolean;
  readonly scopes: readonly Scope[];
}

/** Copies member by member: whatever else a record holds, its keys above all, does not travel with requests. */
export function teamOf(name: string, record: TeamRecord): Team {
  return {
    name,
    weight: record.weight,
    indexes: record.indexes,
    filters: record.filters,
    withTotal: record.withTotal,
    maxLimit: record.maxLimit,
    maxFilters: record.maxFilters,
    maxQueuedFlights: record.queue,
    maxWaitMs: record.maxWaitMs,
    bypassCache: record.bypassCache ?? false,
    export: record.export ?? false,
    scopes: record.scopes ?? [],
  };
}
