import type { StoredPage } from './page-store.ts';

/** How long pages live; all in milliseconds from the moment Amperity answered. */
export interface Lifetimes {
  readonly freshMs: number;
  /** After `freshMs`: answered stale while a refresh runs behind. */
  readonly staleMs: number;
  /** After `freshMs`: answered stale when upstream or budget fails. */
  readonly staleIfErrorMs: number;
  /** Hard cap on all of the above together. */
  readonly maxRetentionMs: number;
}

/** What Amperity itself said about keeping the answer (RFC 9111). */
export interface UpstreamFreshness {
  readonly noStore: boolean;
  /** How long it is fresh from its making. */
  readonly maxAgeMs?: number;
  /** How old it was when it came. */
  readonly ageMs?: number;
  /** Amperity forbids to answer it stale, whatever the reason (RFC 9111 §5.2.2.2, §5.2.2.4, §5.2.2.10). */
  readonly neverStale?: boolean;
}

export type Instants = Pick<StoredPage, 'storedAt' | 'madeAt' | 'freshUntil' | 'staleUntil' | 'errorUntil'>;

/** Pages of one wave must not expire in one wave: every lifetime is stretched or shortened by up to this share. */
const JITTER = 0.1;

/** An unknown index or profile may appear at any moment, so its absence is remembered only briefly. */
const ABSENT_MAX_MS = 30_000;

/**
 * The instants of a page answered at `now`. Upstream's own freshness shortens the configured one and never
 * lengthens it; `random` is a number in [0, 1).
 *
 * @param head the first page of its chain: whoever was given that one must find this one a fresh period longer
 */
export function instants(
  now: number,
  lifetimes: Lifetimes,
  status: 200 | 404,
  upstream: UpstreamFreshness,
  random: number,
  head?: Pick<Instants, 'staleUntil' | 'errorUntil'>,
): Instants {
  const jitter = 1 - JITTER + 2 * JITTER * random;
  const cap = now + lifetimes.maxRetentionMs;
  const { ageMs = 0, maxAgeMs } = upstream;
  // RFC 9111 §4.2.3: what it has aged before it came counts. Below 0 it has come overdue.
  const leftMs = maxAgeMs === undefined ? undefined : maxAgeMs - ageMs;
  const configuredMs = Math.min(lifetimes.freshMs * jitter, leftMs ?? Number.POSITIVE_INFINITY);
  const began = { storedAt: now, ...(ageMs > 0 && { madeAt: now - ageMs }) };
  if (status === 404) {
    const until = Math.min(now + Math.min(configuredMs, ABSENT_MAX_MS), cap);
    return { ...began, freshUntil: until, staleUntil: until, errorUntil: until };
  }
  const freshUntil = Math.min(now + configuredMs, cap);
  // Amperity means its own lifetime, where ours is the shorter one.
  const last = upstream.neverStale ? Math.min(now + (leftMs ?? configuredMs), cap) : cap;
  return {
    ...began,
    freshUntil,
    staleUntil: Math.min(outliving(head?.staleUntil, freshUntil + lifetimes.staleMs, lifetimes), last),
    errorUntil: Math.min(outliving(head?.errorUntil, freshUntil + lifetimes.staleIfErrorMs, lifetimes), last),
  };
}

const outliving = (headUntil: number | undefined, ownUntil: number, { freshMs }: Lifetimes): number =>
  headUntil === undefined ? ownUntil : Math.max(ownUntil, headUntil + freshMs);

/** `fresh`: answer. `stale`: answer and refresh behind. `fallback`: only if nothing newer can be had. */
export type Freshness = 'fresh' | 'stale' | 'fallback' | 'dead';

export function freshness(page: Instants, now: number): Freshness {
  if (now < page.freshUntil) return 'fresh';
  if (now < page.staleUntil) return 'stale';
  if (now < page.errorUntil) return 'fallback';
  return 'dead';
}
