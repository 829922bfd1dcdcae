import { GatewayError } from '../shared/errors.ts';
import { headerValue } from './credentials.ts';
import type { KeyRecord } from './team-record.ts';

/** What browsers add to requests of web pages and a page cannot change (Fetch, forbidden request-headers). */
const MARKS = ['Origin', 'Sec-Fetch-Site'];

/**
 * Where a key may come from. A server key beside a header that only browsers send has leaked into a web page. A browser
 * key identifies and proves nothing: it is good for pages of its origins, by browsers that say truly whose page it is,
 * and for pages of the gateway itself where these are listed.
 */
export function checkOrigin({ kind, origins = [] }: KeyRecord, rawHeaders: readonly string[]): void {
  if (kind !== 'browser') {
    if (MARKS.some((name) => headerValue(rawHeaders, name) !== undefined)) {
      throw forbidden(
        'This key is for servers and came from a web page. Revoke it; for pages make a browser key.',
      );
    }
    return;
  }
  const origin = headerValue(rawHeaders, 'Origin');
  const isListed =
    origin !== undefined
      ? origins.includes(origin)
      : headerValue(rawHeaders, 'Sec-Fetch-Site') === 'same-origin' &&
        origins.some((own) => new URL(own).host === headerValue(rawHeaders, 'Host'));
  if (isListed) return;
  throw forbidden(
    origin === undefined
      ? 'This key is for web pages, and nothing says that a page of its origins has sent it; servers need a key of their own.'
      : 'This key is not for pages of this origin; its origins are listed exactly, with scheme and port.',
  );
}

const forbidden = (message: string): GatewayError => new GatewayError('forbidden_origin', message);
