/** How many profiles a subject may be given. */
export interface Quota {
  /** Name of a team, or `key:<id>` for one of its keys. */
  readonly subject: string;
  /** Most profiles per UTC day. */
  readonly most: number;
}

/**
 * Counts the profiles that were delivered in the present UTC day, from wherever they came: a brake on bulk extraction,
 * not a meter to the last one (OWASP API6:2023).
 */
export interface DailyCounts {
  /** How many of today's are left, at least 0. Asks nobody, waits for nothing. */
  left(quota: Quota): number;
  /** Counts `profiles` as delivered if they fit under every one of the quotas; else counts none. Never throws. */
  take(quotas: readonly Quota[], profiles: number): boolean;
  /** Time until the next UTC day. */
  resetMs(): number;
  close(): void;
}
