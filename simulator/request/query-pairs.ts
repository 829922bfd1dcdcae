/** One `name=value` of a query string, decoded as forms are (`+` is a space). */
export interface QueryPair {
  readonly name: string;
  readonly value: string;
  /** How the brackets of the name were spelled; `none` without brackets. */
  readonly brackets: 'none' | 'raw' | 'encoded' | 'mixed';
}

/** Broken percent escapes make the whole query unreadable: undefined. */
export function readQuery(text: string): QueryPair[] | undefined {
  const pairs: QueryPair[] = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const rawName = equals < 0 ? part : part.slice(0, equals);
    const name = decodeFormText(rawName);
    const value = equals < 0 ? '' : decodeFormText(part.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    pairs.push({ name, value, brackets: bracketSpelling(rawName) });
  }
  return pairs;
}

/** The attribute of `filter[<attribute>]`, else undefined. */
export function filterAttribute(name: string): string | undefined {
  return name.startsWith('filter[') && name.endsWith(']') ? name.slice(7, -1) : undefined;
}

function decodeFormText(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return undefined;
  }
}

function bracketSpelling(rawName: string): QueryPair['brackets'] {
  const raw = /[[\]]/.test(rawName);
  const encoded = /%5[bd]/i.test(rawName);
  if (raw && encoded) return 'mixed';
  return raw ? 'raw' : encoded ? 'encoded' : 'none';
}
