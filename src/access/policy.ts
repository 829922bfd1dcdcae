import { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { FilterRights, Team } from './teams.ts';

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
  if (request.withTotal && !team.withTotal) {
    throw new GatewayError(
      'forbidden_total',
      'This team may not ask for totals; that needs the right withTotal.',
    );
  }
  return withinDefaultLimit(team, request);
}

/** Decided without asking Amperity, so a refusal does not tell whether the index exists. */
function checkIndex(team: Team, { index }: PageRequest): void {
  if (team.indexes.includes('*')) return;
  if (index === undefined) {
    throw new GatewayError(
      'forbidden_index',
      "The list of indexes is open only to teams that may read every index (the right indexes: ['*']).",
    );
  }
  if (!team.indexes.includes(index)) {
    throw new GatewayError(
      'forbidden_index',
      'This team may not read this index; that needs its id in the right indexes.',
    );
  }
}

/** A filter on a hidden attribute would tell its value; hidden and unknown attributes get the same words. */
function checkFilters(team: Team, { index, filters }: PageRequest): void {
  const allowed = allowedFilters(team.filters, index);
  const refused = filters.map(([attribute]) => attribute).filter((attribute) => !allowed(attribute));
  if (refused.length > 0) {
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
}

function allowedFilters(rights: FilterRights, index: string | undefined): (attribute: string) => boolean {
  if (rights === '*') return () => true;
  if (isList(rights)) return (attribute) => rights.includes(attribute);
  const ofIndex = index !== undefined && Object.hasOwn(rights, index) ? (rights[index] ?? []) : [];
  return (attribute) => ofIndex.includes(attribute);
}

function isList(rights: Exclude<FilterRights, '*'>): rights is readonly string[] {
  return Array.isArray(rights);
}

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
