/** Of an attribute, and so of what is filtered by and of what other parameters may be passed on. */
export const ATTRIBUTE = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Names that other parsers turn into something else or drop, which would send an unfiltered query upstream. */
export const NEVER: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The grammar of attribute names, and the rule for which names of a caller may be shown back in an error. */
export const isAttribute = (name: string): boolean => ATTRIBUTE.test(name) && !NEVER.has(name);

export const INDEX_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
