import type { KnobStore } from '../knobs/knob-store.ts';
import type { Catalogue } from './catalogue.ts';
import type { ProfileTable } from './profile-table.ts';

/** Starts rebuilds, by hand or by the clock, and finishes them when their time has passed. */
export class Rebuilds {
  readonly #knobs: KnobStore;
  readonly #catalogue: () => Catalogue;
  readonly #running = new Map<ProfileTable, NodeJS.Timeout>();
  #timer: NodeJS.Timeout | undefined;

  constructor(knobs: KnobStore, catalogue: () => Catalogue) {
    this.#knobs = knobs;
    this.#catalogue = catalogue;
    this.schedule();
  }

  /** Follows `rebuild.every_ms`. */
  schedule(): void {
    clearInterval(this.#timer);
    const everyMs = this.#knobs.values['rebuild.every_ms'];
    if (everyMs === 0) return;
    this.#timer = setInterval(() => {
      for (const table of this.#catalogue().every()) this.start(table);
    }, everyMs);
    this.#timer.unref();
  }

  /** Does nothing while the index is being built already. */
  start(table: ProfileTable): void {
    if (this.#running.has(table)) return;
    const durationMs = this.#knobs.values['rebuild.duration_ms'];
    if (durationMs === 0) {
      this.#finish(table);
      return;
    }
    table.state = 'building';
    this.#running.set(
      table,
      setTimeout(() => this.#finish(table), durationMs),
    );
  }

  /** Forgets builds under way, for when their tables are thrown away. */
  abandon(): void {
    for (const timer of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.abandon();
  }

  #finish(table: ProfileTable): void {
    const knobs = this.#knobs.values;
    this.#running.delete(table);
    table.state = 'ready';
    table.rebuild(knobs['rebuild.delta'], knobs['rebuild.seam'], knobs['rebuild.updated_at'] === 'moves');
  }
}
