/**
 * Jain's fairness index: 1 when all shares are equal, 1 / n when one of n has everything. Nobody having anything
 * counts as fair.
 */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}
