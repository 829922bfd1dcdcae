import type { Clock } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { type Freshness, freshness } from '../store/freshness.ts';
import type { Generations } from '../store/generations.ts';
import type { NearPageStore, OlderNames, Reach, StoredPage } from '../store/page-store.ts';
import type { StoreKeys } from '../store/store-keys.ts';
import type { Candidate } from './acceptance.ts';

export interface LookUpParts {
  readonly store: NearPageStore;
  readonly keys: StoreKeys;
  readonly generations: Generations;
  readonly clock: Clock;
}

/** Freshness and ages are those of the older of the two, as far as both are needed. */
export interface Found extends Candidate {
  readonly page: StoredPage | undefined;
  readonly total: StoredPage | undefined;
  readonly storedAt: number;
  readonly lookedUpAt: number;
}

/** What is stored of what is asked, the page and the total if it is wanted, and how old that makes it. */
export async function lookUp(
  parts: LookUpParts,
  key: string,
  request: PageRequest,
  reach: Reach,
): Promise<Found> {
  const { clock, keys } = parts;
  const lookedUpAt = clock.now();
  const page = await stored(parts, key, () => keys.olderPages?.(request) ?? [], reach);
  const needsTotal = request.withTotal && page?.status !== 404;
  const total = needsTotal
    ? await stored(parts, keys.total(request), () => keys.olderTotals?.(request) ?? [])
    : undefined;
  const now = clock.now();
  const needed = [page, ...(needsTotal ? [total] : [])];
  return {
    page,
    total,
    freshness: oldest(needed.map((entry) => (entry ? freshness(entry, now) : 'dead'))),
    storedAt: Math.min(...needed.map((entry) => entry?.storedAt ?? 0)),
    ageMs: now - Math.min(...needed.map((entry) => entry?.madeAt ?? entry?.storedAt ?? 0)),
    freshForMs: Math.min(...needed.map((entry) => entry?.freshUntil ?? 0)) - now,
    lookedUpAt,
  };
}

/** A question whose names in the store are known. */
export interface Named {
  readonly request: PageRequest;
  readonly key: string;
  /** Exactly where the total is wanted. */
  readonly totalKey: string | undefined;
}

/** What is asked, if all of it is fresh in this process's memory; undefined says nothing. */
export function heldFresh(
  parts: LookUpParts,
  { key, request, totalKey }: Named,
): Pick<Found, 'page' | 'total'> | undefined {
  const { clock, keys, store } = parts;
  const now = clock.now();
  const page = store.held(key, () => keys.olderPages?.(request) ?? []);
  if (page === undefined || !isFresh(parts, page, now)) return undefined;
  if (totalKey === undefined || page.status === 404) return { page, total: undefined };
  const total = store.held(totalKey, () => keys.olderTotals?.(request) ?? []);
  return total && isFresh(parts, total, now) ? { page, total } : undefined;
}

const isFresh = ({ generations }: LookUpParts, page: StoredPage, now: number): boolean =>
  freshness(generations.aged(page), now) === 'fresh';

/** As old as its index makes it. */
async function stored(
  { generations, store }: LookUpParts,
  key: string,
  older: OlderNames,
  reach?: Reach,
): Promise<StoredPage | undefined> {
  const page = await store.get(key, older, reach);
  return page && generations.aged(page);
}

const FROM_OLDEST: readonly Freshness[] = ['dead', 'fallback', 'stale', 'fresh'];

const oldest = (ages: readonly Freshness[]): Freshness =>
  FROM_OLDEST.find((age) => ages.includes(age)) ?? 'dead';
