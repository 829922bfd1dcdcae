import type { Clock } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { type Freshness, freshness } from '../store/freshness.ts';
import type { Generations } from '../store/generations.ts';
import type { OlderNames, PageStore, Reach, StoredPage } from '../store/page-store.ts';
import type { StoreKeys } from '../store/store-keys.ts';
import type { Candidate } from './acceptance.ts';

export interface LookUpParts {
  readonly store: PageStore;
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
