import type { GatewayError } from '../shared/errors.ts';
import type { StoredPage } from './page-store.ts';

/** What a flight brought: the page its waiters get even if no store keeps it, or the failure they all share. */
export type Outcome =
  | {
      readonly page: StoredPage;
      /** Whether the store kept the page. */
      readonly stored: boolean;
      /** Present when the total was asked for; see totals.ts. */
      readonly total?: StoredPage;
    }
  | { readonly failure: GatewayError };
