import { STATUS_CODES } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Exchange } from '../request/exchange.ts';
import { type Wire, writeHead } from '../request/wire.ts';
import type { FaultRule } from './fault-rule.ts';

/** Time for the bytes before a reset to reach the client: a reset makes it throw away what it has not read. */
const SETTLE_MS = 10;

/** The whole body, a few bytes at a time. */
export async function drip(rule: FaultRule, exchange: Exchange, wire: Wire): Promise<void> {
  const { res, record, gone } = exchange;
  const bytes = rule.bytes ?? 16;
  writeHead(exchange, wire);
  res.flushHeaders();
  for (let sent = 0; sent < wire.body.length && !gone.aborted; sent += bytes) {
    const part = wire.body.subarray(sent, sent + bytes);
    res.write(part);
    record.bytes += part.length;
    await delay(rule.every_ms ?? 100, undefined, { signal: gone }).catch(() => undefined);
  }
  res.end();
}

/** The connection is reset (RST) in the middle of the body. */
export async function resetAfter(rule: FaultRule, exchange: Exchange, wire: Wire): Promise<void> {
  await writePart(rule, exchange, wire);
  exchange.res.socket?.resetAndDestroy();
}

/** The connection ends (FIN) before the declared length is reached. */
export async function truncateAfter(rule: FaultRule, exchange: Exchange, wire: Wire): Promise<void> {
  await writePart(rule, exchange, wire);
  exchange.res.socket?.destroy();
}

/** The socket is closed unanswered, or `after_bytes` into the head. */
export async function closeAfter(rule: FaultRule, { res, gone }: Exchange, wire: Wire): Promise<void> {
  const bytes = rule.after_bytes ?? 0;
  if (bytes > 0) {
    const head = `HTTP/1.1 ${wire.status} ${STATUS_CODES[wire.status]}\r\ncontent-type: application/json\r\n`;
    res.socket?.write(head.slice(0, bytes));
    await delay(SETTLE_MS, undefined, { signal: gone }).catch(() => undefined);
  }
  res.socket?.destroy();
}

async function writePart(rule: FaultRule, exchange: Exchange, wire: Wire): Promise<void> {
  const { res, record, gone } = exchange;
  // The last byte is held back even from a short body: the answer must stay incomplete.
  const part = wire.body.subarray(0, Math.min(rule.after_bytes ?? 100, Math.max(0, wire.body.length - 1)));
  writeHead(exchange, wire);
  res.flushHeaders();
  if (part.length > 0) res.write(part);
  record.bytes += part.length;
  await delay(SETTLE_MS, undefined, { signal: gone }).catch(() => undefined);
}
