/** Ascending row numbers that are walked from the pivot row on and around the end. */
export interface RowList {
  readonly rows: Uint32Array;
  readonly pivot: number;
}

export interface WalkPoint {
  /** Rows delivered before. */
  readonly position: number;
  /** Number of the last row delivered; 0 at the beginning. */
  readonly lastRow: number;
}

/** Row numbers of `size` places from `position`, in walking order. */
export function sliceRows({ rows, pivot }: RowList, position: number, size: number): number[] {
  const start = firstAtLeast(rows, pivot);
  const taken: number[] = [];
  for (let place = position; place < Math.min(rows.length, position + size); place++) {
    taken.push(rows[(start + place) % rows.length] as number);
  }
  return taken;
}

/** Where a walk goes on behind its last row: right even if rows before it have gone meanwhile. */
export function positionAfter({ rows, pivot }: RowList, { lastRow }: WalkPoint): number {
  if (lastRow === 0) return 0;
  const start = firstAtLeast(rows, pivot);
  const next = firstAtLeast(rows, lastRow + 1);
  return lastRow >= pivot ? next - start : rows.length - start + next;
}

export function hasRow(rows: Uint32Array, row: number): boolean {
  return rows[firstAtLeast(rows, row)] === row;
}

/** The numbers 1 to `count`. A loop, because `from` with a callback takes 25 ms for a million. */
export function firstRows(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let place = 0; place < count; place++) rows[place] = place + 1;
  return rows;
}

/** Ascending rows without the ascending `removed`; copies whole runs. */
export function withoutRows(rows: Uint32Array, removed: readonly number[]): Uint32Array {
  const kept = new Uint32Array(rows.length);
  let from = 0;
  let length = 0;
  for (const row of removed) {
    const place = firstAtLeast(rows, row);
    if (rows[place] !== row) continue;
    kept.set(rows.subarray(from, place), length);
    length += place - from;
    from = place + 1;
  }
  kept.set(rows.subarray(from), length);
  return kept.subarray(0, length + rows.length - from);
}

/** Ascending rows with a few more, which need not be sorted, put in their places. */
export function withRows(rows: readonly number[], more: readonly number[]): Uint32Array {
  const all = new Uint32Array(rows.length + more.length);
  const waiting = [...more].sort((a, b) => b - a);
  let length = 0;
  for (const row of rows) {
    while ((waiting.at(-1) ?? Infinity) < row) all[length++] = waiting.pop() as number;
    all[length++] = row;
  }
  while (waiting.length > 0) all[length++] = waiting.pop() as number;
  return all;
}

function firstAtLeast(rows: Uint32Array, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as number) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
