import type { Directives } from '../serve/acceptance.ts';

/**
 * What a caller says about stored answers (RFC 9111 §5.2.1). A directive that is not well-formed counts for what is
 * strictest (§4.2.1), one that is unknown for nothing (§5.2.3); of a repeated one the first counts.
 */
export function cacheDirectives(cacheControl: string | undefined): Directives {
  const given = new Map<string, string | undefined>();
  for (const directive of (cacheControl ?? '').split(',')) {
    const [name = '', ...value] = directive.split('=');
    const key = name.trim().toLowerCase();
    if (key !== '' && !given.has(key)) given.set(key, value.length > 0 ? value.join('=') : undefined);
  }
  const maxAgeMs = given.has('max-age') ? (ms(given.get('max-age')) ?? 0) : undefined;
  const minFreshMs = given.has('min-fresh')
    ? (ms(given.get('min-fresh')) ?? Number.POSITIVE_INFINITY)
    : undefined;
  return {
    noCache: given.has('no-cache'),
    onlyIfCached: given.has('only-if-cached'),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    ...(minFreshMs !== undefined && { minFreshMs }),
    // Without a value any age will do.
    ...(given.has('max-stale') && {
      maxStaleMs:
        given.get('max-stale') === undefined ? Number.POSITIVE_INFINITY : (ms(given.get('max-stale')) ?? 0),
    }),
  };
}

/** Delta-seconds (RFC 9111 §1.2.2), also in quotes. */
function ms(value: string | undefined): number | undefined {
  const seconds = /^"?(\d+)"?$/.exec(value?.trim() ?? '')?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), 2 ** 31) * 1000;
}
