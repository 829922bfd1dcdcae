/**
 * By how much the share of one team in some stretch of turns fell behind another's, in turns divided by weight.
 * Start-time fair queueing keeps it within `1 / a.weight + 1 / b.weight` while both have something waiting
 * (Goyal, Vin, Cheng 1996, theorem 1).
 */
export function unfairness(
  turns: readonly string[],
  a: { readonly name: string; readonly weight: number },
  b: { readonly name: string; readonly weight: number },
): number {
  let lead = 0;
  let most = 0;
  let least = 0;
  for (const turn of turns) {
    if (turn === a.name) lead += 1 / a.weight;
    if (turn === b.name) lead -= 1 / b.weight;
    most = Math.max(most, lead);
    least = Math.min(least, lead);
  }
  return most - least;
}

/** Sums of thirds and sevenths do not come out even. */
const ROUNDING = 1e-9;

export const allowedUnfairness = (a: { readonly weight: number }, b: { readonly weight: number }): number =>
  1 / a.weight + 1 / b.weight + ROUNDING;
