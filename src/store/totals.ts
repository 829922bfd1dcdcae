import { inOwnMemory } from '../shared/own-memory.ts';
import type { Instants } from './freshness.ts';
import type { Provenance, StoredPage } from './page-store.ts';

/**
 * Totals are kept apart from pages, because one total serves every page of a query and is expensive to ask for.
 * They travel through the same store as an entry whose body is the number as Amperity wrote it, or empty when
 * Amperity was asked and sent none.
 */
export const totalEntry = (text: string | undefined, instants: Instants & Provenance): StoredPage => ({
  status: 200,
  body: inOwnMemory(Buffer.from(text ?? '')),
  count: 0,
  etag: '',
  ...instants,
});
