import { filterFields } from '../data/filter-index.ts';
import type { KnobValues } from '../knobs/knob-table.ts';
import { filterAttribute, type QueryPair } from './query-pairs.ts';

export interface ListRequest {
  readonly filters: readonly (readonly [string, string])[];
  readonly limit: number;
  readonly withTotal: boolean;
  /** undefined for the first page. */
  readonly cursor: string | undefined;
  /** A filter that nothing can match was asked for. */
  readonly nothing: boolean;
}

/** Reads the query of a list, as the knobs say. A text is the message of a 400. */
export function readListRequest(
  knobs: KnobValues,
  query: readonly QueryPair[] | undefined,
  filterable: boolean,
): ListRequest | string {
  if (!query) return 'The query string is not valid.';
  const single = new Map<string, string>();
  const filters: [string, string][] = [];
  let nothing = false;
  for (const { name, value, brackets } of query) {
    const attribute = filterable && understood(knobs, brackets) ? filterAttribute(name) : undefined;
    if (attribute !== undefined) {
      if (filterFields.has(attribute)) filters.push([attribute, value]);
      else if (knobs['filter.unknown'] === '400') return `"${attribute}" is not a filter field.`;
      else nothing ||= knobs['filter.unknown'] === 'empty';
    } else if (name === 'limit' || name === 'next_token' || name === 'with_total') {
      if (single.has(name)) return `"${name}" is given twice.`;
      single.set(name, value);
    } else if (knobs['query.unknown'] === '400') return `"${name}" is not a parameter.`;
  }
  const limit = readLimit(knobs, single.get('limit'));
  if (typeof limit === 'string') return limit;
  const withTotal = single.get('with_total') ?? 'false';
  if (withTotal !== 'true' && withTotal !== 'false') return '"with_total" must be true or false.';
  const cursor = single.get('next_token');
  if (cursor === '' && knobs['cursor.empty'] === '400') return '"next_token" must not be empty.';
  const resolved = resolveRepeats(knobs['filter.repeat'], filters);
  if (typeof resolved === 'string') return resolved;
  return { filters: resolved, limit, withTotal: withTotal === 'true', cursor: cursor || undefined, nothing };
}

/** For a route without parameters. */
export function refuseUnknownQuery(
  knobs: KnobValues,
  query: readonly QueryPair[] | undefined,
): string | undefined {
  if (!query) return 'The query string is not valid.';
  if (knobs['query.unknown'] === '400' && query[0]) return `"${query[0].name}" is not a parameter.`;
  return undefined;
}

/** Brackets in a spelling that is not understood make an unknown parameter. */
function understood(knobs: KnobValues, brackets: QueryPair['brackets']): boolean {
  return knobs['query.brackets'] === 'both' || knobs['query.brackets'] === brackets;
}

function readLimit(knobs: KnobValues, text: string | undefined): number | string {
  const fallback = knobs['page.default_limit'];
  if (text === undefined) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value === 0)
    return knobs['page.bad_limit'] === 'default' ? fallback : '"limit" must be a positive integer.';
  const max = knobs['page.max_limit'];
  if (value > max && knobs['page.over_max'] === '400') return `"limit" must not exceed ${max}.`;
  return Math.min(value, max);
}

function resolveRepeats(
  rule: KnobValues['filter.repeat'],
  filters: readonly [string, string][],
): readonly [string, string][] | string {
  const sorted = [...filters].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const repeated = sorted.find(([name], place) => name === sorted[place - 1]?.[0]);
  if (!repeated) return sorted;
  switch (rule) {
    case '400':
      return `The filter "${repeated[0]}" is given twice.`;
    case 'and':
      return sorted;
    case 'last':
      return [...new Map(sorted)];
    case 'first':
      return [...new Map([...sorted].reverse())].reverse();
  }
}
