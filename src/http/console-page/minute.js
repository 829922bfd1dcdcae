/** The last minute, second by second, and what can be told of it as a whole. */

export const MINUTE = 60;
export const ENDINGS = ['hit', 'stale', 'shared', 'miss', 'refused', 'rejected', 'failed'];
const CACHED = ['hit', 'stale'];
const ANSWERED = [...CACHED, 'shared', 'miss'];
/** Views come each second: who has not been heard of for so long is shown as old. */
export const OLD_MS = 3000;

export class Minute {
  /** By epoch seconds. */
  #seconds = new Map();
  #last = 0;

  /** Views overlap: what comes later knows more. */
  take({ at, seconds }) {
    for (const second of seconds) this.#seconds.set(second.at / 1000, second);
    this.#last = Math.floor(at / 1000) - 1;
    for (const second of this.#seconds.keys()) {
      if (second <= this.#last - MINUTE || second > this.#last) this.#seconds.delete(second);
    }
  }

  /** Epoch seconds, oldest first. */
  get times() {
    return Array.from({ length: MINUTE }, (_, n) => this.#last - MINUTE + 1 + n);
  }

  /** One value for each of them; null where nothing is known. */
  series(read) {
    return this.times.map((time) => {
      const second = this.#seconds.get(time);
      return second === undefined ? null : (read(second) ?? null);
    });
  }

  sum(read) {
    return this.series(read).reduce((sum, value) => sum + (value ?? 0), 0);
  }

  get last() {
    return this.#seconds.get(this.#last);
  }

  ended(kind) {
    return this.sum(({ endings }) => endings[kind] ?? 0);
  }

  /** Of the answers with a page, the part that was stored; undefined when there were none. */
  get cachedShare() {
    const sumOf = (kinds) => kinds.reduce((sum, kind) => sum + this.ended(kind), 0);
    const answered = sumOf(ANSWERED);
    return answered === 0 ? undefined : sumOf(CACHED) / answered;
  }

  get tookMs() {
    return [...this.#seconds.values()].flatMap(({ tookMs }) => tookMs);
  }

  /** The most asked first. */
  indexes(most) {
    const counts = new Map();
    for (const { indexes } of this.#seconds.values())
      for (const [index, count] of indexes) counts.set(index, (counts.get(index) ?? 0) + count);
    return [...counts].sort(([, a], [, b]) => b - a).slice(0, most);
  }
}

/** Calls that did not bring an answer of use. */
export const troubles = ({ outcomes }) =>
  ['throttled', 'server_error', 'timeout', 'network', 'auth'].reduce(
    (sum, outcome) => sum + (outcomes[outcome] ?? 0),
    0,
  );

/** The least of the values that so many per cent do not exceed; undefined of none. */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}
