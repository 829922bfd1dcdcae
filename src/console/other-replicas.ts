import type { Clock } from '../shared/clock.ts';
import type { Report } from './report.ts';
import { SECOND_MS, type Second, secondOf } from './second.ts';

interface Heard {
  readonly status: object;
  /** Monotonic. */
  readonly heardAt: number;
  /** By how much its clock is ahead of ours. */
  readonly aheadMs: number;
  /** Reports in a row that came as if its clock had been set back, or late. */
  readonly lateReports: number;
  /** By our clock. */
  readonly seconds: Map<number, Second>;
}

/** So many late reports in a row, and it is its clock. */
const MOST_LATE = 5;

/** What other replicas have reported of themselves lately, with their seconds moved to where ours are. */
export class OtherReplicas {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #gapMs: number;
  readonly #heard = new Map<string, Heard>();

  /**
   * @param keepMs how long what was reported is kept, also of replicas that have gone
   * @param gapMs who has been silent for longer may have done what none of its reports tells
   */
  constructor(clock: Clock, { gapMs, keepMs }: { keepMs: number; gapMs: number }) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#gapMs = gapMs;
  }

  /** `gap`: the rest of its minute is not known here any more. */
  heard({ at, replica, seconds, status }: Report): 'gap' | undefined {
    const now = this.#clock.monotonic();
    this.#forgetGone(now);
    const before = this.#heard.get(replica);
    const measuredMs = at - this.#clock.now();
    // Messages take now more and now less, by which a second must not come to lie in two places; and one that is late,
    // because somebody stood still, says nothing about clocks.
    const isLate = before !== undefined && measuredMs < before.aheadMs - SECOND_MS / 2;
    const lateReports = isLate ? before.lateReports + 1 : 0;
    const isAhead = before !== undefined && measuredMs > before.aheadMs + SECOND_MS / 2;
    const isSame = before !== undefined && !isAhead && lateReports < MOST_LATE;
    const aheadMs = isSame ? before.aheadMs : measuredMs;
    const known = isSame ? before.seconds : new Map<number, Second>();
    for (const second of seconds) known.set(secondOf(second.at - aheadMs + SECOND_MS / 2), second);
    const from = this.#clock.now() - this.#keepMs;
    for (const ended of known.keys()) if (ended < from) known.delete(ended);
    this.#heard.set(replica, {
      status,
      heardAt: now,
      aheadMs,
      lateReports: isSame ? lateReports : 0,
      seconds: known,
    });
    if (before === undefined) return undefined;
    return !isSame || now - before.heardAt > this.#gapMs ? 'gap' : undefined;
  }

  /** With the time since each was heard of. */
  replicas(): { readonly replica: string; readonly ageMs: number; readonly status: object }[] {
    const now = this.#clock.monotonic();
    this.#forgetGone(now);
    return [...this.#heard].map(([replica, { heardAt, status }]) => ({
      replica,
      ageMs: Math.round(now - heardAt),
      status,
    }));
  }

  /** Of all of them, by our clock. */
  *seconds(sinceMs: number): Generator<readonly [number, Second]> {
    for (const { seconds } of this.#heard.values()) {
      for (const entry of seconds) if (entry[0] >= sinceMs) yield entry;
    }
  }

  forget(): void {
    this.#heard.clear();
  }

  #forgetGone(now: number): void {
    for (const [name, { heardAt }] of this.#heard) if (now - heardAt > this.#keepMs) this.#heard.delete(name);
  }
}
