import { isAttribute } from '../shared/amperity-names.ts';
import type { ParameterProblem } from '../shared/errors.ts';
import type { Route } from '../shared/page-request.ts';
import { filteredAttribute } from './attribute.ts';
import type { Parameter } from './parameter.ts';
import { filterValue, limitValue, nextTokenValue, type ValueRule, withTotalValue } from './value-rules.ts';

const PLAIN: ReadonlyMap<string, ValueRule> = new Map([
  ['limit', limitValue],
  ['next_token', nextTokenValue],
  ['with_total', withTotalValue],
]);

const PAGED: ReadonlySet<Route> = new Set(['indexes', 'profiles']);

/** A parameter by its name alone: one we know, one the configuration knows, or one to refuse. */
export type Recognised =
  | { readonly kind: 'plain' | 'extra'; readonly name: string; readonly rule: ValueRule }
  | { readonly kind: 'filter'; readonly name: string; readonly rule: ValueRule; readonly attribute: string }
  | { readonly kind: 'refused'; readonly problem: ParameterProblem };

/** `extra` are further names to pass on; a name of ours is never among them. */
export function recogniseParameter(parameter: Parameter, route: Route, extra: readonly string[]): Recognised {
  const { name, value } = parameter;
  if (name === undefined) return refused(parameter, 'has a name that is not well-formed');
  if (name === '') {
    return refused(parameter, value === undefined ? 'is empty: an & too many' : 'has no name');
  }
  const rule = PLAIN.get(name);
  if (rule !== undefined && PAGED.has(route)) return { kind: 'plain', name, rule };
  const attribute = filteredAttribute(name);
  if (attribute !== undefined && route === 'profiles') {
    return { kind: 'filter', name, rule: filterValue, attribute };
  }
  if (rule === undefined && attribute === undefined && extra.includes(name)) {
    return { kind: 'extra', name, rule: filterValue };
  }
  return refused(parameter, 'is not a parameter of this path');
}

function refused(parameter: Parameter, reason: string): Recognised {
  return { kind: 'refused', problem: { name: shownName(parameter), reason } };
}

/**
 * A name is shown only if it fits the attribute grammar. An unknown one without `=` is not shown even then: in
 * `filter[a]=Tom&Jerry` it is the rest of a value whose `&` was not encoded.
 */
function shownName({ position, name, value }: Parameter): string {
  const ours = name !== undefined && (PLAIN.has(name) || filteredAttribute(name) !== undefined);
  const fits = name !== undefined && value !== undefined && isAttribute(name);
  return ours || fits ? name : `parameter ${position}`;
}
