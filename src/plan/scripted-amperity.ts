import { type Clock, sleep } from '../shared/clock.ts';
import type { PageRequest } from '../shared/page-request.ts';
import type { Amperity, UpstreamAnswer, UpstreamCall } from '../upstream/amperity.ts';
import { type Question, questionName } from './load.ts';

const CACHE_CONTROL = { noStore: false };

/** An Amperity in good health: every call is answered after a while, and none is refused for its rate. */
export class ScriptedAmperity implements Amperity {
  readonly #questions: ReadonlyMap<string, Question>;
  readonly #latencyMs: () => number;
  readonly #clock: Clock;
  /** Pages are views of the same zeroes: only their size counts, and a large cache costs no memory. */
  readonly #zeroes: Buffer;

  /** @param latencyMs what the next call takes */
  constructor(questions: Iterable<Question>, latencyMs: () => number, clock: Clock) {
    this.#questions = new Map([...questions].map((question) => [questionName(question.request), question]));
    this.#latencyMs = latencyMs;
    this.#clock = clock;
    let largest = 0;
    for (const { bytes } of this.#questions.values()) largest = Math.max(largest, bytes);
    this.#zeroes = Buffer.alloc(largest);
  }

  async get(request: PageRequest, { onSent }: UpstreamCall): Promise<UpstreamAnswer> {
    onSent();
    await sleep(this.#clock, this.#latencyMs());
    const question = this.#questions.get(questionName(request));
    if (question === undefined || question.kind === 'absent') {
      return { kind: 'absent', cacheControl: CACHE_CONTROL };
    }
    if (question.kind === 'refused') return { kind: 'refused' };
    const page = { body: this.#zeroes.subarray(0, question.bytes), count: 1 };
    return { kind: 'page', page, cacheControl: CACHE_CONTROL };
  }
}
