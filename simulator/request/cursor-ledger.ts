interface Life {
  issuedMs: number;
  uses: number;
}

const MOST_CURSORS = 100_000;

/** Age and use of cursors; only consulted when a knob limits either. */
export class CursorLedger {
  readonly #lives = new Map<string, Life>();

  clear(): void {
    this.#lives.clear();
  }

  /** A cursor handed out again is as good as new. */
  issue(token: string, nowMs: number): void {
    this.#lives.delete(token);
    this.#lives.set(token, { issuedMs: nowMs, uses: 0 });
    if (this.#lives.size > MOST_CURSORS) this.#dropOldest();
  }

  /** Counts one use; false when the cursor is too old or used up (0 = no limit). */
  use(token: string, nowMs: number, ttlMs: number, maxUses: number): boolean {
    if (ttlMs === 0 && maxUses === 0) return true;
    const life = this.#lives.get(token);
    if (!life) return true;
    life.uses++;
    const expired = ttlMs > 0 && nowMs - life.issuedMs >= ttlMs;
    return !expired && (maxUses === 0 || life.uses <= maxUses);
  }

  #dropOldest(): void {
    for (const token of this.#lives.keys()) {
      this.#lives.delete(token);
      return;
    }
  }
}
