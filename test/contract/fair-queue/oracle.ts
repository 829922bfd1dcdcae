import { expect } from '@jest/globals';
import type { Claim, FlightClass, Setback } from '../../../src/budget/fair-queue.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import { CONTRACT_LIMITS, type Line, team } from './line.ts';

export const WEIGHTS = { a: 1, b: 2, c: 4 };
export type TeamName = keyof typeof WEIGHTS;

/** What may be done to a queue. An interest is either over after one `advance` or lasts for the whole run. */
export type Command =
  | {
      readonly do: 'enter';
      readonly key: string;
      readonly team: TeamName;
      readonly class: FlightClass;
      readonly brief: boolean;
      readonly looked: 'long ago' | 'now';
    }
  | { readonly do: 'leave'; readonly key: string; readonly team: TeamName }
  | { readonly do: 'claim' }
  | { readonly do: 'requeue'; readonly nth: number; readonly setback: Setback }
  | { readonly do: 'settle'; readonly nth: number; readonly fails: boolean }
  | { readonly do: 'advance' };

const STEP_MS = 400;
const BRIEF_MS = 200;
const LONG_MS = 60_000;
const CLASSES: readonly FlightClass[] = ['caller', 'refresh', 'export', 'idle'];

interface Interest {
  readonly class: FlightClass;
  readonly until: number;
  /** Position among the flights of its team and class; those that were put back share the first one. */
  readonly place: number;
}

interface Flight {
  readonly interests: Map<TeamName, Interest>;
  claim: Claim | undefined;
  claimedAt: number;
}

/**
 * The plainest queue that could be right, run beside a real one. Where the contract leaves a choice (a flight whose
 * interests have all expired may be swept or not) it stays away or accepts either.
 */
export class Oracle {
  readonly #line: Line;
  readonly #flights = new Map<string, Flight>();
  readonly #marks = new Map<string, { readonly settledAt: number; readonly failed: boolean }>();
  readonly #old: Claim[] = [];
  #places = 0;

  constructor(line: Line) {
    this.#line = line;
  }

  async run(command: Command): Promise<void> {
    switch (command.do) {
      case 'enter':
        return this.#enter(command);
      case 'leave':
        return this.#leave(command);
      case 'claim':
        await this.#claim();
        return;
      case 'requeue':
        return this.#requeue(command);
      case 'settle':
        return this.#settle(command);
      case 'advance':
        return this.#line.advance(STEP_MS);
    }
  }

  /** Whatever still waits comes out, each flight once, and then nothing. */
  async drain(): Promise<void> {
    while (this.#waiting().length > 0) await this.#claim();
    expect(await this.#line.claim()).toBeUndefined();
    for (const claim of [...this.#flying()]) expect(await this.#line.settle(claim)).toBe(true);
    for (const claim of this.#old) expect(await this.#line.settle(claim)).toBe(false);
  }

  async #enter({ key, team: name, class: wanted, brief, looked }: Command & { do: 'enter' }): Promise<void> {
    const flight = this.#flights.get(key);
    if (flight !== undefined && flight.claim === undefined && !this.#isLive(flight)) return;
    const before = flight?.interests.get(name);
    if (before !== undefined && before.until <= this.#line.now()) return;
    const now = this.#line.now();
    const forMs = brief && flight?.claim === undefined ? BRIEF_MS : LONG_MS;
    const lookedUpAt = looked === 'now' ? Number.POSITIVE_INFINITY : now - STEP_MS / 2;
    const entered = await this.#line.enter(key, team(name, WEIGHTS[name]), {
      class: wanted,
      forMs,
      lookedUpAt,
    });
    const mark = this.#marks.get(key);
    if (flight === undefined && mark !== undefined && isNews(mark, now, lookedUpAt)) {
      expect(entered).toMatchObject({ state: 'settled' });
      expect('ending' in entered && entered.ending.failure !== undefined).toBe(mark.failed);
      return;
    }
    expect(entered).toEqual({
      state: 'aboard',
      created: flight === undefined,
      flying: flight?.claim !== undefined,
    });
    const joined = flight ?? { interests: new Map<TeamName, Interest>(), claim: undefined, claimedAt: 0 };
    const flightClass = higher(before?.class ?? wanted, wanted);
    const keepsPlace = before !== undefined && before.class === flightClass;
    this.#places += 1;
    joined.interests.set(name, {
      class: flightClass,
      until: Math.max(before?.until ?? 0, now + forMs),
      place: keepsPlace ? before.place : this.#places,
    });
    this.#flights.set(key, joined);
  }

  async #leave({ key, team: name }: Command & { do: 'leave' }): Promise<void> {
    await this.#line.leave(key, team(name));
    const flight = this.#flights.get(key);
    flight?.interests.delete(name);
    if (flight !== undefined && flight.claim === undefined && flight.interests.size === 0)
      this.#flights.delete(key);
  }

  async #claim(): Promise<void> {
    const waiting = this.#waiting();
    const claim = await this.#line.claim();
    if (claim === undefined) {
      expect(waiting).toEqual([]);
      return;
    }
    const payer = claim.team as TeamName;
    const flight = this.#flights.get(claim.key);
    expect(flight?.claim).toBeUndefined();
    const turn = waiting.find((each) => each.key === claim.key && each.team === payer);
    expect(turn).toMatchObject({ class: claim.class });
    for (const other of waiting) {
      expect(CLASSES.indexOf(other.class)).toBeGreaterThanOrEqual(CLASSES.indexOf(claim.class));
      if (other.team === payer && other.class === claim.class) {
        expect(other.place).toBeGreaterThanOrEqual(turn?.place ?? 0);
      }
    }
    if (flight === undefined) return;
    flight.claim = claim;
    flight.claimedAt = this.#line.now();
  }

  async #requeue({ nth, setback }: Command & { do: 'requeue' }): Promise<void> {
    const claim = pick(this.#flying(), nth);
    const flight = claim && this.#flights.get(claim.key);
    if (claim === undefined || flight === undefined) return;
    const airMs = this.#line.now() - flight.claimedAt;
    const isBack = await this.#line.requeue(claim, setback);
    this.#old.push(claim);
    flight.claim = undefined;
    for (const [name, interest] of flight.interests) {
      flight.interests.set(name, { ...interest, until: interest.until + airMs, place: 0 });
    }
    if (this.#isLive(flight)) expect(isBack).toBe(true);
    if (flight.interests.size === 0) expect(isBack).toBe(false);
    if (!isBack) this.#flights.delete(claim.key);
  }

  async #settle({ nth, fails }: Command & { do: 'settle' }): Promise<void> {
    const claim = pick(this.#flying(), nth);
    if (claim === undefined) return;
    const failure = new GatewayError('upstream_error', 'Amperity failed.');
    expect(await this.#line.settle(claim, fails ? { failure } : {})).toBe(true);
    this.#old.push(claim);
    this.#flights.delete(claim.key);
    this.#marks.set(claim.key, { settledAt: this.#line.now(), failed: fails });
  }

  #isLive({ interests }: Flight): boolean {
    return [...interests.values()].some(({ until }) => until > this.#line.now());
  }

  #waiting(): (Interest & { readonly key: string; readonly team: TeamName })[] {
    return [...this.#flights].flatMap(([key, flight]) =>
      flight.claim !== undefined
        ? []
        : [...flight.interests]
            .filter(([, { until }]) => until > this.#line.now())
            .map(([name, interest]) => ({ ...interest, key, team: name })),
    );
  }

  #flying(): Claim[] {
    return [...this.#flights.values()].flatMap(({ claim }) => (claim === undefined ? [] : [claim]));
  }
}

const isNews = (mark: { settledAt: number; failed: boolean }, now: number, lookedUpAt: number): boolean =>
  mark.settledAt >= lookedUpAt || (mark.failed && now - mark.settledAt < CONTRACT_LIMITS.failureMs);

const higher = (one: FlightClass, other: FlightClass): FlightClass =>
  CLASSES.indexOf(one) < CLASSES.indexOf(other) ? one : other;

const pick = <T>(from: readonly T[], nth: number): T | undefined => from[nth % Math.max(1, from.length)];
