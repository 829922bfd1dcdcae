import type { Values } from './helm-template.ts';

/** `values` with `changes` in them, merged as helm merges one file of values into another. */
export function changed(values: Values, changes: Values): Values {
  const merged = Object.entries(changes).map(([key, change]) => {
    const before = values[key];
    return [key, isMap(before) && isMap(change) ? changed(before, change) : change];
  });
  return { ...values, ...Object.fromEntries(merged) };
}

const isMap = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
