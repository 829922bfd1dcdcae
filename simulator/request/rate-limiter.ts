import type { KnobValues } from '../knobs/knob-table.ts';
import { FixedWindow, type RateLimits, type RateWindow, SlidingWindow, TokenBucket } from './rate-window.ts';

interface Budget {
  readonly window: RateWindow;
  /** Time up to which the imaginary other clients have been let in. */
  foreignUs: number;
}

/** More than one window of foreign arrivals cannot change what comes next. */
const FOREIGN_AT_MOST = 100_000;

/** The budgets of the profile family, one per scope key. */
export class RateLimiter {
  #budgets = new Map<string, Budget>();

  /** To be called when the kind, scope or window changes: old counts mean nothing then. */
  clear(): void {
    this.#budgets = new Map();
  }

  admit(knobs: KnobValues, arrivedUs: number, tenant: string | null, route: string): boolean {
    if (knobs['rate.kind'] === 'off') return true;
    const key = scopeKey(knobs['rate.scope'], tenant, route);
    let budget = this.#budgets.get(key);
    if (!budget) {
      budget = { window: windowOf(knobs['rate.kind']), foreignUs: arrivedUs };
      this.#budgets.set(key, budget);
    }
    const limits: RateLimits = {
      limit: knobs['rate.limit'],
      windowUs: knobs['rate.window_ms'] * 1000,
      burst: knobs['rate.burst'] ?? knobs['rate.limit'],
      countRejected: knobs['rate.count_rejected'],
    };
    admitForeign(budget, arrivedUs, knobs['rate.foreign_rps'], limits);
    return budget.window.admit(arrivedUs, limits);
  }
}

/** `acme-sb-12345` belongs to the family of `acme`. */
export function tenantFamily(tenant: string | null): string {
  return tenant === null ? 'none' : tenant.replace(/-sb-\d+$/, '');
}

function scopeKey(scope: KnobValues['rate.scope'], tenant: string | null, route: string): string {
  if (scope === 'tenant') return tenant ?? 'none';
  const family = tenantFamily(tenant);
  return scope === 'endpoint' ? `${family} ${route}` : family;
}

function windowOf(kind: 'sliding' | 'fixed' | 'bucket'): RateWindow {
  if (kind === 'sliding') return new SlidingWindow();
  return kind === 'fixed' ? new FixedWindow() : new TokenBucket();
}

/** Lets the evenly spaced arrivals of other clients in, up to now; they obey the limit as well. */
function admitForeign(budget: Budget, nowUs: number, perSecond: number, limits: RateLimits): void {
  if (perSecond === 0) {
    budget.foreignUs = nowUs;
    return;
  }
  const gapUs = 1_000_000 / perSecond;
  const due = Math.floor((nowUs - budget.foreignUs) / gapUs);
  const skipped = Math.max(0, due - FOREIGN_AT_MOST);
  for (let order = skipped + 1; order <= due; order++) {
    budget.window.admit(Math.floor(budget.foreignUs + order * gapUs), limits);
  }
  budget.foreignUs += due * gapUs;
}
