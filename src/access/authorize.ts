import { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { Team } from './team.ts';

/** Records on a page when `limit` is left out (Amperity's documented default). */
const UPSTREAM_DEFAULT_LIMIT = 25;

/**
 * May this team ask this? Returns the request to go on with, or throws `forbidden_index`, `forbidden_attribute`,
 * `forbidden_limit` or `forbidden_total` with the name of the missing right. Pure, and asked before any look-up:
 * a stored page skips upstream, never this.
 */
export function authorize(team: Team, request: PageRequest): PageRequest {
  checkIndex(team, request);
  checkFilters(team, request);
  checkLimit(team, request);
  checkTotal(team, request);
  return withinDefaultLimit(team, request);
}

/** Decided without asking Amperity, so a refusal does not tell whether the index exists. */
function checkIndex(team: Team, { index }: PageRequest): void {
  if (team.indexes.length === 0) {
    throw new GatewayError(
      'forbidden_index',
      'This team may read no index; that needs some in the right indexes.',
    );
  }
  if (index === undefined || team.indexes.includes('*')) return;
  if (!team.indexes.includes(index)) {
    throw new GatewayError(
      'forbidden_index',
      'This team may not read this index; that needs its id in the right indexes.',
    );
  }
}

/** A list of indexes that is shown in part must not tell how many others there are. */
function checkTotal(team: Team, { index, withTotal }: PageRequest): void {
  if (!withTotal) return;
  if (!team.withTotal) {
    throw new GatewayError(
      'forbidden_total',
      'This team may not ask for totals; that needs the right withTotal.',
    );
  }
  if (index === undefined && !team.indexes.includes('*')) {
    throw new GatewayError(
      'forbidden_total',
      "The total of indexes is told only to teams that may read every index (the right indexes: ['*']).",
    );
  }
}

/** Hidden and unknown attributes get the same words. */
function checkFilters(team: Team, { index, filters, route }: PageRequest): void {
  if (!filters.every(([attribute]) => team.mayFilter(index, attribute))) {
    const refused = filters
      .map(([attribute]) => attribute)
      .filter((attribute) => !team.mayFilter(index, attribute));
    throw new GatewayError(
      'forbidden_attribute',
      `This team may not filter this index by ${refused.join(', ')}; that needs them in the right filters.`,
    );
  }
  if (filters.length > team.maxFilters) {
    throw new GatewayError(
      'forbidden_limit',
      `This team may use at most ${team.maxFilters} filters in one request (the right maxFilters).`,
    );
  }
  if (route === 'profiles' && filters.length < team.minFilters) {
    throw new GatewayError(
      'forbidden_limit',
      `This key needs at least ${counted(team.minFilters)} to ask for profiles (minFilters of its policy).`,
    );
  }
}

const counted = (filters: number): string => (filters === 1 ? '1 filter' : `${filters} filters`);

function checkLimit(team: Team, { limit }: PageRequest): void {
  if (limit !== undefined && limit > team.maxLimit) {
    throw new GatewayError(
      'forbidden_limit',
      `This team may ask for at most ${team.maxLimit} records on a page (the right maxLimit).`,
    );
  }
}

/** Leaving `limit` out is no way round a `maxLimit` below Amperity's default: then the gateway says it. */
function withinDefaultLimit(team: Team, request: PageRequest): PageRequest {
  const paged = request.route === 'indexes' || request.route === 'profiles';
  if (!paged || request.limit !== undefined || team.maxLimit >= UPSTREAM_DEFAULT_LIMIT) return request;
  return { ...request, limit: team.maxLimit };
}
