import type { Clock } from '../../shared/clock.ts';
import { GatewayError } from '../../shared/errors.ts';
import { RedisInstants } from './redis-instants.ts';
import type { RunScript, ScriptAnswers } from './scripts.ts';

/** What the queue finds out beside what it is asked. */
export type QueueNews =
  /** It waits again: the replica that flew it has gone, or could not read it and leaves it to others. */
  | { readonly kind: 'returned'; readonly key: string }
  /** It failed, because replica after replica that flew it has gone. */
  | { readonly kind: 'crashed'; readonly key: string; readonly failure: GatewayError }
  /** This replica was taken for gone, or Redis has lost its data: what still waits here must be entered again. */
  | { readonly kind: 'forgotten' };

/** How often a replica says that it is there and what it has in the air, a third of the time it is believed. */
const RENEW_MS = 1000;

/** A connection that broke is back within half a second; a Redis that is away for longer has its own way back. */
const LANDING_REPEAT_MS = 250;
const LANDING_REPEATS = 40;

/** How long a flight fails that replica after replica has not survived. */
const CRASHED_MS = 60_000;

export const crashFailure = (): GatewayError =>
  new GatewayError('internal', 'The page could not be fetched: every try ended without an answer.', {
    retryAfterMs: CRASHED_MS,
  });

/** One replica's calls to the queue's scripts, and the second by second word that it is there. */
export class QueueLink {
  readonly instants = new RedisInstants();
  /** Claims of this replica in the air. */
  readonly flying = new Set<string>();
  readonly #run: RunScript;
  readonly #fixed: () => Readonly<Record<string, unknown>>;
  readonly #clock: Clock;
  readonly #tell: (news: QueueNews) => void;
  readonly #timers = new Set<() => void>();
  #state: 'new' | 'used' | 'closed' = 'new';
  /** Redis has heard of this replica. */
  #isKnown = false;

  /** @param fixed what every script is told: replica and limits */
  constructor(
    run: RunScript,
    fixed: () => Readonly<Record<string, unknown>>,
    clock: Clock,
    tell: (news: QueueNews) => void,
  ) {
    this.#run = run;
    this.#fixed = fixed;
    this.#clock = clock;
    this.#tell = tell;
  }

  async call<K extends keyof ScriptAnswers>(
    script: K,
    args: Readonly<Record<string, unknown>>,
  ): Promise<ScriptAnswers[K]> {
    if (this.#state === 'new') this.#keepRenewing();
    const sentAt = this.#clock.now();
    const told = await this.#run(script, { ...this.#fixed(), crashedMs: CRASHED_MS, ...args });
    this.instants.compare(sentAt, told.now, this.#clock.now());
    if (told.wasGone && this.#isKnown) this.#tell({ kind: 'forgotten' });
    this.#isKnown = true;
    for (const key of told.returned ?? []) this.#tell({ kind: 'returned', key });
    for (const key of told.crashed ?? []) this.#tell({ kind: 'crashed', key, failure: crashFailure() });
    return told;
  }

  /**
   * Tells how a claim ended. What Redis did not hear is said again behind, for as long as a claim that is over could be
   * taken for one whose replica was lost; until then the claim counts as in the air. Rejects as the first try does.
   */
  async land<T>(id: string, tell: () => Promise<T>, repeats = LANDING_REPEATS): Promise<T> {
    try {
      const told = await tell();
      this.flying.delete(id);
      return told;
    } catch (error) {
      if (repeats === 0) this.flying.delete(id);
      else this.#later(LANDING_REPEAT_MS, () => void this.land(id, tell, repeats - 1).catch(() => undefined));
      throw error;
    }
  }

  /** Keeps what this replica has in the air and waits for. */
  async renew(): Promise<void> {
    const { lost = [] } = await this.call('renew', { claims: [...this.flying] });
    for (const id of lost) this.flying.delete(id);
  }

  /** Tells of a flight that rests, once its rest is over. */
  tellReturned(key: string, restMs: number): void {
    this.#later(restMs, () => this.#tell({ kind: 'returned', key }));
  }

  close(): void {
    this.#state = 'closed';
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #keepRenewing(): void {
    this.#state = 'used';
    this.#later(RENEW_MS, () => {
      // Redis that does not answer now is asked again in a second; what it has lost by then, the answer tells.
      void this.renew()
        .catch(() => undefined)
        .finally(() => {
          if (this.#state !== 'closed') this.#keepRenewing();
        });
    });
  }

  #later(delayMs: number, run: () => void): void {
    if (this.#state === 'closed') return;
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}
