import type { KnobValues } from '../knobs/knob-table.ts';
import { type Answer, errorAnswer, plainErrorBody } from './answer.ts';

/** The 429 of the rate limit. */
export function limitedAnswer(knobs: KnobValues, serial: number, nowMs: number): Answer {
  const headers = retryAfter(knobs, nowMs);
  const kind = knobs['rate.body'];
  if (kind === 'json') return errorAnswer(knobs, 429, 'Too many requests.', serial, headers);
  const plain = plainErrorBody(kind, 429);
  return { status: 429, headers: { ...plain.headers, ...headers }, body: plain.body };
}

function retryAfter(knobs: KnobValues, nowMs: number): Record<string, string> {
  const seconds = knobs['rate.retry_after_s'];
  switch (knobs['rate.retry_after']) {
    case 'none':
      return {};
    case 'seconds':
      return { 'retry-after': String(seconds) };
    case 'date':
      return { 'retry-after': new Date(nowMs + seconds * 1000).toUTCString() };
    case 'garbage':
      return { 'retry-after': 'in a little while' };
  }
}
