import { createConnection, type Socket } from 'node:net';
import type { Attempt } from './attempt.ts';

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name; of a repeated one the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly head: string;
  /** One byte in each character. */
  readonly body: string;
  /** The connection ended before the answer did. */
  readonly isCut: boolean;
  /** From the sending to the last byte. */
  readonly tookMs: number;
}

export interface Exchange {
  readonly answers: readonly RawAnswer[];
  /** Bytes that are no answer, or one too many. */
  readonly rest: string;
  readonly isClosed: boolean;
  readonly isTimedOut: boolean;
}

interface Pending {
  readonly attempt: Attempt;
  readonly sentAt: number;
  readonly answers: RawAnswer[];
  readonly resolve: (exchange: Exchange) => void;
  timer: NodeJS.Timeout;
}

/** After the last answer that may come: one that must not come would be there by then. */
const LINGER_MS = 40;

/** A connection that sends bytes as they are and reads what comes back by RFC 9112, with no client in between. */
export class Connection {
  readonly localAddress: string;
  readonly #socket: Socket;
  #received = '';
  #isClosed = false;
  #pending: Pending | undefined;

  constructor(origin: string, localAddress: string) {
    const { hostname, port } = new URL(origin);
    this.localAddress = localAddress;
    this.#socket = createConnection({
      host: hostname,
      port: Number(port),
      localAddress,
      allowHalfOpen: true,
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#read(false);
    });
    this.#socket.on('end', () => {
      this.#read(true);
      this.#socket.destroy();
    });
    // A reset is one of the ways in which a server may end a connection.
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.once('close', () => {
      this.#isClosed = true;
      this.#read(true);
      this.#settle(false);
    });
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#socket.destroyed;
  }

  /** Sends, and resolves once all answers that may come are there, the connection is closed or the time is over. */
  send(attempt: Attempt, mostMs: number): Promise<Exchange> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(true), mostMs);
      this.#pending = { attempt, sentAt: performance.now(), answers: [], resolve, timer };
      if (this.isClosed) return this.#settle(false);
      this.#socket.write(attempt.bytes, () => {
        if (attempt.ending === 'half-close') this.#socket.end();
        if (attempt.ending === 'destroy') this.#socket.destroy();
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Sends what belongs to no attempt. */
  write(bytes: string): void {
    if (!this.isClosed) this.#socket.write(bytes, 'latin1');
  }

  /** Takes nothing more from the server. */
  stopReading(): void {
    this.#socket.pause();
  }

  async closed(): Promise<string> {
    if (!this.#isClosed) await new Promise((resolve) => this.#socket.once('close', resolve));
    return this.#received;
  }

  #read(isOver: boolean): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const { answers, attempt, sentAt } = pending;
    while (answers.length < attempt.asked.length) {
      const method = attempt.asked[answers.length]?.method ?? '';
      const taken = takeAnswer(this.#received, method, isOver);
      if (taken === undefined) return;
      this.#received = this.#received.slice(taken.length);
      if (taken.answer !== undefined) answers.push({ ...taken.answer, tookMs: performance.now() - sentAt });
    }
    if (attempt.isFramed) this.#settle(false);
    else {
      clearTimeout(pending.timer);
      pending.timer = setTimeout(() => this.#settle(false), LINGER_MS);
    }
  }

  #settle(isTimedOut: boolean): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    clearTimeout(pending.timer);
    const rest = this.#received;
    this.#received = '';
    pending.resolve({ answers: pending.answers, rest, isClosed: this.isClosed, isTimedOut });
  }
}

type Taken = { readonly length: number; readonly answer: Omit<RawAnswer, 'tookMs'> | undefined };

/** The first answer of what was received; `undefined` while more of it has to come. */
function takeAnswer(received: string, method: string, isOver: boolean): Taken | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.slice(0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0);
  const headers: Record<string, string> = {};
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const from = end + 4;
  // Interim ones, but not the change to another protocol, which would be final (RFC 9110 §15.2).
  if (status >= 100 && status < 200 && status !== 101) return { length: from, answer: undefined };
  const body = takeBody(received, from, method, status, headers, isOver);
  if (body === undefined) return undefined;
  return { length: body.end, answer: { status, headers, head, body: body.text, isCut: body.isCut } };
}

function takeBody(
  received: string,
  from: number,
  method: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  isOver: boolean,
): { readonly text: string; readonly end: number; readonly isCut: boolean } | undefined {
  if (method === 'HEAD' || status === 204 || status === 304) return { text: '', end: from, isCut: false };
  const all = { text: received.slice(from), end: received.length, isCut: true };
  if (headers['transfer-encoding'] === 'chunked')
    return takeChunks(received, from) ?? (isOver ? all : undefined);
  const length = headers['content-length'];
  if (length === undefined) return isOver ? { ...all, isCut: false } : undefined;
  const end = from + Number(length);
  if (received.length < end) return isOver ? all : undefined;
  return { text: received.slice(from, end), end, isCut: false };
}

function takeChunks(
  received: string,
  from: number,
): { readonly text: string; readonly end: number; readonly isCut: boolean } | undefined {
  let text = '';
  for (let at = from; ; ) {
    const line = received.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(received.slice(at, line), 16);
    const end = line + 2 + size + 2;
    if (received.length < end) return undefined;
    if (size === 0) return { text, end, isCut: false };
    text += received.slice(line + 2, line + 2 + size);
    at = end;
  }
}
