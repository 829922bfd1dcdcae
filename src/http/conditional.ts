/**
 * Whether `If-None-Match` names this validator (RFC 9110 §13.1.2), by weak comparison (§8.8.3.2): the caller then
 * holds these very bytes.
 */
export function notModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined || etag === '') return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = etag.replace(/^W\//, '');
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === opaque);
}
