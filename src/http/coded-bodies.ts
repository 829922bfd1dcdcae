import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import Negotiator from 'negotiator';
import type { Answer } from '../serve/answer.ts';
import { inOwnMemory } from '../shared/own-memory.ts';
import { type PreparedBodies, spanOf } from '../shared/prepared-bodies.ts';

/** Content codings that answers are sent in, the better one first (RFC 9110 §8.4.1). */
const CODINGS = ['br', 'gzip'] as const;
export type Coding = (typeof CODINGS)[number];

/** What is sent of an answer. */
export interface Coded {
  /** Absent where it is sent as it is. */
  readonly coding?: Coding;
  readonly bytes: Buffer;
}

type Preferring = (available: string[], options: { readonly preferred: string[] }) => string | undefined;

/** Three packets: to keep less twice takes more room than it saves on the way. */
const SMALL_BYTES = 4096;
/** Each takes some hundred kilobytes while it runs, and a thread that others wait for. */
const MOST_AT_ONCE = 4;
/** Browsers and libraries send a handful of different ones. */
const KNOWN_HEADERS = 100;

/** Of what does not shrink. */
const NOTHING = Buffer.alloc(0);

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const CODERS: Readonly<Record<Coding, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliCompress)(body, BROTLI),
  gzip: promisify(gzip),
};

/**
 * Answers in the content codings of those who ask for them: each is made once, off the event loop, some at a time, and
 * kept by the validator of its bytes; whoever comes beside too many others gets the bytes as they are. Nothing that callers send stands in an answer, so its length gives away no secret in it.
 */
export class CodedBodies {
  readonly #prepared: PreparedBodies;
  readonly #making = new Map<string, Promise<Buffer>>();
  readonly #choices = new Map<string, Coding | undefined>();

  readonly #isOn: boolean;

  /** @param isOn otherwise everything is sent as it is */
  constructor(prepared: PreparedBodies, isOn = true) {
    this.#prepared = prepared;
    this.#isOn = isOn;
  }

  /** What suits the caller best (RFC 9110 §12.5.3); undefined: the bytes as they are. */
  choice(acceptEncoding: string | undefined): Coding | undefined {
    if (acceptEncoding === undefined || !this.#isOn) return undefined;
    if (this.#choices.has(acceptEncoding)) return this.#choices.get(acceptEncoding);
    const headers = { 'accept-encoding': acceptEncoding };
    // Its types are of a version without the second argument.
    const negotiator = new Negotiator({ headers }) as Negotiator & { encoding: Preferring };
    const best = negotiator.encoding([...CODINGS, 'identity'], { preferred: [...CODINGS] });
    const coding = CODINGS.find((one) => one === best);
    if (this.#choices.size >= KNOWN_HEADERS) this.#choices.clear();
    this.#choices.set(acceptEncoding, coding);
    return coding;
  }

  /** What is there to be sent at once; undefined: it has to be made first. */
  held({ body, etag }: Answer, coding: Coding | undefined): Coded | undefined {
    if (coding === undefined || body.length < SMALL_BYTES) return { bytes: body };
    const made = this.#prepared.get(nameOf(etag, coding))?.body;
    return made && codedOr(body, coding, made);
  }

  async of(answer: Answer, coding: Coding | undefined): Promise<Coded> {
    const { body, etag } = answer;
    const held = this.held(answer, coding);
    if (held !== undefined || coding === undefined) return held ?? { bytes: body };
    const name = nameOf(etag, coding);
    if (this.#making.size >= MOST_AT_ONCE && !this.#making.has(name)) return { bytes: body };
    const making = this.#making.get(name) ?? this.#make(name, answer, coding);
    this.#making.set(name, making);
    const made = await making.finally(() => this.#making.delete(name));
    return codedOr(body, coding, made);
  }

  async #make(name: string, { body, etag, page }: Answer, coding: Coding): Promise<Buffer> {
    const { epoch } = this.#prepared;
    const coded = await CODERS[coding](body);
    const made = coded.length < body.length ? inOwnMemory(coded) : NOTHING;
    // What was purged meanwhile may be in it.
    if (epoch === this.#prepared.epoch) this.#prepared.set(name, { body: made, etag, ...spanOf(page) });
    return made;
  }
}

const nameOf = (etag: string, coding: Coding): string => `${coding} ${etag}`;

const codedOr = (body: Buffer, coding: Coding, made: Buffer): Coded =>
  made === NOTHING ? { bytes: body } : { coding, bytes: made };
