/**
 * Calls per second from the 11th call to the last one: the first ten leave in one burst and would flatter a short
 * run. `atMs` ascends. NaN with fewer than twelve calls.
 */
export function steadyRate(atMs: readonly number[]): number {
  const first = atMs[10];
  const last = atMs.at(-1);
  if (first === undefined || last === undefined || last <= first) return Number.NaN;
  return ((atMs.length - 11) * 1000) / (last - first);
}

/**
 * How many calls arrived in the second before each moment, as steps: pairs of a moment and the number from then on.
 * `atMs` ascends. A second is half open, so a call is out of it 1000 ms after its arrival.
 */
export function callsInLastSecond(atMs: readonly number[]): (readonly [ms: number, calls: number])[] {
  const changes = [...atMs.map((ms) => [ms, 1] as const), ...atMs.map((ms) => [ms + 1000, -1] as const)];
  // At one moment calls go before others come.
  changes.sort(([a, up], [b, alsoUp]) => a - b || up - alsoUp);
  let calls = 0;
  return changes.map(([ms, change]) => {
    calls += change;
    return [ms, calls] as const;
  });
}

/** What leases allow at most, as a share of which the used budget is judged. */
export function leaseRate(budget: { rate: number; windowMs: number; guardMs: number }): number {
  return (budget.rate * 1000) / (budget.windowMs + budget.guardMs);
}
