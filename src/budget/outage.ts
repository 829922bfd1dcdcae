import type { Clock } from '../shared/clock.ts';

/** Where permits come from: the fleet's limiter, this replica's part of the budget, or nowhere for the moment. */
export type PermitSource = 'shared' | 'local' | 'none';

/** As told to operators. */
export type BudgetMode = 'shared' | 'share' | 'closed';

export interface OutageParts {
  readonly whenLost: 'share' | 'closed';
  /** How long a lease is held: nothing older than this can still count at Amperity. */
  readonly holdMs: number;
  readonly clock: Clock;
  /** How much later than this replica another one may find that Redis is back, and still draw on its own part. */
  readonly othersLagMs: number;
  /** Whether Redis answers, limiter and queue both. */
  readonly isHealthy: () => boolean;
  readonly onChange: (mode: BudgetMode) => void;
}

/** Redis has to be away for this long before anything is made of it. */
const LOST_MS = 2000;
/** After its return it may be lost again this much later at the earliest, as far as the local share is concerned. */
const FLAP_MS = 5000;
const LOOK_MS = 100;

type State = 'shared' | 'leaving' | 'lost' | 'rejoining';

/**
 * What a replica does while it cannot reach Redis. Between the fleet's budget and its own part of it lies a quiet
 * window in both directions, so that calls of before and after never meet in one. The flap guard delays going local,
 * never coming back.
 */
export class Outage {
  readonly #parts: OutageParts;
  readonly #cancel: () => void;
  #state: State = 'shared';
  #since: number;
  #healthyAt: number;
  #backAt = Number.NEGATIVE_INFINITY;

  constructor(parts: OutageParts) {
    this.#parts = parts;
    this.#since = parts.clock.monotonic();
    this.#healthyAt = this.#since;
    let cancel = () => {};
    const look = (): void => {
      this.#look();
      cancel = parts.clock.after(LOOK_MS, look);
    };
    cancel = parts.clock.after(LOOK_MS, look);
    this.#cancel = () => cancel();
  }

  permits(): PermitSource {
    if (this.#state === 'shared') return 'shared';
    return this.#state === 'lost' && this.#parts.whenLost === 'share' ? 'local' : 'none';
  }

  queue(): 'shared' | 'local' {
    return this.#state === 'shared' || this.#state === 'rejoining' ? 'shared' : 'local';
  }

  mode(): BudgetMode {
    return this.queue() === 'shared' ? 'shared' : this.#parts.whenLost;
  }

  close(): void {
    this.#cancel();
  }

  #look(): void {
    const { clock, holdMs, isHealthy, othersLagMs } = this.#parts;
    const now = clock.monotonic();
    const healthy = isHealthy();
    if (healthy) this.#healthyAt = now;
    switch (this.#state) {
      case 'shared':
        if (now - this.#healthyAt >= LOST_MS && now - this.#backAt >= FLAP_MS) this.#go('leaving');
        return;
      case 'leaving':
        if (healthy) this.#go('rejoining');
        else if (now - this.#since >= holdMs) this.#go('lost');
        return;
      case 'lost':
        if (healthy) this.#go('rejoining');
        return;
      case 'rejoining':
        if (now - this.#since < othersLagMs + holdMs) return;
        this.#backAt = now;
        this.#go('shared');
    }
  }

  #go(state: State): void {
    const { clock, onChange } = this.#parts;
    this.#state = state;
    this.#since = clock.monotonic();
    onChange(this.mode());
  }
}
