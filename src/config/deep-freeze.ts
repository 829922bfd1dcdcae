/** Freezes plain data all the way down. Bytes stay writable: JavaScript cannot freeze a view of a buffer. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
