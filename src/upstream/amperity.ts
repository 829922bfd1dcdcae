import type { PageRequest } from '../shared/page-request.ts';
import type { PageBody } from './page-body.ts';

/** What Amperity said about keeping its answer (RFC 9111). */
export interface UpstreamCacheControl {
  /** `no-store`, `private` or `Vary: *`. */
  readonly noStore: boolean;
  /** How long it is fresh from its making: `s-maxage`, else `max-age`, else `Expires`. */
  readonly maxAgeMs?: number;
  /** How old it was when it came (`Age`); absent when it was new. */
  readonly ageMs?: number;
  /** `no-cache`, `must-revalidate`, `proxy-revalidate` or `s-maxage`. */
  readonly neverStale?: boolean;
}

/** Amperity's answer to one call, already checked. Personal data stands in `body` only. */
export type UpstreamAnswer =
  | {
      readonly kind: 'page';
      readonly page: PageBody;
      readonly cacheControl: UpstreamCacheControl;
    }
  /** 404: no such index or profile. */
  | { readonly kind: 'absent'; readonly cacheControl: UpstreamCacheControl }
  /** 400: Amperity does not accept the question. `message` is fit to be shown. */
  | { readonly kind: 'refused'; readonly message?: string; readonly upstreamRequestId?: string }
  /** Nothing was asked, for a reason of the gateway's own: too late after its grant, or ended before. */
  | { readonly kind: 'unsent' }
  /** 429. */
  | { readonly kind: 'throttled'; readonly retryAfterMs?: number }
  /** 401, after which the token was renewed; false when there was no newer one to be had. */
  | { readonly kind: 'unauthorized'; readonly renewed: boolean; readonly upstreamRequestId?: string }
  /** Nothing was asked, because there is no token to be had. `message` is fit to be shown. */
  | { readonly kind: 'tokenless'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly reason: 'server_error' | 'timeout' | 'network' | 'bad_answer' | 'auth';
      /** A fixed sentence for the log and the caller; holds no data. */
      readonly message: string;
      readonly retryable: boolean;
      readonly retryAfterMs?: number;
      readonly upstreamRequestId?: string;
    };

export interface UpstreamCall {
  /** Monotonic instant after which the request may not go on the wire any more. */
  readonly sendBy: number;
  /** Aborted when the request may not go on the wire any more; of no effect on one that is. */
  readonly revoked?: AbortSignal;
  /** Called once, when the request has been handed to the network; not at all when it never was. */
  readonly onSent: () => void;
  /** Whether a 401 is to renew the token; not for a flight that has had a new one already. */
  readonly mayRenew: boolean;
  /** Ends the call; it then resolves as `unsent`, or as `failed` for reason `network`. */
  readonly signal: AbortSignal;
}

/** The Amperity profile API. */
export interface Amperity {
  /** Makes one call; never more, and never rejects. Whoever calls holds a permit. */
  get(request: PageRequest, call: UpstreamCall): Promise<UpstreamAnswer>;
}
