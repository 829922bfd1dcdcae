import { isMembers, type Members } from './kube-object.ts';

/**
 * `patch` merged into `before`: by RFC 7386, and where a patch of the strategic kind says so, item by item. What tells
 * the items apart such a patch says only by how it orders them.
 */
export function mergePatch(before: unknown, patch: Members): Members {
  const merged: Record<string, unknown> = isMembers(before) ? { ...before } : {};
  for (const [key, change] of Object.entries(patch)) {
    const order = patch[`$setElementOrder/${key}`];
    if (key.startsWith('$')) continue;
    if (change === null) delete merged[key];
    else if (Array.isArray(order) && Array.isArray(change)) merged[key] = byItem(merged[key], change, order);
    else merged[key] = isMembers(change) ? mergePatch(merged[key], change) : change;
  }
  return merged;
}

function byItem(before: unknown, changes: readonly unknown[], order: readonly unknown[]): unknown[] {
  if (!order.every(isMembers) || !changes.every(isMembers)) return [...order];
  const [key = ''] = Object.keys(order[0] ?? {});
  const items = new Map<unknown, Members>();
  for (const item of Array.isArray(before) ? before : []) items.set(item[key], item);
  for (const change of changes) items.set(change[key], mergePatch(items.get(change[key]), change));
  // What is to be deleted has no place.
  return order.flatMap((item) => items.get(item[key]) ?? []);
}
