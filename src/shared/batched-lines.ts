/** Where finished lines go, each with its line break. */
export interface LineSink {
  write(lines: string): void;
}

const BATCH_CHARACTERS = 16_384;
const LONGEST_MS = 100;

/**
 * Writes what can wait together with what comes soon after it: a line costs a system call, which is more than all the
 * rest of answering from memory. Order is kept: whatever is written at once is written behind what waits.
 */
export class BatchedLines implements LineSink {
  readonly #out: LineSink;
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(out: LineSink) {
    this.#out = out;
  }

  /** At once. */
  write(lines: string): void {
    this.#waiting += lines;
    this.flush();
  }

  /** Within a tenth of a second, or when there is enough of it. */
  writeSoon(line: string): void {
    this.#waiting += line;
    if (this.#waiting.length >= BATCH_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), LONGEST_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = '';
    if (lines !== '') this.#out.write(lines);
  }
}
