import type { PageRequest } from '../shared/page-request.ts';
import { type Origin, originEntry, originOf } from '../store/origins.ts';
import type { PageStore, Reach, StoredPage } from '../store/page-store.ts';
import type { StoreKeys } from '../store/store-keys.ts';

/** A chain that leads in a circle would be followed for ever. */
const LONGEST_CHAIN = 10_000;

/**
 * Pages that belong together because each was reached by the cursor that the one before handed out. The cursor is
 * part of a page's name, so whoever has the first page of a chain finds the others of the same chain; what is kept
 * here is the way back.
 */
export class Chains {
  readonly #store: PageStore;
  readonly #keys: StoreKeys;
  /** Indexes in which a cursor counts only with the total, if it was handed out with one. */
  readonly #tiedToTotal = new Set<string | undefined>();

  constructor(store: PageStore, keys: StoreKeys) {
    this.#store = store;
    this.#keys = keys;
  }

  /** Amperity takes cursors of this index only with what they were handed out with. */
  tieToTotal({ index }: PageRequest): void {
    this.#tiedToTotal.add(index);
  }

  /** The question as Amperity has to be asked it. */
  async asAsked(request: PageRequest): Promise<PageRequest> {
    if (request.withTotal || !this.#tiedToTotal.has(request.index)) return request;
    const origin = await this.originOf(request);
    return origin?.withTotal ? { ...request, withTotal: true } : request;
  }

  /** Undefined for a first page, and where no page that is still stored handed the cursor out. */
  async originOf(request: PageRequest, reach?: Reach): Promise<Origin | undefined> {
    if (request.nextToken === undefined) return undefined;
    const entry = await this.#store.get(
      this.#keys.origin(request),
      () => this.#keys.olderOrigins(request),
      reach,
    );
    return entry && originOf(entry);
  }

  /** Remembers who handed out the cursor that `page` leads on with, if it does. */
  async handOut(
    request: PageRequest,
    page: StoredPage,
    origin: Origin | undefined,
    reach: Reach,
  ): Promise<void> {
    if (page.nextToken === undefined) return;
    const { nextToken: previousToken, withTotal } = request;
    const entry = originEntry(
      {
        ...(previousToken !== undefined && { previousToken }),
        withTotal,
        head: origin?.head ?? { staleUntil: page.staleUntil, errorUntil: page.errorUntil },
      },
      page,
    );
    await this.#store.put(this.#keys.origin({ ...request, nextToken: page.nextToken }), entry, reach);
  }

  /**
   * Amperity refuses this question's cursor: deletes the page that handed it out and those before it, so that whoever
   * asks for the first page next is given a chain that holds. A page that hands out another one by now is part of
   * such a chain already.
   */
  async drop(refused: PageRequest, origin: Origin): Promise<void> {
    let request = refused;
    let from: Origin | undefined = origin;
    for (let pages = 0; from !== undefined && pages < LONGEST_CHAIN; pages += 1) {
      const { nextToken: _, ...first } = request;
      const before: PageRequest =
        from.previousToken === undefined ? first : { ...first, nextToken: from.previousToken };
      const page = await this.#store.get(this.#keys.page(before), () => this.#keys.olderPages(before));
      if (page?.nextToken !== request.nextToken) return;
      await this.#store.delete(this.#keys.page(before), () => this.#keys.olderPages(before));
      request = before;
      from = await this.originOf(before);
    }
  }
}
