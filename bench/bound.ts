/** What a figure must be; both ends belong to it. */
export interface Bound {
  readonly min?: number;
  readonly max?: number;
}

/** One measured figure. */
export interface Reading {
  readonly value: number;
  /** The run ended before the figure did: it would have become larger. */
  readonly unfinished?: boolean;
}

export const holds = ({ min, max }: Bound, { value, unfinished = false }: Reading): boolean =>
  value >= (min ?? Number.NEGATIVE_INFINITY) &&
  value <= (max ?? Number.POSITIVE_INFINITY) &&
  !(unfinished && max !== undefined);

export function boundText({ min, max }: Bound, write: (value: number) => string): string {
  if (min !== undefined && max !== undefined) {
    return min === max ? write(min) : `${write(min)} to ${write(max)}`;
  }
  if (max !== undefined) return max === 0 ? write(0) : `≤ ${write(max)}`;
  return min === undefined ? '' : `≥ ${write(min)}`;
}
