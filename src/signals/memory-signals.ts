import type { Signal, Signals } from './signals.ts';

/** Signals within one process, delivered before `publish` returns. */
export class MemorySignals<T> implements Signals<T> {
  readonly #listeners = new Set<(signal: Signal<T>) => void>();

  publish(signal: Signal<T>): void {
    for (const listener of this.#listeners) listener(signal);
  }

  subscribe(listener: (signal: Signal<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
