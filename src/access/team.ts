import type { KeyObject } from 'node:crypto';
import { type View, WHOLE } from '../projection/view.ts';
import type { Quota } from '../quota/daily-counts.ts';
import { type FilterRight, filterRight, isListed } from './filter-rights.ts';
import { indexesView, narrowed, shownViews } from './shown-attributes.ts';
import type { AttributeRights, FilterRights, KeyRecord, Scope, TeamRecord } from './team-record.ts';

/** A team as a request carries it: its name and its rights, without anything about its keys. */
export interface Team {
  readonly name: string;
  readonly weight: number;
  /** Index ids, or `['*']`. */
  readonly indexes: readonly string[];
  readonly attributes: AttributeRights;
  readonly filters: FilterRights;
  readonly filterOnly: FilterRights;
  /** By the three of them. */
  readonly mayFilter: FilterRight;
  /** What the team is shown of an index; of the list of indexes where there is none. */
  readonly view: (index: string | undefined) => View;
  readonly withTotal: boolean;
  readonly maxLimit: number;
  readonly maxFilters: number;
  /** Fewest filters of a list of profiles. */
  readonly minFilters: number;
  /** The general bound when absent. */
  readonly maxQueuedFlights?: number | undefined;
  readonly maxWaitMs?: number | undefined;
  readonly bypassCache: boolean;
  readonly export: boolean;
  readonly scopes: readonly Scope[];
  readonly revealCache: boolean;
  /** Every one of them holds. */
  readonly quotas: readonly Quota[];
}

/** The key of a team's `hmac` masks; absent where no such mask is configured. */
export type MaskKeys = (team: string) => KeyObject | undefined;

/** Copies member by member: whatever else a record holds, its keys above all, does not travel with requests. */
export function teamOf(name: string, record: TeamRecord, maskKeys: MaskKeys): Team {
  return {
    name,
    weight: record.weight,
    indexes: record.indexes,
    attributes: record.attributes,
    filters: record.filters,
    filterOnly: record.filterOnly,
    mayFilter: filterRight(record, record.attributes),
    view: viewsOf(name, record.indexes, record.attributes, maskKeys),
    withTotal: record.withTotal,
    maxLimit: record.maxLimit,
    maxFilters: record.maxFilters,
    minFilters: 0,
    maxQueuedFlights: record.queue,
    maxWaitMs: record.maxWaitMs,
    bypassCache: record.bypassCache,
    export: record.export,
    scopes: record.scopes,
    revealCache: record.revealCache,
    quotas: record.profilesPerDay === undefined ? [] : [{ subject: name, most: record.profilesPerDay }],
  };
}

/** What a browser key may do: no more than its team and no more than its policy, and never what needs a secret. */
export function browserTeamOf(team: Team, record: TeamRecord, key: KeyRecord, maskKeys: MaskKeys): Team {
  const { policy } = key;
  if (policy === undefined) throw new Error(`the browser key ${key.id} has no policy`);
  const indexes = policy.indexes === undefined ? team.indexes : common(team.indexes, policy.indexes);
  const attributes = narrowed(record.attributes, policy.attributes);
  if (attributes === '*') throw new Error(`the browser key ${key.id} would show everything`);
  const { filters } = policy;
  // What its team may filter by without being shown it, the key may only if its own policy says so.
  const { filters: ofTeam, filterOnly } = record;
  const mayFilter = filterRight({ filters: ofTeam, ...(filters && { filterOnly }) }, attributes);
  return {
    ...team,
    indexes,
    attributes,
    filters: filters ?? team.filters,
    filterOnly: filters === undefined ? [] : team.filterOnly,
    mayFilter: (index, attribute) =>
      mayFilter(index, attribute) && (filters === undefined || isListed(filters, index, attribute)),
    view: viewsOf(team.name, indexes, attributes, maskKeys),
    withTotal: team.withTotal && policy.withTotal,
    maxLimit: Math.min(team.maxLimit, policy.maxLimit),
    maxFilters: Math.min(team.maxFilters, policy.maxFilters ?? team.maxFilters),
    minFilters: policy.minFilters,
    bypassCache: false,
    export: false,
    scopes: [],
    quotas: [...team.quotas, { subject: `key:${key.id}`, most: policy.profilesPerDay }],
  };
}

function common(one: readonly string[], other: readonly string[]): readonly string[] {
  if (one.includes('*')) return other;
  return other.includes('*') ? one : one.filter((index) => other.includes(index));
}

function viewsOf(
  team: string,
  indexes: readonly string[],
  attributes: AttributeRights,
  maskKeys: MaskKeys,
): (index: string | undefined) => View {
  const ofList = indexes.includes('*') ? WHOLE : indexesView(indexes);
  const ofIndex = shownViews(team, attributes, maskKeys);
  return (index) => (index === undefined ? ofList : ofIndex(index));
}
