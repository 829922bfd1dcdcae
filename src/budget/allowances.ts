import type { CoolDown } from './cool-down.ts';
import type { Ledger } from './ledger.ts';
import type { Pacing } from './pacing.ts';
import type { Permits, RateLimit } from './permits.ts';

export interface AllowanceParts {
  readonly limit: RateLimit;
  readonly permits: Permits;
  readonly pacing: Pacing;
  readonly coolDown: CoolDown;
  readonly ledger: Ledger;
  /** Weights of all teams together; asked each time, since teams come and go. */
  readonly weights: () => number;
}

/** What teams may expect of the budget now, counted in permits. */
export class Allowances {
  readonly #parts: AllowanceParts;

  constructor(parts: AllowanceParts) {
    this.#parts = parts;
  }

  /** The team's share when everybody wants theirs, and how much of it could be had at once. */
  of({ name, weight }: { readonly name: string; readonly weight: number }) {
    const { coolDown, ledger, limit, pacing, permits, weights } = this.#parts;
    const { rate, windowMs } = limit;
    const teamQuota = Math.max(1, Math.floor((rate * weight) / weights()));
    const free = Math.max(0, pacing.tuning().leases - permits.held());
    const remaining = Math.min(free, Math.max(0, teamQuota - ledger.recent(name)));
    const resetMs = remaining > 0 ? windowMs : Math.max(permits.waitMs(0), coolDown.remainingMs());
    return { teamQuota, upstreamQuota: rate, windowMs, remaining, resetMs };
  }
}
