import { createHmac, timingSafeEqual } from 'node:crypto';
import { members } from '../shared/json-scan.ts';
import { type KeyRing, Subkeys } from '../shared/key-ring.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { canonicalTotalText, type KeyScope } from './canonical-text.ts';
import { invalidParameter } from './invalid-parameter.ts';

/** Stands in no base64 and no base64url, and may stand in a `next_token`. */
const SEPARATOR = '~';
const MAC_CHARACTERS = 22;

/**
 * Cursors that are good for the question they were handed out with and for no other: Amperity's own, followed by an
 * HMAC-SHA-256 (132 bits) over it and over index and filters. Page size and total may change on the way.
 */
export class SignedCursors {
  readonly #scope: KeyScope;
  readonly #keys: KeyRing;
  readonly #subkeys = new Subkeys('cursor');

  /** @param keys the first signs, all of them are accepted, so that a walk outlives a change of keys */
  constructor(scope: KeyScope, keys: KeyRing) {
    this.#scope = scope;
    this.#keys = keys;
  }

  /** The body of an answer to this request with its cursor signed. Other bytes stay as they are. */
  sign(request: PageRequest, body: Buffer): Buffer {
    for (const { name, value } of members(body)) {
      if (name !== 'next_token') continue;
      const cursor: unknown = JSON.parse(body.toString('utf8', value.start, value.end));
      if (typeof cursor !== 'string' || cursor === '') continue;
      const [mac = ''] = this.#macs(request, cursor);
      const signed = Buffer.from(JSON.stringify(cursor + SEPARATOR + mac));
      return Buffer.concat([body.subarray(0, value.start), signed, body.subarray(value.end)]);
    }
    return body;
  }

  /** The request with Amperity's own cursor; throws `invalid_parameter` for one that is not ours or not for this. */
  verify(request: PageRequest): PageRequest {
    const { nextToken } = request;
    if (nextToken === undefined) return request;
    const at = nextToken.lastIndexOf(SEPARATOR);
    const cursor = nextToken.slice(0, Math.max(0, at));
    const given = Buffer.from(nextToken.slice(at + 1));
    const isOurs = this.#macs(request, cursor).some((mac) => {
      const own = Buffer.from(mac);
      return own.length === given.length && timingSafeEqual(own, given);
    });
    if (at > 0 && isOurs) return { ...request, nextToken: cursor };
    throw invalidParameter([
      {
        name: 'next_token',
        reason: 'must be one that this gateway handed out for this index and these filters',
      },
    ]);
  }

  /** By each key, the first one's first. */
  #macs(request: PageRequest, cursor: string): string[] {
    const text = `${canonicalTotalText(this.#scope, request)}${cursor}`;
    return this.#keys().map(({ key }) =>
      createHmac('sha256', this.#subkeys.of(key))
        .update(text, 'utf8')
        .digest('base64url')
        .slice(0, MAC_CHARACTERS),
    );
  }
}
