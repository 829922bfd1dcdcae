import type { UpstreamCacheControl } from './amperity.ts';

type Headers = Readonly<Record<string, unknown>>;

/** RFC 9110 §8.3: the media type without parameters, JSON or a `+json` suffix. */
export function isJson(headers: Headers): boolean {
  const type = text(headers['content-type']).split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || /^application\/[a-z0-9.-]+\+json$/.test(type);
}

/** RFC 9111 §5.2.2, as far as it concerns keeping an answer that a shared cache received. */
export function cacheControl(headers: Headers): UpstreamCacheControl {
  const directives = new Map(
    text(headers['cache-control'])
      .toLowerCase()
      .split(',')
      .map((directive) => {
        const [name = '', value = ''] = directive.split('=', 2);
        return [name.trim(), value.trim().replaceAll('"', '')] as const;
      }),
  );
  const noStore = directives.has('no-store') || directives.has('private');
  const seconds = directives.get('s-maxage') ?? directives.get('max-age');
  const never = ['no-cache', 'must-revalidate', 'proxy-revalidate'].some((name) => directives.has(name));
  const neverStale = never ? { neverStale: true } : {};
  if (directives.has('no-cache')) return { noStore, maxAgeMs: 0, ...neverStale };
  // RFC 9111 §4.2.1: an answer whose freshness cannot be read is to be considered stale.
  if (seconds !== undefined) {
    return { noStore, maxAgeMs: /^\d{1,10}$/.test(seconds) ? Number(seconds) * 1000 : 0, ...neverStale };
  }
  return { noStore, ...neverStale };
}

/** Longest pause taken over from a Retry-After; a longer one is more likely a mistake than an instruction. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** RFC 9110 §10.2.3: seconds or a date; anything else counts as absent. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = text(headers['retry-after']).trim();
  const ms = /^\d{1,10}$/.test(value) ? Number(value) * 1000 : httpDateMs(value, now);
  return ms === undefined ? undefined : Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS);
}

/** RFC 9110 §5.6.7, preferred form only: `Date.parse` by itself reads nearly any text as some date. */
function httpDateMs(value: string, now: number): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at - now;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
