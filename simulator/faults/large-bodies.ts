import { once } from 'node:events';
import { brotliCompressSync, constants, createBrotliCompress, createGzip, gzipSync } from 'node:zlib';
import type { Answer } from '../request/answer.ts';
import type { Exchange } from '../request/exchange.ts';
import { accepts, writeHead } from '../request/wire.ts';
import type { FaultRule } from './fault-rule.ts';

const HEAD = '{"data":[],"padding":"';
const TAIL = '"}';
const BLOCK = Buffer.alloc(64 * 1024, 'x');
const HUGE_BYTES = 64 * 1024 * 1024;
const BOMB_BYTES = 256 * 1024 * 1024;

type Coding = 'gzip' | 'br';

/** Valid JSON of `bytes` bytes, sent as fast as the client reads. */
export async function sendHuge(rule: FaultRule, exchange: Exchange): Promise<void> {
  const { res, record, gone } = exchange;
  writeHead(exchange, { status: 200, headers: { 'content-type': 'application/json' } });
  for (const block of blocks(rule.bytes ?? HUGE_BYTES)) {
    if (gone.aborted) return;
    record.bytes += block.length;
    if (!res.write(block)) await once(res, 'drain', { signal: gone }).catch(() => undefined);
  }
  res.end();
}

/** A small body that expands to `bytes` bytes of valid JSON, encoded `layers` times. */
export async function bombAnswer(rule: FaultRule): Promise<Answer> {
  const coding = (rule.encoding ?? 'gzip') as Coding;
  const layers = rule.layers ?? 1;
  let body = await compressBlocks(coding, blocks(rule.bytes ?? BOMB_BYTES));
  for (let layer = 1; layer < layers; layer++) body = await compressBlocks(coding, [body]);
  return { status: 200, headers: encodedAs(coding, layers), body };
}

/** A coding the client asked for comes corrupt; one it did not ask for comes valid, which is no better. */
export function badEncodingAnswer(rule: FaultRule, exchange: Exchange, answer: Answer): Answer {
  const coding = (rule.encoding ?? 'gzip') as Coding;
  const layers = rule.layers ?? 1;
  const plain = rule.bytes === undefined ? Buffer.from(answer.body) : Buffer.concat([...blocks(rule.bytes)]);
  let body = plain;
  for (let layer = 0; layer < layers; layer++)
    body = coding === 'br' ? brotliCompressSync(body) : gzipSync(body);
  if (accepts(exchange, coding))
    for (let at = 12; at < body.length; at += 7) body[at] = 0xa5 ^ (body[at] ?? 0);
  return { status: 200, headers: encodedAs(coding, layers), body };
}

function encodedAs(coding: Coding, layers: number): Record<string, string> {
  return { 'content-type': 'application/json', 'content-encoding': Array(layers).fill(coding).join(', ') };
}

function* blocks(bytes: number): Generator<Buffer> {
  yield Buffer.from(HEAD);
  let left = Math.max(0, bytes - HEAD.length - TAIL.length);
  for (; left > 0; left -= BLOCK.length) yield left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
  yield Buffer.from(TAIL);
}

async function compressBlocks(coding: Coding, input: Iterable<Buffer>): Promise<Buffer> {
  const stream =
    coding === 'br'
      ? createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
      : createGzip({ level: 6 });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(stream, 'end');
  for (const block of input) if (!stream.write(block)) await once(stream, 'drain');
  stream.end();
  await ended;
  return Buffer.concat(chunks);
}
