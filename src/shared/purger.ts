/** What is to be forgotten: everything, an index, or one profile wherever it is stored. */
export type PurgeTarget = { readonly all: true } | { readonly index: string; readonly profile?: string };

export interface Purged {
  /** Entries that were removed from the store, totals and cursors among them. */
  readonly pages: number;
  readonly generation: number;
  /** A profile was purged together with its index, because not every page says whom it holds. */
  readonly widened: boolean;
  /** Followers of Redis that have taken it over. */
  readonly acknowledged: number;
}

/** Makes stored pages unanswerable, fresh, stale or on their way, on every replica. */
export interface Purger {
  /** Resolves once nothing purged can come back; rejects with `unavailable` where that cannot be promised. */
  purge(target: PurgeTarget): Promise<Purged>;
  /** Everything stored about an index is fresh no more, and is kept for when nothing newer is to be had. */
  markStale(index: string): Promise<void>;
}
