import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';

/** An answer as it goes over the wire. */
export interface Wire {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

const gzipAside = promisify(gzip);
/** Larger bodies are compressed off the event loop. */
const SYNC_GZIP_BYTES = 32 * 1024;
const GZIP = { level: 1 };

/** Adds encoding, length and the headers the knobs ask for. */
export async function toWire(exchange: Exchange, answer: Answer): Promise<Wire> {
  const { knobs } = exchange;
  const plain = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  const encoded = answer.headers['content-encoding'] !== undefined;
  const zipped = !encoded && plain.length > 0 && wantsGzip(exchange);
  const body = zipped ? await compress(plain) : plain;
  const headers: Record<string, string | readonly string[]> = { ...answer.headers };
  if (zipped) headers['content-encoding'] = 'gzip';
  if (answer.status !== 204 && answer.status !== 304) headers['content-length'] = String(body.length);
  if (knobs['headers.deprecation'] !== null) headers.deprecation = knobs['headers.deprecation'];
  if (knobs['headers.sunset'] !== null) headers.sunset = knobs['headers.sunset'];
  Object.assign(headers, knobs['headers.extra']);
  return { status: answer.status, headers, body };
}

/** Sends the whole answer. */
export function send({ res, record }: Exchange, wire: Wire): void {
  writeHead({ res, record }, wire);
  const bodiless = wire.status === 204 || wire.status === 304;
  if (!bodiless) record.bytes += wire.body.length;
  res.end(bodiless ? undefined : wire.body);
}

export function writeHead({ res, record }: Pick<Exchange, 'res' | 'record'>, wire: Omit<Wire, 'body'>): void {
  record.status = wire.status;
  res.statusCode = wire.status;
  for (const [name, value] of Object.entries(wire.headers)) {
    res.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
}

/** Whether the client listed the coding with a weight above zero (RFC 9110, section 12.5.3). */
export function accepts(exchange: Pick<Exchange, 'req'>, coding: string): boolean {
  const listed = String(exchange.req.headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',');
  return listed.some((item) => {
    const [name, ...parameters] = item.split(';').map((part) => part.trim());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

function wantsGzip(exchange: Exchange): boolean {
  const encoding = exchange.knobs['http.encoding'];
  return encoding === 'gzip' || (encoding === 'accepted' && accepts(exchange, 'gzip'));
}

async function compress(plain: Buffer): Promise<Buffer> {
  return plain.length <= SYNC_GZIP_BYTES ? gzipSync(plain, GZIP) : gzipAside(plain, GZIP);
}
