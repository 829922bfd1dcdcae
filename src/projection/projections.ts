import { LRUCache } from 'lru-cache';
import type { Route } from '../shared/page-request.ts';
import { type View, WHOLE } from './view.ts';

/** A body as it is delivered. */
export interface Delivered {
  readonly body: Buffer;
  /** Weak validator of these very bytes in this view, quotes included (RFC 9110 §8.8.3). */
  readonly etag: string;
}

export interface ProjectionsParts {
  /** Bound of the projected bodies that are kept. */
  readonly maxBytes: number;
  /** Keyed validator of a body. */
  readonly etag: (body: Buffer) => string;
}

/** What a projection costs beside its body. */
const ENTRY_OVERHEAD_BYTES = 512;

/**
 * What is delivered of a stored page, by the one way that there is. Projections are kept by view and by the validator of
 * the stored bytes, so that a page that many callers ask for is projected once, and another page never has its name.
 */
export class Projections {
  readonly #kept: LRUCache<string, Delivered>;
  readonly #etag: (body: Buffer) => string;

  constructor({ etag, maxBytes }: ProjectionsParts) {
    this.#etag = etag;
    this.#kept = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: ({ body }) => body.length + ENTRY_OVERHEAD_BYTES,
    });
  }

  /** `stored` is without a total, which is added to what comes back; an empty body has nothing to be seen. */
  of(view: View, route: Route, stored: Delivered): Delivered {
    if (view === WHOLE || stored.body.length === 0) return stored;
    const name = `${view.id} ${route} ${stored.etag}`;
    const kept = stored.etag === '' ? undefined : this.#kept.get(name);
    if (kept !== undefined) return kept;
    const body = view.project(route, stored.body);
    const projected = { body, etag: this.validator(view, body) };
    if (stored.etag !== '') this.#kept.set(name, projected);
    return projected;
  }

  /** The view is in it: two views that show the same bytes of a page today may not tomorrow. */
  validator(view: View, body: Buffer): string {
    return this.#etag(view === WHOLE ? body : Buffer.concat([Buffer.from(`${view.id}\n`), body]));
  }
}
