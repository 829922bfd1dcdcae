import { canariesIn } from './canary.ts';
import { Connection } from './connection.ts';
import type { Judge } from './judge.ts';

interface Manner {
  readonly kind: string;
  /** Sent at once. */
  readonly first: string;
  /** Sent over and over, one at a time. */
  readonly drip?: string;
  /** The server has to have ended it by then. */
  readonly mostMs?: number;
  /** The caller ends it then. */
  readonly leavesAfterMs?: number;
  readonly readsNothing?: boolean;
}

const DRIP_EVERY_MS = 300;
/** A head has 10 s and a request 15 s, looked at every second; by Node's own settings it would be a minute and five. */
const HEAD_MS = 30_000;
const REQUEST_MS = 40_000;

const LIST = '/api/indexes/idx-loyalty/profiles?limit=300';
const HEAD = 'Host: gateway\r\nX-API-Key: KEY\r\n';

const MANNERS: readonly Manner[] = [
  {
    kind: 'slow: drips its head',
    first: `GET ${LIST} HTTP/1.1\r\n${HEAD}X: cnry0q`,
    drip: 'x',
    mostMs: HEAD_MS,
  },
  {
    kind: 'slow: drips headers',
    first: `GET ${LIST} HTTP/1.1\r\n${HEAD}`,
    drip: 'a: cnry0q\r\n',
    mostMs: HEAD_MS,
  },
  {
    kind: 'slow: drips its body',
    first: `POST ${LIST} HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"cnry0q`,
    drip: 'x',
    mostMs: REQUEST_MS,
  },
  {
    kind: 'slow: drips chunks',
    first: `POST ${LIST} HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    drip: '1\r\nx\r\n',
    mostMs: REQUEST_MS,
  },
  { kind: 'slow: says nothing', first: '', mostMs: HEAD_MS },
  { kind: 'slow: says one byte', first: 'G', mostMs: HEAD_MS },
  { kind: 'slow: empty lines', first: '\r\n', drip: '\r\n', mostMs: HEAD_MS },
  { kind: 'slow: asks once and stays', first: `GET ${LIST} HTTP/1.1\r\n${HEAD}\r\n`, leavesAfterMs: 20_000 },
  {
    kind: 'slow: reads nothing',
    first: `GET ${LIST} HTTP/1.1\r\n${HEAD}\r\n`.repeat(200),
    leavesAfterMs: 8000,
    readsNothing: true,
  },
];

export interface SlowCallersParts {
  readonly origin: string;
  readonly key: string;
  readonly nextAddress: () => string;
  readonly judge: Judge;
}

/** Callers that hold connections for as long as they are let, beside all others. */
export class SlowCallers {
  readonly #parts: SlowCallersParts;
  readonly #open = new Set<Connection>();
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: SlowCallersParts) {
    this.#parts = parts;
  }

  /** @param each of every manner so many at a time */
  start(each: number): void {
    const callers = MANNERS.flatMap((manner) => Array.from({ length: each }, () => this.#again(manner)));
    this.#running = Promise.all(callers);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const connection of this.#open) connection.close();
    await this.#running;
  }

  async #again(manner: Manner): Promise<void> {
    while (!this.#isOver) await this.#call(manner);
  }

  async #call({ kind, first, drip, mostMs, leavesAfterMs, readsNothing }: Manner): Promise<void> {
    const { origin, key, nextAddress, judge } = this.#parts;
    const { tally, findings } = judge;
    judge.mean({ method: 'GET', target: LIST }, undefined);
    const startedAt = performance.now();
    const connection = new Connection(origin, nextAddress());
    this.#open.add(connection);
    if (readsNothing) connection.stopReading();
    connection.write(first.replaceAll('KEY', key));
    const dripping =
      drip === undefined ? undefined : setInterval(() => connection.write(drip), DRIP_EVERY_MS);
    const leaving =
      leavesAfterMs === undefined ? undefined : setTimeout(() => connection.close(), leavesAfterMs);
    const received = await connection.closed();
    clearInterval(dripping);
    clearTimeout(leaving);
    this.#open.delete(connection);
    if (this.#isOver) return;
    const tookMs = performance.now() - startedAt;
    tally.requests += 1;
    tally.withKey += 1;
    tally.count(kind, statusesOf(received), tookMs);
    if (mostMs !== undefined && tookMs > mostMs) findings.add(`${kind}: held for too long`, `${tookMs} ms`);
    if (canariesIn(received).length > 0) findings.add('an answer that repeats the input', received);
    if (/^HTTP\/1\.1 5/m.test(received)) findings.add(`${kind}: 5xx`, received);
  }
}

/** Of all answers on a connection; those who read nothing see none. */
function statusesOf(received: string): string {
  const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => status);
  return statuses.length === 0 ? 'none' : statuses.slice(0, 3).join('+');
}
