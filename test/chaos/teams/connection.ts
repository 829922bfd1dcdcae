import { createConnection, type Socket } from 'node:net';

export interface Answered {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Where a caller hangs up: as soon as so many bytes of the body are there, or after a time without any answer. */
export type HangUp = { readonly atBodyBytes: number } | { readonly afterMs: number };

interface Waiting {
  readonly hangUp: HangUp | undefined;
  readonly hasBody: boolean;
  readonly resolve: (answered: Answered | undefined) => void;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * One connection of an HTTP/1.1 client that sends what it is given, several requests in a pipeline too, and hangs up in
 * the middle. A general client would be most of the load of a run of a million answers.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #received: Buffer = Buffer.alloc(0);
  #isOpen = true;
  /** Requests sent so far. */
  sent = 0;
  /** Whether it was ended from this side. */
  #hungUp = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = createConnection({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => this.#end());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get hungUp(): boolean {
    return this.#hungUp;
  }

  /** Resolves with undefined when the connection ended before the answer was complete, from whichever side. */
  ask(request: string, { hangUp, hasBody = true }: { hangUp?: HangUp; hasBody?: boolean } = {}) {
    return new Promise<Answered | undefined>((resolve) => {
      if (!this.#isOpen) return resolve(undefined);
      this.sent += 1;
      this.#waiting.push({ hangUp, hasBody, resolve });
      this.#socket.write(request);
      if (hangUp !== undefined && 'afterMs' in hangUp) setTimeout(() => this.hangUp(), hangUp.afterMs);
    });
  }

  hangUp(): void {
    if (!this.#isOpen) return;
    this.#hungUp = true;
    this.#end();
    this.#socket.destroy();
  }

  #end(): void {
    this.#isOpen = false;
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#isOpen && this.#received.length > 0) if (!this.#takeOne()) return;
  }

  /** Whether a whole answer was there. */
  #takeOne(): boolean {
    const bytes = this.#received;
    const endOfHead = bytes.indexOf(END_OF_HEAD);
    const waiting = this.#waiting[0];
    if (waiting === undefined) throw new Error('an answer that nobody asked for');
    if (endOfHead < 0) return false;
    const start = endOfHead + END_OF_HEAD.length;
    const [statusLine = '', ...lines] = bytes.toString('latin1', 0, endOfHead).split('\r\n');
    const headers = new Map(lines.map(headerOf));
    const status = Number(statusLine.slice(9, 12));
    const whole = bodyOf(bytes, start, headers, waiting.hasBody && status !== 304 && status !== 204);
    const { hangUp } = waiting;
    if (hangUp !== undefined && 'atBodyBytes' in hangUp && bytes.length - start >= hangUp.atBodyBytes) {
      this.hangUp();
      return false;
    }
    if (whole === undefined) return false;
    this.#received = bytes.subarray(whole.end);
    this.#waiting.shift();
    waiting.resolve({ status, headers, body: whole.body });
    if (headers.get('connection') === 'close') {
      this.#end();
      this.#socket.destroy();
    }
    return true;
  }
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** undefined: it has not all arrived. */
function bodyOf(
  bytes: Buffer,
  start: number,
  headers: ReadonlyMap<string, string>,
  hasBody: boolean,
): { body: Buffer; end: number } | undefined {
  if (!hasBody) return { body: Buffer.alloc(0), end: start };
  if (headers.get('transfer-encoding') === 'chunked') return chunkedBody(bytes, start);
  const end = start + Number(headers.get('content-length') ?? 0);
  return bytes.length < end ? undefined : { body: bytes.subarray(start, end), end };
}

function chunkedBody(bytes: Buffer, start: number): { body: Buffer; end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const endOfSize = bytes.indexOf('\r\n', at);
    if (endOfSize < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, endOfSize), 16);
    const from = endOfSize + 2;
    at = from + size + 2;
    if (bytes.length < at) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), end: at };
    chunks.push(bytes.subarray(from, from + size));
  }
}
