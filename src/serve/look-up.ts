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
  const page = await stored(parts, key, () => keys.olderPages(request), reach);
  const needsTotal = request.withTotal && page?.status !== 404;
  const total = needsTotal
    ? await stored(parts, keys.total(request), () => keys.olderTotals(request))
    : undefined;
  const now = clock.now();
  const needed = [page, ...(needsTotal ? [total] : [])];
  return {
    page,
    total,
    freshness: ageOf(needed, now),
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

/** What may be answered at once, fresh or not. */
export interface Held extends Pick<Found, 'total'> {
  readonly page: StoredPage;
  readonly freshness: 'fresh' | 'stale';
}

/** What is asked, if all of it is in this process's memory and may be answered at once; undefined says nothing. */
export function lookUpHeld(parts: LookUpParts, { key, request, totalKey }: Named): Held | undefined {
  const { clock, generations, keys, store } = parts;
  const aged = (name: string, older: OlderNames) => {
    const entry = store.held(name, older);
    return entry && generations.aged(entry);
  };
  const page = aged(key, () => keys.olderPages(request));
  if (page === undefined) return undefined;
  const needsTotal = totalKey !== undefined && page.status !== 404;
  const total = needsTotal ? aged(totalKey, () => keys.olderTotals(request)) : undefined;
  const age = ageOf(needsTotal ? [page, total] : [page], clock.now());
  return age === 'fresh' || age === 'stale' ? { page, total, freshness: age } : undefined;
}

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

/** That of the oldest of them; what is not there is dead. */
function ageOf(needed: readonly (StoredPage | undefined)[], now: number): Freshness {
  const ages = needed.map((entry) => (entry ? freshness(entry, now) : 'dead'));
  return FROM_OLDEST.find((age) => ages.includes(age)) ?? 'dead';
}
