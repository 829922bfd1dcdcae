import { type Clock, every } from '../shared/clock.ts';
import type { CallOutcome } from '../shared/metrics.ts';
import { MOST_INDEXES, MOST_TIMES, type QuestionEnding, SECOND_MS, type Second, secondOf } from './second.ts';

/** What is looked at once a second rather than counted. */
export interface Gauges {
  readonly effectiveRate: () => number;
  readonly coolDownMs: () => number;
}

/** How often a problem was answered with since the start, and when last, as epoch ms. */
export interface ProblemCount {
  readonly count: number;
  readonly lastAt: number;
}

interface Recorded {
  readonly at: number;
  sent: number;
  readonly outcomes: Partial<Record<CallOutcome, number>>;
  readonly tookMs: number[];
  readonly endings: Partial<Record<QuestionEnding, number>>;
  readonly indexes: Map<string, number>;
  effectiveRate: number | null;
  coolDownMs: number;
}

/** Seconds that are kept: the last minute, and the one that is running. */
const KEPT = 61;
/** By how much the wall clock may be set back. */
const LITTLE_MS = 2 * SECOND_MS;

/** Remembers the last minute of this replica, second by second, and the problems since its start. */
export class Recorder {
  readonly #clock: Clock;
  readonly #gauges: Gauges;
  readonly #seconds: Recorded[] = [];
  readonly #problems = new Map<string, { count: number; lastAt: number }>();
  readonly #cancel: () => void;

  constructor(clock: Clock, gauges: Gauges) {
    this.#clock = clock;
    this.#gauges = gauges;
    this.#look();
    this.#cancel = every(clock, SECOND_MS, () => this.#look());
  }

  close(): void {
    this.#cancel();
  }

  /** A call has gone on the wire. */
  sent(): void {
    this.#now().sent += 1;
  }

  /** A call has ended. */
  called(outcome: CallOutcome, tookMs: number): void {
    const { outcomes, tookMs: times } = this.#now();
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (times.length < MOST_TIMES) times.push(Math.round(tookMs));
  }

  /** A question has been answered, or turned away. */
  ended(ending: QuestionEnding, index: string | undefined): void {
    const { endings, indexes } = this.#now();
    endings[ending] = (endings[ending] ?? 0) + 1;
    if (index === undefined) return;
    const count = indexes.get(index);
    if (count !== undefined || indexes.size < MOST_INDEXES) indexes.set(index, (count ?? 0) + 1);
  }

  /** An answer was a problem, of this code. */
  problem(code: string): void {
    const known = this.#problems.get(code);
    const lastAt = this.#clock.now();
    if (known === undefined) this.#problems.set(code, { count: 1, lastAt });
    else {
      known.count += 1;
      known.lastAt = lastAt;
    }
  }

  /** From this instant on, oldest first; the last one is still running. */
  seconds(sinceMs: number): Second[] {
    return this.#seconds
      .filter(({ at }) => at >= sinceMs)
      .map((second) => ({ ...second, indexes: [...second.indexes] }));
  }

  problems(): Readonly<Record<string, ProblemCount>> {
    return Object.fromEntries([...this.#problems].map(([code, known]) => [code, { ...known }]));
  }

  #look(): void {
    const second = this.#now();
    second.effectiveRate = this.#gauges.effectiveRate();
    second.coolDownMs = Math.max(second.coolDownMs, this.#gauges.coolDownMs());
  }

  #now(): Recorded {
    const at = secondOf(this.#clock.now());
    const last = this.#seconds.at(-1);
    // A wall clock that is set back a little goes on in the second that it had come to; after more, nothing is true.
    if (last !== undefined && last.at - at > LITTLE_MS) this.#seconds.length = 0;
    else if (last !== undefined && last.at >= at) return last;
    const second: Recorded = {
      at,
      sent: 0,
      outcomes: {},
      tookMs: [],
      endings: {},
      indexes: new Map(),
      effectiveRate: null,
      coolDownMs: 0,
    };
    this.#seconds.push(second);
    if (this.#seconds.length > KEPT) this.#seconds.shift();
    return second;
  }
}
