/** Keys that were revoked by hand before the file of teams says so. */
export interface Revocations {
  /** Asks nobody. */
  isRevoked(keyId: string): boolean;
  /**
   * From now on the key is refused by this replica, and within a second by all; until `notAfterMs`, when it ends by
   * itself (ms since the epoch). Nothing takes it back. Rejects with `unavailable` when the others cannot be told for
   * certain; this replica refuses it all the same.
   */
  revoke(keyId: string, notAfterMs: number): Promise<void>;
  close(): void;
}
