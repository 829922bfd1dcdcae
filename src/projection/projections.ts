import { inOwnMemory } from '../shared/own-memory.ts';
import type { Route } from '../shared/page-request.ts';
import { type PreparedBodies, spanOf } from '../shared/prepared-bodies.ts';
import { type View, WHOLE } from './view.ts';

/** A body as it is delivered. */
export interface Delivered {
  readonly body: Buffer;
  /** Weak validator of these very bytes in this view, quotes included (RFC 9110 §8.8.3). */
  readonly etag: string;
}

/** A body as it is stored; nobody may be given it after both later instants (epoch ms). */
export interface Stored extends Delivered {
  readonly storedAt: number;
  readonly staleUntil: number;
  readonly errorUntil: number;
}

export interface ProjectionsParts {
  readonly prepared: PreparedBodies;
  /** Keyed validator of a body. */
  readonly etag: (body: Buffer) => string;
}

/**
 * What is delivered of a stored page, by the one way that there is. Projections are kept by view and by the validator of
 * the stored bytes, so that a page that many callers ask for is projected once, and another page never has its name.
 */
export class Projections {
  readonly #parts: ProjectionsParts;

  constructor(parts: ProjectionsParts) {
    this.#parts = parts;
  }

  /** `stored` is without a total, which is added to what comes back; an empty body has nothing to be seen. */
  of(view: View, route: Route, stored: Stored): Delivered {
    if (view === WHOLE || stored.body.length === 0) return stored;
    const { prepared } = this.#parts;
    const name = `${view.id} ${route} ${stored.etag}`;
    const kept = stored.etag === '' ? undefined : prepared.get(name);
    if (kept !== undefined) return kept;
    const body = inOwnMemory(view.project(route, stored.body));
    const projected = { body, etag: this.validator(view, body) };
    if (stored.etag !== '') prepared.set(name, { ...projected, ...spanOf(stored) });
    return projected;
  }

  /** The view is in it: two views that show the same bytes of a page today may not tomorrow. */
  validator(view: View, body: Buffer): string {
    const { etag } = this.#parts;
    return etag(view === WHOLE ? body : Buffer.concat([Buffer.from(`${view.id}\n`), body]));
  }
}
