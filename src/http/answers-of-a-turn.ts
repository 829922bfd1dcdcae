import type { ServerResponse } from 'node:http';

/**
 * Ends the answers to the requests that one turn of the event loop has read, all at its end. One by one, each would wake
 * whoever waits for it, who sleeps again before the next: on a virtual machine that costs the sender as much as the
 * answer itself. And what reads requests, and what writes answers, then runs from warm caches. See decision 014.
 */
export class AnswersOfATurn<T> {
  readonly #sent: (res: ServerResponse, about: T) => void;
  #ready: ServerResponse[] = [];
  /** Of each, in the same order. */
  #bodies: (Buffer | undefined)[] = [];
  #about: T[] = [];

  /** @param sent called for each when the system has been given it, or as much of it as it would take */
  constructor(sent: (res: ServerResponse, about: T) => void) {
    this.#sent = sent;
  }

  end(res: ServerResponse, body: Buffer | undefined, about: T): void {
    if (this.#ready.length === 0) setImmediate(this.#endAll);
    this.#ready.push(res);
    this.#bodies.push(body);
    this.#about.push(about);
  }

  readonly #endAll = (): void => {
    const ready = this.#ready;
    const bodies = this.#bodies;
    const about = this.#about;
    this.#ready = [];
    this.#bodies = [];
    this.#about = [];
    for (let at = 0; at < ready.length; at += 1) ready[at]?.end(bodies[at]);
    for (const [at, res] of ready.entries()) this.#sent(res, about[at] as T);
  };
}
