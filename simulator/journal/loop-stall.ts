const EVERY_MS = 5;

/** How late the event loop ran at worst; a stall shifts the arrival times that are stamped behind it. */
export class LoopStallWatch {
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  #maxMs = 0;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), EVERY_MS);
    this.#timer.unref();
  }

  get maxMs(): number {
    return Math.max(this.#maxMs, performance.now() - this.#last - EVERY_MS);
  }

  restart(): void {
    this.#maxMs = 0;
    this.#last = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#maxMs = Math.max(this.#maxMs, now - this.#last - EVERY_MS);
    this.#last = now;
  }
}
