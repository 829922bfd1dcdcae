import type { Family } from '../journal/journal-entry.ts';
import { filterAttribute, type QueryPair, readQuery } from './query-pairs.ts';

export type RouteName = 'indexes' | 'index' | 'profiles' | 'profile' | 'token' | 'other';

/** What a request line asks for, before anything is checked. */
export interface Target {
  readonly route: RouteName;
  readonly family: Family;
  /** Method and path pattern, as the journal counts it. */
  readonly label: string;
  readonly indexId: string | null;
  readonly profileId: string | null;
  /** undefined when the query cannot be decoded. */
  readonly query: readonly QueryPair[] | undefined;
  readonly filterCount: number;
  readonly hasCursor: boolean;
  readonly withTotal: boolean;
}

const patterns: Readonly<Record<RouteName, { readonly family: Family; readonly path: string }>> = {
  indexes: { family: 'profile', path: '/indexes' },
  index: { family: 'profile', path: '/indexes/{id}' },
  profiles: { family: 'profile', path: '/indexes/{id}/profiles' },
  profile: { family: 'profile', path: '/indexes/{id}/profiles/{profile-id}' },
  token: { family: 'token', path: '/v0/oauth2/token' },
  other: { family: 'other', path: 'other' },
};

const TOKEN_PATH = '/api/v0/oauth2/token';

export function readTarget(method: string, url: string): Target {
  const question = url.indexOf('?');
  const path = question < 0 ? url : url.slice(0, question);
  const query = question < 0 ? [] : readQuery(url.slice(question + 1));
  const { route, indexId = null, profileId = null } = matchPath(path);
  const { family, path: pattern } = patterns[route];
  return {
    route,
    family,
    label: route === 'other' ? 'other' : `${method} ${pattern}`,
    indexId,
    profileId,
    query,
    filterCount: query?.filter(({ name }) => filterAttribute(name) !== undefined).length ?? 0,
    hasCursor: query?.some(({ name }) => name === 'next_token') ?? false,
    withTotal: query?.some(({ name, value }) => name === 'with_total' && value === 'true') ?? false,
  };
}

interface PathMatch {
  readonly route: RouteName;
  readonly indexId?: string;
  readonly profileId?: string;
}

/** A trailing slash makes an empty segment, which no route has. */
function matchPath(path: string): PathMatch {
  if (path === TOKEN_PATH) return { route: 'token' };
  if (!path.startsWith('/api/indexes')) return { route: 'other' };
  const segments = path.split('/').slice(3).map(decodeSegment);
  const [indexId, profiles, profileId] = segments;
  if (path === '/api/indexes') return { route: 'indexes' };
  if (path.charAt(12) !== '/' || segments.some((segment) => !segment)) return { route: 'other' };
  if (indexId === undefined) return { route: 'other' };
  if (segments.length === 1) return { route: 'index', indexId };
  if (profiles !== 'profiles') return { route: 'other' };
  if (segments.length === 2) return { route: 'profiles', indexId };
  if (segments.length === 3 && profileId !== undefined) return { route: 'profile', indexId, profileId };
  return { route: 'other' };
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
