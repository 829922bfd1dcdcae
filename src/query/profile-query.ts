import { GatewayError, type ParameterProblem } from '../shared/errors.ts';
import type { PageRequest, Route } from '../shared/page-request.ts';
import { byAttribute } from './attribute.ts';
import { invalidParameter } from './invalid-parameter.ts';
import { MAX_PARAMETERS, type Parameter } from './parameter.ts';
import { indexIdProblem, profileIdProblem } from './path-segment.ts';
import { recogniseParameter } from './recognise-parameter.ts';

export const MAX_FILTERS = 10;

export interface PageRequestInput {
  readonly route: Route;
  /** As `splitQuery` or `readBody` gives them. */
  readonly parameters: readonly Parameter[];
  /** Decoded path segments, present exactly where the route has them. */
  readonly index?: string | undefined;
  readonly profile?: string | undefined;
  /** Names that Amperity is to be sent besides, under the rules of filter values. */
  readonly extraQueryParams?: readonly string[] | undefined;
}

/**
 * Reads one request of a caller, or throws `invalid_parameter` with every problem found. Nothing is dropped
 * silently: a dropped filter would answer with everybody. Problems state rules, never values. Takes time linear
 * in the text; whoever calls bounds its length.
 */
export function parsePageRequest(input: PageRequestInput): PageRequest {
  const { route, index, profile } = input;
  const problems = pathProblems(input);
  const { plain, filters, extras } = readParameters(input, problems);
  if (problems.length > 0) throw invalidParameter(problems);

  const limit = plain.get('limit');
  const nextToken = plain.get('next_token');
  return {
    route,
    ...(index === undefined ? {} : { index }),
    ...(profile === undefined ? {} : { profile }),
    filters: [...filters].sort(byAttribute),
    ...(extras.size === 0 ? {} : { extras: [...extras].sort(byAttribute) }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(nextToken === undefined ? {} : { nextToken }),
    withTotal: plain.get('with_total') === 'true',
  };
}

function pathProblems({ route, index, profile }: PageRequestInput): ParameterProblem[] {
  if ((route !== 'indexes') !== (index !== undefined) || (route === 'profile') !== (profile !== undefined)) {
    throw new GatewayError('internal', 'The path of the request was not read as its route says.');
  }
  const problems: ParameterProblem[] = [];
  const indexReason = index === undefined ? undefined : indexIdProblem(index);
  if (indexReason !== undefined) problems.push({ name: 'index', reason: indexReason });
  const profileReason = profile === undefined ? undefined : profileIdProblem(profile);
  if (profileReason !== undefined) problems.push({ name: 'profile id', reason: profileReason });
  return problems;
}

/** Collects values in Maps, where no name has a meaning of its own, and appends what is wrong to `problems`. */
function readParameters(
  { parameters, route, extraQueryParams = [] }: PageRequestInput,
  problems: ParameterProblem[],
) {
  const plain = new Map<string, string>();
  const filters = new Map<string, string>();
  const extras = new Map<string, string>();
  const filterNames = new Set<string>();
  const seen = new Set<string>();
  const repeated = new Set<string>();

  if (parameters.length > MAX_PARAMETERS) {
    problems.push({
      name: `parameter ${MAX_PARAMETERS + 1}`,
      reason: `is one too many: at most ${MAX_PARAMETERS} are allowed`,
    });
    return { plain, filters, extras };
  }
  for (const parameter of parameters) {
    const known = recogniseParameter(parameter, route, extraQueryParams);
    if (known.kind === 'refused') problems.push(known.problem);
    if (known.kind === 'refused') continue;
    if (seen.has(known.name)) {
      repeated.add(known.name);
      continue;
    }
    seen.add(known.name);
    if (known.kind === 'filter') filterNames.add(known.name);
    const value = parameter.value ?? { reason: 'must have a value after =' };
    const reason = 'reason' in value ? value.reason : known.rule(value.text);
    if (reason !== undefined) problems.push({ name: known.name, reason });
    else if ('reason' in value) continue;
    else if (known.kind === 'filter') filters.set(known.attribute, value.text);
    else if (known.kind === 'extra') extras.set(known.name, value.text);
    else plain.set(known.name, value.text);
  }
  for (const name of repeated) problems.push({ name, reason: 'must be given only once' });
  if (filterNames.size > MAX_FILTERS) {
    problems.push({ name: 'filter', reason: `must be given for at most ${MAX_FILTERS} attributes` });
  }
  return { plain, filters, extras };
}
