import { holdsProfiles, type PageRequest } from '../shared/page-request.ts';
import { byAttribute } from './attribute.ts';

/** What a stored page belongs to besides the question: a sandbox differs from production by its tenant alone. */
export interface KeyScope {
  readonly tenant: string;
  readonly apiVersion: string;
  /** Name of what is stored of the profiles of an index, where that is not all of it: another one, another page. */
  readonly storedView?: (index: string) => string;
}

/** First field of every text: a change of the format makes old entries miss, and pages, totals and origins never meet. */
const PAGE_FORMAT = 'amperity-gateway page 1';
const ORIGIN_FORMAT = 'amperity-gateway origin 1';
const TOTAL_FORMAT = 'amperity-gateway total 1';

/**
 * A request as text, such that two texts are equal exactly when the requests mean the same. Each field stands as
 * `<bytes of UTF-8>:<field>,`, an absent one as `-,`, so no value can imitate another field. Filters go by
 * attribute. `with_total` is not in it: a page is the same page with or without its total.
 */
export const canonicalText = (scope: KeyScope, request: PageRequest): string =>
  questionText(PAGE_FORMAT, scope, request) + viewField(scope, request);

function viewField({ storedView }: KeyScope, { index, route }: PageRequest): string {
  return storedView !== undefined && holdsProfiles(route) ? field(storedView(index ?? '')) : '';
}

/** The same for what is known of the page that handed out the cursor of the request. */
export const canonicalOriginText = (scope: KeyScope, request: PageRequest): string =>
  questionText(ORIGIN_FORMAT, scope, request);

function questionText(format: string, scope: KeyScope, request: PageRequest): string {
  return (
    field(format) +
    field(scope.tenant) +
    field(scope.apiVersion) +
    field(request.route) +
    field(request.index) +
    field(request.profile) +
    pairFields(request.filters) +
    pairFields(request.extras ?? []) +
    field(request.limit?.toString()) +
    field(request.nextToken)
  );
}

/** The same for the total of a query, which no page size and no place in the chain changes. */
export function canonicalTotalText(scope: KeyScope, request: PageRequest): string {
  return (
    field(TOTAL_FORMAT) +
    field(scope.tenant) +
    field(scope.apiVersion) +
    field(request.index) +
    pairFields(request.filters) +
    pairFields(request.extras ?? [])
  );
}

/** Preceded by their number, so that what follows the last pair is never read as one more. */
function pairFields(pairs: PageRequest['filters']): string {
  let text = field(pairs.length.toString());
  for (const [attribute, value] of [...pairs].sort(byAttribute)) text += field(attribute) + field(value);
  return text;
}

function field(value: string | undefined): string {
  return value === undefined ? '-,' : `${Buffer.byteLength(value)}:${value},`;
}
