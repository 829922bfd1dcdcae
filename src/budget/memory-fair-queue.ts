import type { Clock } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { FairLane } from './fair-lane.ts';
import {
  CLASSES,
  type Claim,
  type Claimed,
  type Ending,
  type Entered,
  type FairQueue,
  type FlightClass,
  type Interest,
  type LowerPace,
  type QueueDepth,
  type QueueTeam,
  type Setback,
} from './fair-queue.ts';
import { LOWER_BOUND, MARK_MS, type QueueLimits, TIMER_EARLY_MS } from './queue-rules.ts';
import { RecentClaims } from './recent-claims.ts';
import { SlotShares } from './slot-shares.ts';
import { turnsAhead } from './turns-ahead.ts';

interface Flight {
  readonly key: string;
  readonly enteredAt: number;
  /** Whether with the total is for the interests to say. */
  readonly request: PageRequest;
  /** By team. `until` and class as last entered. */
  readonly interests: Map<string, Interest & { readonly withTotal: boolean }>;
  setbacks: Record<Setback, number>;
  claim: { readonly made: Claim; readonly at: number } | undefined;
}

interface Mark {
  readonly ending: Ending;
  readonly settledAt: number;
}

/** The fair queue of one process: plain data, no timers. */
export class MemoryFairQueue implements FairQueue {
  readonly #limits: QueueLimits;
  readonly #clock: Clock;
  readonly #flights = new Map<string, Flight>();
  readonly #flying = new Map<string, Flight>();
  /** Flights that were put back and wait, but may not be claimed before a monotonic instant. */
  readonly #resting = new Map<Flight, number>();
  readonly #marks = new Map<string, Mark>();
  readonly #slots: SlotShares;
  readonly #recent: RecentClaims;
  readonly #lanes: Record<FlightClass, FairLane<Flight>> = {
    caller: new FairLane(),
    refresh: new FairLane(),
    export: new FairLane(),
    idle: new FairLane(),
  };

  constructor(limits: QueueLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#slots = new SlotShares(limits.maxInFlight, () => limits.teams);
    this.#recent = new RecentClaims(clock);
  }

  async enter(key: string, request: PageRequest, interest: Interest, lookedUpAt: number): Promise<Entered> {
    const flight = this.#flights.get(key);
    if (flight !== undefined) {
      this.#join(flight, interest, request.withTotal);
      return { state: 'aboard', created: false, flying: flight.claim !== undefined };
    }
    const ending = this.#endingFor(key, lookedUpAt);
    if (ending !== undefined) return { state: 'settled', ending };
    const bound = this.#boundReached(interest);
    if (bound !== undefined) return { state: 'refused', bound };
    const created: Flight = {
      key,
      request,
      enteredAt: this.#clock.now(),
      interests: new Map(),
      setbacks: { failed: 0, throttled: 0, unauthorized: 0, unsent: 0, declined: 0, outdated: 0 },
      claim: undefined,
    };
    this.#flights.set(key, created);
    this.#join(created, interest, request.withTotal);
    return { state: 'aboard', created: true, flying: false };
  }

  async leave(key: string, team: string): Promise<void> {
    const flight = this.#flights.get(key);
    if (flight !== undefined) this.#leave(flight, team);
  }

  async turnsAhead(team: QueueTeam): Promise<number> {
    const others = [...this.#lanes.caller.waiting()].filter((other) => other.team !== team.name);
    return turnsAhead(team.weight, this.#lanes.caller.depth(team.name), others);
  }

  async claim(id: string, pace?: LowerPace): Promise<Claimed> {
    this.#wakeRested();
    const inMs = pace === undefined ? 0 : this.#recent.lowerInMs(pace);
    const known = this.#flying.get(id)?.claim?.made;
    const claim = known ?? this.#claimNext(id, inMs > 0 ? ['caller'] : CLASSES);
    if (claim !== undefined && claim !== known && pace !== undefined) this.#recent.add(id, claim.class);
    const lowerInMs = this.#lanes.caller.size > 0 ? 0 : inMs;
    const waiting = this.#flights.size - this.#flying.size - this.#resting.size;
    return claim === undefined ? { lowerInMs, waiting } : { claim, lowerInMs, waiting };
  }

  async requeue(claim: Claim, setback: Setback, restMs = 0): Promise<boolean> {
    const flight = this.#flying.get(claim.id);
    if (flight?.claim === undefined) return false;
    // A deadline bounds the wait for permits, so it stood still while the flight was in the air.
    const airMs = this.#clock.now() - flight.claim.at;
    this.#land(flight, claim);
    flight.setbacks[setback] += 1;
    if (setback === 'declined') this.#lanes[claim.class].refund(claim.team);
    if (setback === 'declined' || setback === 'unsent') this.#recent.takeBack(claim.id);
    for (const [team, interest] of flight.interests) {
      flight.interests.set(team, { ...interest, until: interest.until + airMs });
    }
    if (flight.interests.size === 0) {
      this.#flights.delete(flight.key);
      return false;
    }
    // Of teams whose turns would come at the same time the first one placed goes first, so it must not be chance which.
    for (const [team, interest] of [...flight.interests].sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.#lanes[interest.class].add(flight, team, interest.team.weight, true);
    }
    if (restMs > 0) this.#resting.set(flight, this.#clock.monotonic() + restMs - TIMER_EARLY_MS);
    return true;
  }

  async settle(claim: Claim, ending: Ending): Promise<boolean> {
    const flight = this.#flying.get(claim.id);
    if (flight === undefined) return false;
    this.#land(flight, claim);
    this.#flights.delete(flight.key);
    this.#remember(flight.key, ending);
    return true;
  }

  async depths(): Promise<readonly QueueDepth[]> {
    return [...this.#lanes.caller.waiting()].map(({ team, depth, oldest }) => ({
      team,
      flights: depth,
      oldestAt: oldest.enteredAt,
    }));
  }

  #join(flight: Flight, interest: Interest, wantsTotal: boolean): void {
    const { name, weight } = interest.team;
    const before = flight.interests.get(name);
    const flightClass = before === undefined ? interest.class : higher(before.class, interest.class);
    const until = Math.max(before?.until ?? 0, interest.until);
    const withTotal = wantsTotal || before?.withTotal === true;
    flight.interests.set(name, { team: interest.team, class: flightClass, until, withTotal });
    if (flight.claim !== undefined) return;
    if (before !== undefined && before.class !== flightClass) this.#lanes[before.class].remove(flight, name);
    this.#lanes[flightClass].add(flight, name, weight);
  }

  #leave(flight: Flight, team: string): void {
    const interest = flight.interests.get(team);
    if (interest === undefined) return;
    flight.interests.delete(team);
    if (flight.claim !== undefined) return;
    this.#lanes[interest.class].remove(flight, team);
    if (flight.interests.size > 0) return;
    this.#resting.delete(flight);
    this.#flights.delete(flight.key);
  }

  /** They are few, because only failed attempts rest. */
  #wakeRested(): void {
    for (const [flight, until] of this.#resting) {
      if (until <= this.#clock.monotonic()) this.#resting.delete(flight);
    }
  }

  #claimNext(id: string, classes: readonly FlightClass[]): Claim | undefined {
    for (const flightClass of classes) {
      const lane = this.#lanes[flightClass];
      const waiting = new Map([...lane.waiting()].map(({ team, weight }) => [team, weight]));
      const mayGo = (team: string): boolean => this.#slots.mayTake(team, waiting);
      const isReady = (flight: Flight): boolean => !this.#resting.has(flight);
      for (let turn = lane.next(mayGo, isReady); turn !== undefined; turn = lane.next(mayGo, isReady)) {
        const { flight, team } = turn;
        if (this.#isOver(flight, team)) {
          this.#leave(flight, team);
          continue;
        }
        lane.charge(team);
        return this.#fly(flight, { id, team, class: flightClass });
      }
    }
    return undefined;
  }

  #fly(flight: Flight, turn: { id: string; team: string; class: FlightClass }): Claim {
    for (const [team, interest] of flight.interests) this.#lanes[interest.class].remove(flight, team);
    const { key, setbacks, enteredAt } = flight;
    // A total costs Amperity more, so it is asked for only while somebody waits who wants it.
    const withTotal = [...flight.interests].some(
      ([team, interest]) => interest.withTotal && !this.#isOver(flight, team),
    );
    const request = { ...flight.request, withTotal };
    const made: Claim = { ...turn, key, request, setbacks: { ...setbacks }, enteredAt };
    flight.claim = { made, at: this.#clock.now() };
    this.#flying.set(turn.id, flight);
    this.#slots.take(turn.team);
    return made;
  }

  #land(flight: Flight, claim: Claim): void {
    this.#flying.delete(claim.id);
    this.#slots.giveBack(claim.team);
    flight.claim = undefined;
  }

  #isOver(flight: Flight, team: string): boolean {
    return (flight.interests.get(team)?.until ?? 0) <= this.#clock.now();
  }

  #boundReached(interest: Interest): 'team' | 'total' | undefined {
    if (interest.class !== 'caller') {
      return this.#lanes[interest.class].size >= LOWER_BOUND[interest.class] ? 'total' : undefined;
    }
    if (this.#lanes.caller.depth(interest.team.name) >= interest.team.maxFlights) return 'team';
    return this.#lanes.caller.size >= this.#limits.total ? 'total' : undefined;
  }

  /** A failure is shared for a while; any ending is news to whoever looked into the store before it. */
  #endingFor(key: string, lookedUpAt: number): Ending | undefined {
    const mark = this.#marks.get(key);
    if (mark === undefined) return undefined;
    const ageMs = this.#clock.now() - mark.settledAt;
    const shared = mark.ending.failure !== undefined && ageMs < this.#limits.failureMs;
    return shared || (mark.settledAt >= lookedUpAt && ageMs < MARK_MS) ? mark.ending : undefined;
  }

  #remember(key: string, ending: Ending): void {
    const settledAt = this.#clock.now();
    // Re-inserted, so that the map stays in the order of settling and the oldest marks are the first ones.
    this.#marks.delete(key);
    this.#marks.set(key, { ending, settledAt });
    const forgetBefore = settledAt - Math.max(MARK_MS, this.#limits.failureMs);
    for (const [oldKey, mark] of this.#marks) {
      if (mark.settledAt >= forgetBefore) break;
      this.#marks.delete(oldKey);
    }
  }
}

const higher = (a: FlightClass, b: FlightClass): FlightClass =>
  CLASSES.indexOf(a) < CLASSES.indexOf(b) ? a : b;
