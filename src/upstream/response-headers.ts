import type { UpstreamCacheControl } from './amperity.ts';

type Headers = Readonly<Record<string, unknown>>;

/** RFC 9110 §8.3: the media type without parameters, JSON or a `+json` suffix. */
export function isJson(headers: Headers): boolean {
  const type = text(headers['content-type']).split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || /^application\/[a-z0-9.-]+\+json$/.test(type);
}

/** What concerns keeping an answer that a shared cache received at `now` (RFC 9111 §3 to §5.3). */
export function cacheControl(headers: Headers, now: number): UpstreamCacheControl {
  const directives = directivesOf(text(headers['cache-control']));
  const says = (...names: readonly string[]): boolean => names.some((name) => directives.has(name));
  const maxAgeMs = lifetimeMs(directives, headers, now);
  const ageMs = ageOf(headers);
  return {
    noStore: says('no-store', 'private') || variesByAnything(headers),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(ageMs > 0 && { ageMs }),
    // §5.2.2.10: `s-maxage` forbids what `proxy-revalidate` does.
    ...(says('no-cache', 'must-revalidate', 'proxy-revalidate', 's-maxage') && { neverStale: true }),
  };
}

/**
 * By name in small letters, values without quotes, inside which a comma separates nothing (§5.2). Of a repeated
 * directive the first counts (§4.2.1).
 */
function directivesOf(cacheControl: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  const pattern = /([^\s,="]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*)))?/g;
  for (const [, name = '', quoted, plain = ''] of cacheControl.matchAll(pattern)) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, (quoted ?? plain).trim());
  }
  return directives;
}

/** For how long from its making the answer is fresh (§4.2.1); undefined when it does not say. */
function lifetimeMs(
  directives: ReadonlyMap<string, string>,
  headers: Headers,
  now: number,
): number | undefined {
  if (directives.has('no-cache')) return 0;
  const seconds = directives.get('s-maxage') ?? directives.get('max-age');
  // An answer whose freshness cannot be read is to be considered stale.
  if (seconds !== undefined) return deltaMs(seconds) ?? 0;
  if (headers.expires === undefined) return undefined;
  // §5.3: what is no date is past. How long past, a date only pretends to know: 1970 stands for "at once".
  const expires = httpDate(text(headers.expires)) ?? Number.NEGATIVE_INFINITY;
  return Math.max(0, expires - (httpDate(text(headers.date)) ?? now));
}

/** How old the answer was when it came (§5.1): of a list the first member counts, and what is no number does not. */
function ageOf(headers: Headers): number {
  const [first = ''] = text(headers.age).split(',', 1);
  return deltaMs(first.trim()) ?? 0;
}

/** §4.1: then it is the answer to no other request. */
function variesByAnything(headers: Headers): boolean {
  return text(headers.vary)
    .split(',')
    .some((name) => name.trim() === '*');
}

/** Delta-seconds (§1.2.2): more than can be counted is 2^31. */
function deltaMs(value: string): number | undefined {
  return /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) * 1000 : undefined;
}

/** Longest pause taken over from a Retry-After; a longer one is more likely a mistake than an instruction. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** RFC 9110 §10.2.3: seconds or a date; anything else counts as absent. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = text(headers['retry-after']).trim();
  const at = /^\d{1,10}$/.test(value) ? now + Number(value) * 1000 : httpDate(value);
  return at === undefined ? undefined : Math.min(Math.max(0, at - now), LONGEST_RETRY_AFTER_MS);
}

/** RFC 9110 §5.6.7, preferred form only: `Date.parse` by itself reads nearly any text as some date. */
function httpDate(value: string): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
