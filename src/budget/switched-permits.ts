import type { PermitSource } from './outage.ts';
import type { Grant, Permits, Tuning } from './permits.ts';

interface Asked {
  readonly use: (grant: Grant) => Promise<boolean>;
  readonly done: () => void;
  /** Where it waits already. */
  readonly waitsAt: Set<Permits>;
  granted: boolean;
}

/**
 * Permits from wherever they come at the moment. Whoever waits goes on waiting through every switch; what a limiter
 * grants that is not the right one any more goes back to it unused.
 */
export class SwitchedPermits implements Permits {
  readonly #sources: Readonly<Record<'shared' | 'local', Permits>>;
  readonly #source: () => PermitSource;
  readonly #asked = new Set<Asked>();
  #closed = false;

  constructor(sources: Readonly<Record<'shared' | 'local', Permits>>, source: () => PermitSource) {
    this.#sources = sources;
    this.#source = source;
  }

  acquire(use: (grant: Grant) => Promise<boolean>): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((done) => {
      const asked: Asked = { use, done, waitsAt: new Set(), granted: false };
      this.#asked.add(asked);
      this.#route(asked);
    });
  }

  /** To be called when the source has changed. */
  switched(): void {
    for (const asked of this.#asked) this.#route(asked);
  }

  tune(tuning: Tuning): void {
    this.#sources.shared.tune(tuning);
  }

  waitMs(turns: number): number {
    return this.#current().waitMs(turns);
  }

  held(): number {
    return this.#sources.shared.held() + this.#sources.local.held();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { done } of this.#asked) done();
    this.#asked.clear();
    await Promise.all([this.#sources.shared.close(), this.#sources.local.close()]);
  }

  #current(): Permits {
    return this.#sources[this.#source() === 'local' ? 'local' : 'shared'];
  }

  #route(asked: Asked): void {
    const source = this.#source();
    if (source === 'none' || this.#closed) return;
    const permits = this.#sources[source];
    if (asked.waitsAt.has(permits)) return;
    asked.waitsAt.add(permits);
    void permits
      .acquire((grant) => this.#take(asked, permits, grant))
      .finally(() => {
        asked.waitsAt.delete(permits);
        if (asked.granted) asked.done();
        else if (this.#asked.has(asked)) this.#route(asked);
      });
  }

  #take(asked: Asked, permits: Permits, grant: Grant): Promise<boolean> {
    const source = this.#closed ? 'none' : this.#source();
    const isWanted = !asked.granted && source !== 'none' && permits === this.#sources[source];
    if (!isWanted) return Promise.resolve(false);
    asked.granted = true;
    this.#asked.delete(asked);
    return asked.use(grant);
  }
}
