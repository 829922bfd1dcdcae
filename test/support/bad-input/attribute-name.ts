const NEVER = ['__proto__', 'constructor', 'prototype'];

/** Names that fit may be shown back in an error; no other part of a request may. */
export const isAttribute = (name: string): boolean =>
  name.length <= 64 && /^[A-Za-z_][\w.-]*$/.test(name) && !NEVER.includes(name);
