import { inOwnMemory } from '../shared/own-memory.ts';
import type { Instants } from './freshness.ts';
import { deleteAt, provenanceOf, type StoredPage } from './page-store.ts';

/** Instants (epoch ms) up to which the first page of a chain is answered. */
export type ChainHead = Pick<Instants, 'staleUntil' | 'errorUntil'>;

/** What is known of the page that handed out a cursor. */
export interface Origin {
  /** The cursor by which that page was reached itself; absent for the first page of the chain. */
  readonly previousToken?: string;
  /** Whether that page was asked for with the total, to which Amperity may tie its cursor. */
  readonly withTotal: boolean;
  readonly head: ChainHead;
}

/**
 * Origins travel through the same store as pages, as entries whose body says what is known. One lives as long as the
 * page that handed the cursor out: nobody can have got it from the cache later.
 */
export function originEntry(origin: Origin, handedOutBy: StoredPage): StoredPage {
  const until = deleteAt(handedOutBy);
  return {
    status: 200,
    body: inOwnMemory(Buffer.from(JSON.stringify(origin))),
    count: 0,
    etag: '',
    storedAt: handedOutBy.storedAt,
    freshUntil: until,
    staleUntil: until,
    errorUntil: until,
    ...provenanceOf(handedOutBy),
  };
}

export const originOf = (entry: StoredPage): Origin => JSON.parse(entry.body.toString('utf8'));
