const BASE_MS = 200;
const LONGEST_MS = 5000;

/**
 * Exponential backoff with full jitter: anything between nothing and a ceiling that doubles with each failure, so
 * that flights which failed together do not come back together.
 *
 * @param failures attempts that have failed, at least 1
 * @param random in [0, 1)
 */
export const retryDelayMs = (failures: number, random: number): number =>
  random * Math.min(LONGEST_MS, BASE_MS * 2 ** failures);
