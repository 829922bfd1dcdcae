import type { AskQueue, Claim, QueueTeam, Setback } from '../../../src/budget/fair-queue.ts';
import { MemoryFairQueue } from '../../../src/budget/memory-fair-queue.ts';
import { type Boarding, Flights } from '../../../src/serve/flights.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { MemorySignals } from '../../../src/signals/memory-signals.ts';
import type { Outcome } from '../../../src/store/outcome.ts';
import type { StoredPage } from '../../../src/store/page-store.ts';
import { UNPACED } from '../../contract/fair-queue/line.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export const QUEUE_LIMITS = { total: 50, failureMs: 1000, maxInFlight: 1000, teams: 1 };

export const team = (name: string, weight = 1, maxFlights = 1000): QueueTeam => ({
  name,
  weight,
  maxFlights,
});

export const request = (rest: Partial<PageRequest> = {}): PageRequest => ({
  route: 'profiles',
  index: 'idx-1',
  filters: [],
  withTotal: false,
  ...rest,
});

/** A page that is fresh for 60 s, stale for 60 s more and a fallback for another 60 s. */
export function pageOf(text: string, storedAt: number, rest: Partial<StoredPage> = {}): StoredPage {
  return {
    status: 200,
    body: Buffer.from(text),
    count: 0,
    etag: `W/"${text.length}"`,
    storedAt,
    freshUntil: storedAt + 60_000,
    staleUntil: storedAt + 120_000,
    errorUntil: storedAt + 180_000,
    ...rest,
  };
}

const refused = async (_team: QueueTeam, bound: 'team' | 'total'): Promise<GatewayError> =>
  new GatewayError(bound === 'team' ? 'team_budget' : 'shared_budget', 'Full.');

/** Whoever flies is played by the test; queue, signals and the callers' side are the real ones. */
export class Ground {
  readonly clock = new ManualClock();
  readonly signals = new MemorySignals<Outcome>();
  readonly queue: MemoryFairQueue;
  #claims = 0;

  constructor(limits = QUEUE_LIMITS) {
    this.queue = new MemoryFairQueue(limits, this.clock);
  }

  flights(queue: AskQueue = this.queue, refusal = refused, recheckMs?: number): Flights {
    return new Flights(queue, this.signals, this.clock, refusal, recheckMs);
  }

  boarding(rest: Partial<Boarding> = {}): Boarding {
    return {
      key: 'k',
      request: request(),
      team: team('web'),
      lookedUpAt: this.clock.now(),
      maxWaitMs: 10_000,
      signal: new AbortController().signal,
      ...rest,
    };
  }

  /** The flight whose turn it is takes off, if there is one. */
  async takeOff(): Promise<Claim | undefined> {
    await this.clock.settle();
    const { claim } = await this.queue.claim(`claim-${++this.#claims}`, UNPACED);
    if (claim !== undefined) this.signals.publish({ kind: 'claimed', key: claim.key });
    return claim;
  }

  /** A take-off that the test relies on. */
  async flying(): Promise<Claim> {
    const claim = await this.takeOff();
    if (claim === undefined) throw new Error('no flight was waiting');
    return claim;
  }

  async land(claim: Claim, outcome: Outcome): Promise<void> {
    const ending = 'failure' in outcome ? { failure: outcome.failure } : {};
    await this.queue.settle(claim, ending);
    this.signals.publish({ kind: 'settled', key: claim.key, outcome });
    await this.clock.settle();
  }

  async putBack(claim: Claim, setback: Setback = 'failed'): Promise<void> {
    if (await this.queue.requeue(claim, setback)) this.signals.publish({ kind: 'requeued', key: claim.key });
    await this.clock.settle();
  }
}

/** How a promise ends, which may be looked at without waiting for it. */
export interface Watched<T> {
  value?: T;
  error?: unknown;
  /** Code of a foreseen failure. */
  readonly code: string | undefined;
  readonly isPending: boolean;
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched = {
    isPending: true,
    get code(): string | undefined {
      return this.error instanceof GatewayError ? this.error.code : undefined;
    },
  } as Watched<T> & { isPending: boolean };
  promise.then(
    (value) => Object.assign(watched, { value, isPending: false }),
    (error: unknown) => Object.assign(watched, { error, isPending: false }),
  );
  return watched;
}
