/** A team that has flights waiting. */
export interface Rival {
  readonly weight: number;
  readonly depth: number;
  /** Flights it goes on to enter, per turn of the queue. */
  readonly inflow: number;
}

/** The sum settles quickly, as each round adds a fraction of the one before. */
const ROUNDS = 8;

/**
 * How many turns come before that of a team's new flight. All of its own that wait; and of each other team what waits
 * and what it will have entered by then, but no more than its weight lets it take.
 *
 * @param own the team's flights that wait
 */
export function turnsAhead(weight: number, own: number, others: readonly Rival[]): number {
  let turns = own;
  for (let round = 0; round < ROUNDS; round += 1) {
    const soFar = turns;
    turns = own;
    for (const other of others) {
      const share = Math.ceil(((own + 1) * other.weight) / weight);
      turns += Math.min(other.depth + other.inflow * soFar, share);
    }
  }
  return Math.floor(turns);
}
