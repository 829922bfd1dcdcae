type Leave = () => void;

/** Lets so many requests in at once and queues the rest, first come first served. */
export class Capacity {
  readonly #concurrent: () => number;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  /** `concurrent` 0 means no cap. */
  constructor(concurrent: () => number) {
    this.#concurrent = concurrent;
  }

  /** Resolves when there is room, or once the signal aborts; call the result exactly once to leave. */
  enter(signal: AbortSignal): Promise<Leave> {
    const cap = this.#concurrent();
    if (cap === 0 || (this.#inside < cap && this.#waiting.size === 0)) return Promise.resolve(this.#step());
    return new Promise((resolve) => {
      const enter = () => resolve(this.#step());
      this.#waiting.add(enter);
      signal.addEventListener('abort', () => {
        if (this.#waiting.delete(enter)) resolve(() => undefined);
      });
    });
  }

  /** Lets in whoever fits now; also to be called when the cap changes. */
  admit(): void {
    const cap = this.#concurrent();
    for (const enter of this.#waiting) {
      if (cap > 0 && this.#inside >= cap) return;
      this.#waiting.delete(enter);
      enter();
    }
  }

  #step(): Leave {
    this.#inside++;
    return () => {
      this.#inside--;
      this.admit();
    };
  }
}
