/** One team's place in a lane. */
interface Turn<F> {
  readonly team: string;
  weight: number;
  /** Virtual time at which the team's next flight starts. */
  start: number;
  readonly inflow: Inflow;
  /** Flights that were put back, which go before the others. */
  readonly again: Set<F>;
  readonly flights: Set<F>;
}

/**
 * Over how many turns of the lane inflow is averaged: some seconds of a backlog, which is about as far ahead as
 * anybody waits.
 */
export const INFLOW_TURNS = 50;

/** How steadily a team keeps entering flights: entries per turn of the lane, averaged over the last turns. */
class Inflow {
  #perTurn = 0;
  #at = 0;
  #enteredAt = -1;

  /** Entries that come together count once: a burst says nothing about what will follow it. */
  enter(turn: number): void {
    if (turn === this.#enteredAt) return;
    this.#enteredAt = turn;
    this.#perTurn = this.perTurn(turn) + 1 / INFLOW_TURNS;
    this.#at = turn;
  }

  perTurn(turn: number): number {
    return this.#perTurn * Math.exp((this.#at - turn) / INFLOW_TURNS);
  }
}

/**
 * Start-time fair queueing over teams. Each team has a virtual start time; a turn goes to the team with the
 * least, and moves it on by 1 / weight. The lane's own virtual time is the start of the last turn, and a team
 * that comes back from idleness starts there: it has saved no credit and owes nothing.
 *
 * A flight may wait under several teams at once and leaves all of them with the first turn. A set keeps
 * arrival order and removes in constant time, so a caller who leaves costs nothing either.
 */
export class FairLane<F> {
  readonly #turns = new Map<string, Turn<F>>();
  /** How many teams each flight waits under. */
  readonly #places = new Map<F, number>();
  #now = 0;
  #turnsTaken = 0;

  /** Puts `flight` in the team's queue; twice is once. `again` puts it at the head. */
  add(flight: F, team: string, weight: number, again = false): void {
    const turn = this.#turnOf(team, weight);
    turn.weight = weight;
    if (turn.again.has(flight) || turn.flights.has(flight)) return;
    if (this.depth(team) === 0) turn.start = Math.max(turn.start, this.#now);
    (again ? turn.again : turn.flights).add(flight);
    if (!again) turn.inflow.enter(this.#turnsTaken);
    this.#places.set(flight, (this.#places.get(flight) ?? 0) + 1);
  }

  remove(flight: F, team: string): void {
    const turn = this.#turns.get(team);
    if (turn === undefined || !(turn.again.delete(flight) || turn.flights.delete(flight))) return;
    const places = this.#places.get(flight) ?? 0;
    if (places > 1) this.#places.set(flight, places - 1);
    else this.#places.delete(flight);
  }

  /** Flights waiting, each counted once however many teams wait for it. */
  get size(): number {
    return this.#places.size;
  }

  /**
   * The flight whose turn it is and the team whose turn that is, left where they are.
   *
   * @param mayGo teams it says no to are passed over, and keep their place
   * @param isReady flights it says no to are passed over; a team that has no others is as good as idle
   */
  next(
    mayGo: (team: string) => boolean = () => true,
    isReady: (flight: F) => boolean = () => true,
  ): { readonly flight: F; readonly team: string } | undefined {
    let first: { readonly flight: F; readonly turn: Turn<F> } | undefined;
    for (const turn of this.#turns.values()) {
      if (turn.again.size + turn.flights.size === 0) {
        this.#forget(turn);
        continue;
      }
      const flight = firstOf(turn.again, isReady) ?? firstOf(turn.flights, isReady);
      if (flight === undefined) turn.start = Math.max(turn.start, this.#now);
      else if ((first === undefined || turn.start < first.turn.start) && mayGo(turn.team))
        first = { flight, turn };
    }
    return first && { flight: first.flight, team: first.turn.team };
  }

  /** The team has had its turn and pays for it. */
  charge(team: string): void {
    const turn = this.#turns.get(team);
    if (turn === undefined) return;
    this.#now = Math.max(this.#now, turn.start);
    turn.start += 1 / turn.weight;
    this.#turnsTaken += 1;
  }

  /** What came of its turn does not count: it is taken back. */
  refund(team: string): void {
    const turn = this.#turns.get(team);
    if (turn !== undefined) turn.start -= 1 / turn.weight;
  }

  depth(team: string): number {
    const turn = this.#turns.get(team);
    return turn === undefined ? 0 : turn.again.size + turn.flights.size;
  }

  /** Teams that have something waiting. */
  *waiting(): Generator<{
    readonly team: string;
    readonly weight: number;
    readonly depth: number;
    /** Flights it goes on to enter, per turn of the lane. */
    readonly inflow: number;
    readonly oldest: F;
  }> {
    for (const { team, weight, again, flights, inflow } of this.#turns.values()) {
      const [oldest] = again.size > 0 ? again : flights;
      if (oldest === undefined) continue;
      const depth = again.size + flights.size;
      yield { team, weight, depth, inflow: inflow.perTurn(this.#turnsTaken), oldest };
    }
  }

  #turnOf(team: string, weight: number): Turn<F> {
    const known = this.#turns.get(team);
    if (known !== undefined) return known;
    const turn: Turn<F> = {
      team,
      weight,
      start: this.#now,
      inflow: new Inflow(),
      again: new Set(),
      flights: new Set(),
    };
    this.#turns.set(team, turn);
    return turn;
  }

  /** An idle team whose start lies in the past is like one never seen; one that is ahead must stay ahead. */
  #forget(turn: Turn<F>): void {
    if (turn.start <= this.#now) this.#turns.delete(turn.team);
  }
}

function firstOf<F>(flights: ReadonlySet<F>, isReady: (flight: F) => boolean): F | undefined {
  for (const flight of flights) if (isReady(flight)) return flight;
  return undefined;
}
