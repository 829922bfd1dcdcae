import { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';

/** The only paths ever sent: an id is one non-empty segment, whatever it holds. */
const TARGET_PATH = /^\/indexes(?:\/[^/?#]+(?:\/profiles(?:\/[^/?#]+)?)?)?$/;

export interface UpstreamTargetOptions {
  /** `filter[a]` as Amperity documents it, or `filter%5Ba%5D` for whatever stands between that refuses brackets. */
  readonly rawBrackets: boolean;
}

/**
 * Path and query of a request, to be appended to the base URL. Each name and value is encoded by itself, a space
 * as `%20` and `+` as `%2B`; the order is fixed, so equal requests give equal bytes.
 */
export function upstreamTarget(request: PageRequest, options: UpstreamTargetOptions): string {
  const [open, close] = options.rawBrackets ? ['[', ']'] : ['%5B', '%5D'];
  const query: string[] = [];
  if (request.limit !== undefined) query.push(`limit=${request.limit}`);
  if (request.withTotal) query.push('with_total=true');
  for (const [attribute, value] of request.filters) {
    query.push(`filter${open}${encodeURIComponent(attribute)}${close}=${encodeURIComponent(value)}`);
  }
  for (const [name, value] of request.extras ?? []) {
    query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  }
  if (request.nextToken !== undefined) query.push(`next_token=${encodeURIComponent(request.nextToken)}`);
  return pathOf(request) + (query.length === 0 ? '' : `?${query.join('&')}`);
}

function pathOf({ route, index, profile }: PageRequest): string {
  const indexPath = `/indexes/${encodeURIComponent(index ?? '')}`;
  switch (route) {
    case 'indexes':
      return '/indexes';
    case 'index':
      return indexPath;
    case 'profiles':
      return `${indexPath}/profiles`;
    case 'profile':
      return `${indexPath}/profiles/${encodeURIComponent(profile ?? '')}`;
  }
}

/**
 * Throws `internal` unless `base` + `target`, read as a WHATWG URL client reads it, keeps the base's origin and
 * has exactly the path meant. Encoding alone is no defence: `encodeURIComponent('..')` is `..`, and such a client
 * turns `/api/indexes/../profiles` into `/api/profiles`. The token goes wherever this URL leads.
 */
export function assertTarget(base: URL, target: string): void {
  const path = target.split('?', 1)[0] ?? '';
  const basePath = base.pathname.replace(/\/$/, '');
  const text = base.origin + basePath + target;
  const built = URL.canParse(text) ? new URL(text) : undefined;
  const asMeant =
    TARGET_PATH.test(path) &&
    built !== undefined &&
    built.origin === base.origin &&
    built.pathname === basePath + path &&
    built.hash === '';
  if (!asMeant) {
    throw new GatewayError('internal', 'The request to Amperity could not be built safely and was not sent.');
  }
}
