/** RFC 7240 §2: `token [ "=" word ]`, followed by parameters that `wait` does not have. */
const WAIT = /^\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;|$)/i;

/**
 * The `wait` preference (RFC 7240 §4.3) in milliseconds: how long the caller wants to wait for the budget. Of
 * several the first counts; one that is not well-formed is as good as none (§2).
 */
export function preferredWaitMs(prefer: string | string[] | undefined): number | undefined {
  const preferences = (Array.isArray(prefer) ? prefer.join(',') : (prefer ?? '')).split(',');
  for (const preference of preferences) {
    const seconds = WAIT.exec(preference)?.[1];
    if (seconds !== undefined) return Number(seconds) * 1000;
  }
  return undefined;
}
