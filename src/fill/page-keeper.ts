import type { Claim } from '../budget/fair-queue.ts';
import type { View } from '../projection/view.ts';
import type { Clock } from '../shared/clock.ts';
import { inOwnMemory } from '../shared/own-memory.ts';
import { holdsProfiles } from '../shared/page-request.ts';
import { freshness, type Instants, instants, type Lifetimes } from '../store/freshness.ts';
import { EVERYTHING, type Generations } from '../store/generations.ts';
import type { Outcome } from '../store/outcome.ts';
import {
  type HandOver,
  type PageStore,
  type Provenance,
  provenanceOf,
  type Reach,
  type StoredPage,
} from '../store/page-store.ts';
import type { StoreKeys } from '../store/store-keys.ts';
import { totalEntry } from '../store/totals.ts';
import type { UpstreamAnswer } from '../upstream/amperity.ts';
import type { Chains } from './chains.ts';

export interface PageKeeperParts {
  readonly store: PageStore;
  readonly handOver?: HandOver;
  readonly keys: StoreKeys;
  readonly chains: Chains;
  readonly generations: Generations;
  readonly clock: Clock;
  readonly random: () => number;
  readonly lifetimes: Lifetimes;
  readonly totalFreshMs: number;
  /** Makes everything about an index stale; absent where rebuilds are not watched. */
  readonly markStale?: (index: string) => Promise<void>;
  /** What of an index is stored, and given to whoever waits; absent: all of it. */
  readonly storedView?: (index: string) => View;
  /** Validator of a body (RFC 9110 §8.8.3). */
  readonly etag: (body: Buffer) => string;
}

type Answer<K extends UpstreamAnswer['kind']> = Extract<UpstreamAnswer, { kind: K }>;

/** Keeps what a call has brought: the page, its total, who handed out the cursor it leads on with. */
export class PageKeeper {
  readonly #parts: PageKeeperParts;

  constructor(parts: PageKeeperParts) {
    this.#parts = parts;
  }

  /** With what is brought back by a call that is made now. */
  provenance({ request }: Claim): Provenance {
    const { generations, keys } = this.#parts;
    const scope = keys.scope(request);
    return { ...(scope !== undefined && { scope }), generation: generations.current(scope ?? EVERYTHING) };
  }

  /** The page if it has come since the flight was entered. */
  async comeMeanwhile({ enteredAt, key }: Claim): Promise<StoredPage | undefined> {
    const page = await this.#parts.store.get(key);
    return page === undefined || page.storedAt < enteredAt ? undefined : page;
  }

  /**
   * @param provenance as it was when the call was made; what is older than a purge by now is not kept
   * @param mayAskAgain then nothing at all is made of what is older
   */
  async keep(
    claim: Claim,
    answer: Answer<'page' | 'absent'>,
    provenance: Provenance,
    mayAskAgain: boolean,
  ): Promise<Extract<Outcome, { page: StoredPage }> | 'outdated'> {
    const { chains, clock, generations, handOver, keys, lifetimes, random, store } = this.#parts;
    const status = answer.kind === 'page' ? 200 : 404;
    const reach = reachOf(claim);
    const origin = await chains.originOf(claim.request, reach);
    const when = instants(clock.now(), lifetimes, status, answer.cacheControl, random(), origin?.head);
    const isOutdated = generations.isOutdated(provenance);
    if (isOutdated && mayAskAgain) return 'outdated';
    const isPrefetched = claim.class === 'idle';
    const mayStore = !answer.cacheControl.noStore && !isOutdated && this.#isOwnName(claim);
    const page = this.#pageOf(claim, answer, {
      ...(mayStore ? when : overAtOnce(when)),
      ...(await this.#afterRebuild(claim, answer, provenance)),
      ...(isPrefetched && { prefetched: true }),
    });
    const stored = mayStore && (await store.put(claim.key, page, reach));
    if (stored) await chains.handOut(claim.request, page, origin, reach);
    const counted =
      answer.kind === 'page' && claim.request.withTotal
        ? await this.#keepTotal(claim, answer, page, mayStore)
        : undefined;
    const isThere = (entry: StoredPage, kept: boolean) => kept && freshness(entry, clock.now()) === 'fresh';
    if (!isThere(page, stored) || (counted && !isThere(counted.total, counted.stored))) {
      await handOver?.put(claim.key, page);
      if (counted) await handOver?.put(keys.total(claim.request), counted.total);
    }
    return { page, stored, ...(counted && { total: counted.total }) };
  }

  /** If this answer tells that the index has been rebuilt, everything that is stored about it is stale from now on. */
  async #afterRebuild(
    claim: Claim,
    answer: Answer<'page' | 'absent'>,
    provenance: Provenance,
  ): Promise<Provenance> {
    const { markStale, store } = this.#parts;
    const { index, route } = claim.request;
    if (markStale === undefined || route !== 'index' || index === undefined || answer.kind !== 'page')
      return provenance;
    const before = await store.get(claim.key);
    if (before === undefined || updatedAt(before.body) === updatedAt(answer.page.body)) return provenance;
    await markStale(index).catch(() => undefined);
    return this.provenance(claim);
  }

  /** A replica with other teams has named the page by what it would store of it: that is not what is stored here. */
  #isOwnName({ key, request }: Claim): boolean {
    const { keys, storedView } = this.#parts;
    if (storedView === undefined) return true;
    return key === keys.page(request) || keys.olderPages(request).includes(key);
  }

  #pageOf(
    claim: Claim,
    answer: Answer<'page' | 'absent'>,
    when: Instants & Provenance & Pick<StoredPage, 'prefetched'>,
  ): StoredPage {
    if (answer.kind === 'absent') return { status: 404, body: Buffer.alloc(0), count: 0, etag: '', ...when };
    const { total, ...page } = answer.page;
    const { etag, storedView } = this.#parts;
    const { index, route } = claim.request;
    const view =
      holdsProfiles(route) && index !== undefined && this.#isOwnName(claim) ? storedView?.(index) : undefined;
    const shown = view?.project(route, page.body) ?? page.body;
    const body = inOwnMemory(shown);
    // Where it stood in Amperity's bytes it stands in none but those.
    const cut = total === undefined || shown !== page.body ? {} : { cutTotal: total };
    return { status: 200, ...page, body, ...cut, etag: etag(body), ...when };
  }

  async #keepTotal(
    claim: Claim,
    answer: Answer<'page'>,
    page: StoredPage,
    mayStore: boolean,
  ): Promise<{ readonly total: StoredPage; readonly stored: boolean }> {
    const { keys, lifetimes, random, store, totalFreshMs } = this.#parts;
    const longer = { ...lifetimes, freshMs: totalFreshMs };
    const when = instants(page.storedAt, longer, 200, answer.cacheControl, random());
    const total = totalEntry(answer.page.total?.text, { ...when, ...provenanceOf(page) });
    const stored = mayStore && (await store.put(keys.total(claim.request), total, reachOf(claim)));
    return { total, stored };
  }
}

/** What is made of a page that may not be kept is not kept either. */
const overAtOnce = ({ storedAt, ...when }: Instants): Instants => ({
  ...when,
  storedAt,
  freshUntil: storedAt,
  staleUntil: storedAt,
  errorUntil: storedAt,
});

/** An export of everything must not push out what callers ask for. */
const reachOf = ({ class: flightClass }: Claim): Reach => (flightClass === 'export' ? 'far' : 'near');

function updatedAt(body: Buffer): unknown {
  return body.length === 0 ? undefined : JSON.parse(body.toString('utf8')).updated_at;
}
