import { isAttribute } from '../shared/amperity-names.ts';

/** The attribute of a decoded `filter[<attribute>]`; `undefined` when the name has another form. */
export function filteredAttribute(name: string): string | undefined {
  if (!name.startsWith('filter[') || !name.endsWith(']')) return undefined;
  const attribute = name.slice('filter['.length, -1);
  return isAttribute(attribute) ? attribute : undefined;
}

/** Order of filters by attribute. Attributes are ASCII, so code units and UTF-8 bytes give the same order. */
export function byAttribute(
  [one]: readonly [attribute: string, value: string],
  [other]: readonly [attribute: string, value: string],
): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
