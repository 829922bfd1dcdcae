export const ATTRIBUTE = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Names that other parsers turn into something else or drop, which would send an unfiltered query upstream. */
export const NEVER: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The grammar of attribute names, and the rule for which names of a caller may be shown back in an error. */
export function isAttribute(name: string): boolean {
  return ATTRIBUTE.test(name) && !NEVER.has(name);
}

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
