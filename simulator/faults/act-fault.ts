import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../request/answer.ts';
import type { Exchange } from '../request/exchange.ts';
import { send, toWire, writeHead } from '../request/wire.ts';
import { malformedAnswer, redirectAnswer, statusAnswer } from './broken-answers.ts';
import { closeAfter, drip, resetAfter, truncateAfter } from './broken-transfer.ts';
import type { FaultRule } from './fault-rule.ts';
import { badEncodingAnswer, bombAnswer, sendHuge } from './large-bodies.ts';

/** Answers as the rule says; `answer` is what would have been sent. */
export async function actFault(
  rule: FaultRule,
  exchange: Exchange,
  answer: Answer,
  controlPort: number,
): Promise<void> {
  const sendAnswer = async (other: Answer) => send(exchange, await toWire(exchange, other));
  switch (rule.do) {
    case 'status':
      return sendAnswer(statusAnswer(rule, exchange));
    case 'malformed':
      return sendAnswer(malformedAnswer(rule, exchange, answer));
    case 'redirect':
      return sendAnswer(redirectAnswer(rule, exchange, controlPort));
    case 'bomb':
      return sendAnswer(await bombAnswer(rule));
    case 'bad_encoding':
      return sendAnswer(badEncodingAnswer(rule, exchange, answer));
    case 'huge':
      return rule.encoding ? sendAnswer(await bombAnswer(rule)) : sendHuge(rule, exchange);
    case 'hang':
      return hang(rule, exchange, answer);
    case 'drip':
      return drip(rule, exchange, await toWire(exchange, answer));
    case 'reset':
      return resetAfter(rule, exchange, await toWire(exchange, answer));
    case 'truncate':
      return truncateAfter(rule, exchange, await toWire(exchange, answer));
    case 'close':
      return closeAfter(rule, exchange, await toWire(exchange, answer));
  }
}

/** Longer than any client waits. */
const FOR_EVER_MS = 2 ** 31 - 1;

async function hang(rule: FaultRule, exchange: Exchange, answer: Answer): Promise<void> {
  const wire = await toWire(exchange, answer);
  if (rule.stage === 'after_headers') {
    writeHead(exchange, wire);
    exchange.res.flushHeaders();
  }
  await delay(rule.ms ?? FOR_EVER_MS, undefined, { signal: exchange.gone }).catch(() => undefined);
  if (exchange.gone.aborted) return;
  if (rule.stage !== 'after_headers') return send(exchange, wire);
  exchange.record.bytes += wire.body.length;
  exchange.res.end(wire.body);
}
