import type { ProfileSource } from './profile-source.ts';
import { withoutRows } from './row-order.ts';

export interface RebuiltRows {
  readonly rows: Uint32Array;
  readonly changed: readonly number[];
  readonly removed: readonly number[];
  readonly added: number;
}

/**
 * `delta` of the rows (at least one unless it is 0) change, as many go and as many come at the end. Planted
 * rows stay: tests look for them.
 */
export function rebuildRows(
  source: ProfileSource,
  rows: Uint32Array,
  nextRow: number,
  generation: number,
  delta: number,
): RebuiltRows {
  const share = delta === 0 ? 0 : Math.max(1, Math.round(delta * rows.length));
  const removed = new Set(evenly(rows, share, source.rebuildDraw(generation, 1)));
  for (const row of source.planted.keys()) removed.delete(row);
  const changed = evenly(rows, share, source.rebuildDraw(generation, 2)).filter((row) => !removed.has(row));
  const kept = withoutRows(
    rows,
    [...removed].sort((a, b) => a - b),
  );
  const next = new Uint32Array(kept.length + share);
  next.set(kept);
  for (let order = 0; order < share; order++) next[kept.length + order] = nextRow + order;
  return { rows: next, changed, removed: [...removed], added: share };
}

/** `count` rows at even distances from a drawn start. */
function evenly(rows: Uint32Array, count: number, draw: number): number[] {
  const start = Math.floor(draw * rows.length);
  return Array.from(
    { length: Math.min(count, rows.length) },
    (_, order) => rows[(start + Math.floor((order * rows.length) / count)) % rows.length] as number,
  );
}
