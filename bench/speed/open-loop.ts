import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

/**
 * Sends requests at instants that were fixed beforehand, however late the answers are, and measures from those instants:
 * a server that stalls is not asked less for it. Arguments: host, port, a file with the whole requests as a JSON list,
 * requests per second, seconds. Prints the latencies in microseconds, those of the first second left out.
 */
const [host = '', port = '', file = '', rateText = '', secondsText = ''] = process.argv.slice(2);
const requests: string[] = JSON.parse(readFileSync(file, 'utf8'));
const gapMs = 1000 / Number(rateText);
const total = Math.floor(Number(rateText) * Number(secondsText));
const warmUp = Math.floor(Number(rateText));
const CONNECTIONS = 64;

const latencies: number[] = [];
const waiting: number[] = [];
const free: Connection[] = [];
let next = 0;
let answered = 0;
let failed = 0;
let startedAt = 0;

class Connection {
  readonly #socket: Socket;
  #due = 0;
  /** Bytes of the present answer that are still to come; undefined while its head is not complete. */
  #left: number | undefined;
  #head = '';

  constructor(onReady: (connection: Connection) => void) {
    this.#socket = connect({ host, port: Number(port), noDelay: true }, () => onReady(this));
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', () => process.exit(2));
  }

  send(number: number): void {
    this.#due = startedAt + number * gapMs;
    this.#socket.write(requests[number % requests.length] ?? '', 'latin1');
  }

  #take(chunk: Buffer): void {
    if (this.#left === undefined) {
      const before = this.#head.length;
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.#head.startsWith('HTTP/1.1 200')) failed += 1;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1]);
      this.#left = length - (chunk.length - (end + 4 - before));
    } else this.#left -= chunk.length;
    if (this.#left > 0) return;
    this.#left = undefined;
    // The server may have said that this answer is the last one on this connection.
    const isLast = /\r\nconnection: close/i.test(this.#head);
    this.#head = '';
    answered += 1;
    if (answered > warmUp) latencies.push(Math.round((performance.now() - this.#due) * 1000));
    if (isLast) {
      this.#socket.destroy();
      new Connection(done);
    } else done(this);
  }
}

function done(connection: Connection): void {
  const number = waiting.shift();
  if (number === undefined) free.push(connection);
  else connection.send(number);
}

function tick(): void {
  const now = performance.now();
  for (; next < total && startedAt + next * gapMs <= now; next += 1) {
    const connection = free.pop();
    if (connection === undefined) waiting.push(next);
    else connection.send(next);
  }
  if (answered >= total) {
    process.stdout.write(`${JSON.stringify({ failed, latencies })}\n`, () => process.exit(0));
  } else setImmediate(tick);
}

let ready = 0;
for (let number = 0; number < CONNECTIONS; number += 1) {
  new Connection((connection) => {
    free.push(connection);
    ready += 1;
    if (ready < CONNECTIONS) return;
    startedAt = performance.now() + 10;
    tick();
  });
}
