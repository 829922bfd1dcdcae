import type { PageRequest } from '../shared/page-request.ts';

/** The names under which everything about a question is stored. */
export interface StoreKeys {
  page(request: PageRequest): string;
  total(request: PageRequest): string;
  /** Name of the index that the question is about; absent where it is about none. */
  scope(request: PageRequest): string | undefined;
  /** What is known of the page that handed out the question's cursor. */
  origin(request: PageRequest): string;
  /** The same by keys that were used before; empty where keys are never changed. */
  olderPages(request: PageRequest): readonly string[];
  olderTotals(request: PageRequest): readonly string[];
  olderOrigins(request: PageRequest): readonly string[];
}
