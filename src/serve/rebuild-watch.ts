import type { QueueTeam } from '../budget/fair-queue.ts';
import type { Clock } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { Signals } from '../signals/signals.ts';
import type { Outcome } from '../store/outcome.ts';
import type { StoreKeys } from '../store/store-keys.ts';
import type { Asked } from './answer.ts';
import type { Flights } from './flights.ts';

export interface RebuildWatchParts {
  readonly flights: Flights;
  readonly signals: Signals<Outcome>;
  readonly keys: StoreKeys;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Calls per second that the fleet may make in all. */
  readonly ratePerSecond: number;
  /** Whether this replica is the one of the fleet that asks in the next `forMs`. */
  readonly takeTurn: (scope: string, forMs: number) => Promise<boolean>;
  /** Told once for each index that is not watched for a while, because Amperity does not tell about it. */
  readonly onGivenUp?: () => void;
}

/** An index that nobody has asked for this long is not watched. */
const HOT_MS = 300_000;

/** Part of the rate that may go into watching. */
const MOST_OF_RATE = 0.05;

/** What Amperity refuses now it may tell later: a token may have run out, an index may be built. */
const GIVEN_UP_MS = 600_000;

/** A turn ends a little before the next one is asked for. */
const TURN_PART = 0.9;

/**
 * Asks for every index that is in use whether it has been rebuilt, in the class of refreshes; what comes of it is seen
 * where the answer lands. Where there are too many for a twentieth of the rate, those go first that were asked for
 * longest ago.
 */
export class RebuildWatch {
  readonly #parts: RebuildWatchParts;
  /** Least recently polled first. */
  readonly #hot = new Map<string, { until: number; team: QueueTeam }>();
  /** Monotonic instants until which indexes are not asked for. */
  readonly #givenUp = new Map<string, number>();
  #cancel: () => void = () => {};
  readonly #unsubscribe: () => void;

  constructor(parts: RebuildWatchParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.signals.subscribe((signal) => {
      if (signal.kind !== 'settled' || signal.outcome === undefined) return;
      if (!isRefusal(signal.outcome)) return;
      for (const index of this.#hot.keys()) if (this.#key(index) === signal.key) this.#giveUp(index);
    });
    this.#later();
  }

  /** A caller was answered. */
  answered({ request: { index }, team }: Asked): void {
    const now = this.#parts.clock.monotonic();
    if (index === undefined || now < (this.#givenUp.get(index) ?? 0)) return;
    const until = now + HOT_MS;
    const known = this.#hot.get(index);
    if (known !== undefined) Object.assign(known, { until, team });
    else this.#hot.set(index, { until, team });
  }

  close(): void {
    this.#unsubscribe();
    this.#cancel();
  }

  #later(): void {
    this.#cancel = this.#parts.clock.after(this.#parts.pollMs, () => {
      void this.#poll();
      this.#later();
    });
  }

  async #poll(): Promise<void> {
    const { clock, pollMs, ratePerSecond } = this.#parts;
    const now = clock.monotonic();
    for (const [index, { until }] of this.#hot) if (until < now) this.#hot.delete(index);
    const most = Math.max(1, Math.floor((MOST_OF_RATE * ratePerSecond * pollMs) / 1000));
    for (const [index, hot] of [...this.#hot].slice(0, most)) {
      // To the end of the line.
      this.#hot.delete(index);
      this.#hot.set(index, hot);
      await this.#ask(index, hot.team).catch(() => undefined);
    }
  }

  async #ask(index: string, team: QueueTeam): Promise<void> {
    const { clock, flights, keys, pollMs, takeTurn } = this.#parts;
    const request = indexRequest(index);
    if (!(await takeTurn(keys.scope(request) ?? '', pollMs * TURN_PART))) return;
    await flights.fetchBehind({ key: keys.page(request), request, team, lookedUpAt: clock.now() }, 'refresh');
  }

  #giveUp(index: string): void {
    this.#hot.delete(index);
    const { clock, onGivenUp } = this.#parts;
    if (!this.#givenUp.has(index)) onGivenUp?.();
    this.#givenUp.set(index, clock.monotonic() + GIVEN_UP_MS);
  }

  #key(index: string): string {
    return this.#parts.keys.page(indexRequest(index));
  }
}

const indexRequest = (index: string): PageRequest => ({
  route: 'index',
  index,
  filters: [],
  withTotal: false,
});

/** What Amperity will say again: not a failure that passes. */
function isRefusal(outcome: Outcome): boolean {
  if ('page' in outcome) return outcome.page.status === 404;
  return outcome.failure.code === 'upstream_rejected' || outcome.failure.code === 'upstream_auth';
}
