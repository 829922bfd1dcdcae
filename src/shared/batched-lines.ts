/** Where finished lines go, each with its line break. */
export interface LineSink {
  write(lines: string): void;
}

const BATCH_CHARACTERS = 16_384;
/** So much a pipe takes as a whole also where other processes write to it (PIPE_BUF). Lines hold ASCII alone. */
const SHARED_BATCH_CHARACTERS = 4096;
const LONGEST_MS = 100;

/**
 * Writes what can wait together with what comes soon after it: a line costs a system call, which is more than all the
 * rest of answering from memory. Order is kept: whatever is written at once is written behind what waits.
 */
export class BatchedLines implements LineSink {
  readonly #out: LineSink;
  readonly #most: number;
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;

  /** @param isShared whether other processes write there, too */
  constructor(out: LineSink, isShared = false) {
    this.#out = out;
    this.#most = isShared ? SHARED_BATCH_CHARACTERS : BATCH_CHARACTERS;
  }

  /** At once. */
  write(lines: string): void {
    if (this.#waiting.length + lines.length > this.#most) this.flush();
    this.#waiting += lines;
    this.flush();
  }

  /** Within a tenth of a second, or when there is enough of it. */
  writeSoon(line: string): void {
    if (this.#waiting.length + line.length > this.#most) this.flush();
    this.#waiting += line;
    this.#timer ??= setTimeout(() => this.flush(), LONGEST_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = '';
    if (lines !== '') this.#out.write(lines);
  }
}
