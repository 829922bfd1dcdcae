export interface ArrivalMaximum {
  readonly value: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly firstSeq: number;
}

const COMPACT_AFTER = 4096;

/**
 * The largest number of arrivals in any half-open interval [t, t + window), kept as they come. The largest
 * interval can be slid right until it ends at an arrival, so looking back from each arrival finds it.
 * Memory is one window of arrivals.
 */
export class ArrivalMaximumCounter {
  readonly #windowUs: number;
  #times: number[] = [];
  #seqs: number[] = [];
  #head = 0;
  #maximum: ArrivalMaximum | undefined;

  constructor(windowUs: number) {
    this.#windowUs = windowUs;
  }

  get maximum(): ArrivalMaximum | undefined {
    return this.#maximum;
  }

  /** Whole microseconds, never earlier than the arrival before. */
  add(timeUs: number, seq: number): void {
    this.#times.push(timeUs);
    this.#seqs.push(seq);
    while ((this.#times[this.#head] as number) <= timeUs - this.#windowUs) this.#head++;
    const value = this.#times.length - this.#head;
    if (value > (this.#maximum?.value ?? 0)) {
      this.#maximum = {
        value,
        fromUs: this.#times[this.#head] as number,
        toUs: timeUs,
        firstSeq: this.#seqs[this.#head] as number,
      };
    }
    if (this.#head > COMPACT_AFTER && this.#head * 2 > this.#times.length) this.#compact();
  }

  #compact(): void {
    this.#times = this.#times.slice(this.#head);
    this.#seqs = this.#seqs.slice(this.#head);
    this.#head = 0;
  }
}
