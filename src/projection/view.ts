import type { Route } from '../shared/page-request.ts';

/** What of a stored body somebody may see. */
export interface View {
  /** Equal exactly for views that show the same of everything; names what is kept of them. */
  readonly id: string;
  /**
   * The body as it is to be delivered: a JSON object as Amperity sent it, less what may not be seen. Never throws on a
   * body that is valid JSON, whatever is in it.
   */
  project(route: Route, body: Buffer): Buffer;
}

/** Shows Amperity's bytes, every one of them. */
export const WHOLE: View = { id: 'whole', project: (_route, body) => body };
