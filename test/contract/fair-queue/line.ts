import type {
  Claim,
  Ending,
  Entered,
  FairQueue,
  FlightClass,
  LowerPace,
  QueueTeam,
  Setback,
} from '../../../src/budget/fair-queue.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';

/** A queue under test together with its time, which passes only through `advance` as far as the suite can tell. */
export interface QueueHarness {
  readonly queue: FairQueue;
  advance(ms: number): Promise<void>;
  /** Epoch ms on the queue's own clock. */
  now(): number;
  close(): Promise<void>;
}

/** What a queue under this contract is told to keep to; see `QueueLimits`. */
export interface ContractLimits {
  readonly total: number;
  readonly failureMs: number;
  readonly maxInFlight: number;
  readonly teams: number;
}

/** Of a dispatcher that lets the lower classes go as they come, and of one that lets none of them go. */
export const UNPACED: LowerPace = { below: 1e9, windowMs: 1000, gapMs: 0 };
export const CALLERS_ONLY: LowerPace = { below: 0, windowMs: 1000, gapMs: 0 };

/** Makes an empty queue. */
export type CreateQueue = (limits: ContractLimits) => Promise<QueueHarness>;

export const CONTRACT_LIMITS: ContractLimits = { total: 200, failureMs: 1000, maxInFlight: 1000, teams: 1 };

export interface EnterOptions {
  readonly class?: FlightClass;
  /** How long the interest lasts. */
  readonly forMs?: number;
  readonly lookedUpAt?: number;
  readonly withTotal?: boolean;
}

export const team = (name: string, weight = 1, maxFlights = 1000): QueueTeam => ({
  name,
  weight,
  maxFlights,
});

export const request = (withTotal = false): PageRequest => ({
  route: 'profiles',
  index: 'idx-1',
  filters: [],
  withTotal,
});

/** Says what a caller or a dispatcher says to a queue, in fewer words. */
export class Line {
  readonly #harness: QueueHarness;
  #claims = 0;

  constructor(harness: QueueHarness) {
    this.#harness = harness;
  }

  now(): number {
    return this.#harness.now();
  }

  advance(ms: number): Promise<void> {
    return this.#harness.advance(ms);
  }

  enter(key: string, of: QueueTeam, options: EnterOptions = {}): Promise<Entered> {
    const { forMs = 60_000, lookedUpAt = this.now(), withTotal = false } = options;
    const interest = { team: of, class: options.class ?? 'caller', until: this.now() + forMs };
    return this.#harness.queue.enter(key, request(withTotal), interest, lookedUpAt);
  }

  /** Enters `count` flights named `<prefix>1`, `<prefix>2` and so on, in this order. */
  async flood(prefix: string, of: QueueTeam, count: number, options: EnterOptions = {}): Promise<void> {
    for (let number = 1; number <= count; number += 1) await this.enter(`${prefix}${number}`, of, options);
  }

  leave(key: string, of: QueueTeam): Promise<void> {
    return this.#harness.queue.leave(key, of.name);
  }

  /** @param pace null: of a flight that will not be flown */
  async claim(id = `claim-${++this.#claims}`, pace: LowerPace | null = UNPACED): Promise<Claim | undefined> {
    return (await this.#harness.queue.claim(id, pace ?? undefined)).claim;
  }

  /** Flights that are told to wait yet, with a claim that may take one of them. */
  async claimAndCount(pace = UNPACED): Promise<number> {
    return (await this.#harness.queue.claim(`claim-${++this.#claims}`, pace)).waiting;
  }

  /** When a flight below callers may go, as a claim tells that takes none. */
  async lowerInMs(pace: LowerPace): Promise<number> {
    const { claim, lowerInMs } = await this.#harness.queue.claim(`claim-${++this.#claims}`, pace);
    if (claim !== undefined) throw new Error('the queue had a flight to claim');
    return lowerInMs;
  }

  /** A claim that the test relies on. */
  async claimed(): Promise<Claim> {
    const claim = await this.claim();
    if (claim === undefined) throw new Error('the queue had no flight to claim');
    return claim;
  }

  /** Claims and settles up to `count` flights. */
  async serve(count = Number.POSITIVE_INFINITY): Promise<Claim[]> {
    const served: Claim[] = [];
    while (served.length < count) {
      const claim = await this.claim();
      if (claim === undefined) break;
      await this.settle(claim);
      served.push(claim);
    }
    return served;
  }

  requeue(claim: Claim, setback: Setback = 'failed', restMs = 0): Promise<boolean> {
    return this.#harness.queue.requeue(claim, setback, restMs);
  }

  settle(claim: Claim, ending: Ending = {}): Promise<boolean> {
    return this.#harness.queue.settle(claim, ending);
  }

  turnsAhead(of: QueueTeam): Promise<number> {
    return this.#harness.queue.turnsAhead(of);
  }

  async depth(of: QueueTeam): Promise<number> {
    const depths = await this.#harness.queue.depths();
    return depths.find((depth) => depth.team === of.name)?.flights ?? 0;
  }

  async oldestAt(of: QueueTeam): Promise<number | undefined> {
    const depths = await this.#harness.queue.depths();
    return depths.find((depth) => depth.team === of.name)?.oldestAt;
  }
}

export const keys = (claims: readonly Claim[]): string[] => claims.map(({ key }) => key);
export const teams = (claims: readonly Claim[]): string[] => claims.map((claim) => claim.team);
export const turnsOf = (of: QueueTeam, claims: readonly Claim[]): number =>
  claims.filter((claim) => claim.team === of.name).length;

/** Opens a line for a test and closes it afterwards. */
export const withLine =
  (create: CreateQueue, run: (line: Line) => Promise<void>, limits = CONTRACT_LIMITS) =>
  async (): Promise<void> => {
    const harness = await create(limits);
    try {
      await run(new Line(harness));
    } finally {
      await harness.close();
    }
  };
