import { Catalogue } from './data/catalogue.ts';
import { Draws } from './data/prng.ts';
import { Rebuilds } from './data/rebuilds.ts';
import { FaultBook } from './faults/fault-book.ts';
import { Journal } from './journal/journal.ts';
import type { KnobStore } from './knobs/knob-store.ts';
import type { KnobName } from './knobs/knob-table.ts';
import { Capacity } from './request/capacity.ts';
import { CursorLedger } from './request/cursor-ledger.ts';
import { RateLimiter } from './request/rate-limiter.ts';
import { TokenVault } from './request/token-vault.ts';

/** Everything the simulated API remembers between requests. */
export class SimulatedApi {
  readonly knobs: KnobStore;
  readonly journal: Journal;
  readonly vault = new TokenVault();
  readonly ledger = new CursorLedger();
  readonly limiter = new RateLimiter();
  readonly capacity: Capacity;
  readonly rebuilds: Rebuilds;
  catalogue: Catalogue;
  latencyDraws: Draws;
  cursorDraws: Draws;
  faults: FaultBook;
  #served = 0;

  constructor(knobs: KnobStore) {
    this.knobs = knobs;
    this.journal = new Journal(() => knobs.values['journal.keep']);
    this.capacity = new Capacity(() => knobs.values['capacity.concurrent']);
    this.catalogue = new Catalogue(knobs.values);
    this.rebuilds = new Rebuilds(knobs, () => this.catalogue);
    this.latencyDraws = new Draws(knobs.values['data.seed'], 'latency');
    this.cursorDraws = new Draws(knobs.values['data.seed'], 'cursor');
    this.faults = new FaultBook(knobs.values);
    knobs.onChange((changed) => this.#follow(changed));
  }

  /** Number of the next request. */
  nextSerial(): number {
    return ++this.#served;
  }

  /** Journal, cursors, tokens, budgets, generations and draws as at the start; knobs stay. */
  reset(): void {
    this.#served = 0;
    this.journal.clear();
    this.vault.reset();
    this.ledger.clear();
    this.limiter.clear();
    this.faults = new FaultBook(this.knobs.values);
    this.#reseed();
  }

  stop(): void {
    this.rebuilds.stop();
    this.journal.stop();
  }

  #follow(changed: ReadonlySet<KnobName>): void {
    const names = [...changed];
    if (names.some((name) => name.startsWith('data.'))) this.#reseed();
    if (['rate.kind', 'rate.scope', 'rate.window_ms'].some((name) => changed.has(name as KnobName))) {
      this.limiter.clear();
    }
    if (changed.has('data.seed')) this.faults = new FaultBook(this.knobs.values);
    else if (changed.has('faults')) this.faults.follow(this.knobs.values.faults);
    if (changed.has('capacity.concurrent')) this.capacity.admit();
    if (changed.has('rebuild.every_ms')) this.rebuilds.schedule();
  }

  #reseed(): void {
    const seed = this.knobs.values['data.seed'];
    this.rebuilds.abandon();
    this.catalogue = new Catalogue(this.knobs.values);
    this.latencyDraws = new Draws(seed, 'latency');
    this.cursorDraws = new Draws(seed, 'cursor');
  }
}
