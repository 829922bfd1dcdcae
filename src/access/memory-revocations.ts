import type { Clock } from '../shared/clock.ts';
import type { Revocations } from './revocations.ts';

/** The revocations that one process knows, until it ends. */
export class MemoryRevocations implements Revocations {
  readonly #clock: Pick<Clock, 'now'>;
  /** By the key's id, when it ends by itself; ms since the epoch. */
  readonly #notAfter = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  isRevoked(keyId: string): boolean {
    return this.#clock.now() < (this.#notAfter.get(keyId) ?? 0);
  }

  async revoke(keyId: string, notAfterMs: number): Promise<void> {
    this.learn(keyId, notAfterMs);
  }

  /** Of two that are said to end at different times, the key is refused until the later. */
  learn(keyId: string, notAfterMs: number): void {
    this.#notAfter.set(keyId, Math.max(notAfterMs, this.#notAfter.get(keyId) ?? 0));
  }

  /** Forgets keys that have ended, and gives the others. */
  standing(): ReadonlyMap<string, number> {
    for (const [keyId, notAfterMs] of this.#notAfter) {
      if (this.#clock.now() >= notAfterMs) this.#notAfter.delete(keyId);
    }
    return this.#notAfter;
  }

  close(): void {}
}
