import { STATUS_CODES } from 'node:http';
import type { KnobValues } from '../knobs/knob-table.ts';

/** What is to be sent, before encoding and extra headers. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** The one text published for this version of the API. */
export const NOT_FOUND_TEXT = 'The requested entity does not exist.';

export function jsonAnswer(body: string, status = 200): Answer {
  return { status, headers: JSON_TYPE, body };
}

/** An error as section 4 of the contract describes it; `serial` makes the ids. */
export function errorAnswer(
  knobs: KnobValues,
  status: number,
  message: string,
  serial: number,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const ids = knobs['error.ids']
    ? { request_id: `req-${serial.toString(16).padStart(8, '0')}`, trace_id: `trace-${serial}` }
    : {};
  const extra = knobs['error.extra'] ? { code: `E${status}`, details: [{ hint: 'unknown member' }] } : {};
  const body = JSON.stringify({ status, message, ...ids, ...extra });
  return { status, headers: { ...JSON_TYPE, ...headers }, body };
}

export function notFound(knobs: KnobValues, serial: number): Answer {
  return errorAnswer(knobs, 404, NOT_FOUND_TEXT, serial);
}

/** The same failure as something else than the documented JSON. */
export function plainErrorBody(kind: 'empty' | 'text' | 'html', status: number): Omit<Answer, 'status'> {
  const reason = `${status} ${STATUS_CODES[status] ?? 'Unknown'}`;
  if (kind === 'empty') return { headers: {}, body: '' };
  if (kind === 'text') return { headers: { 'content-type': 'text/plain' }, body: `${reason}\n` };
  return {
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html><html><head><title>${reason}</title></head><body><h1>${reason}</h1></body></html>\n`,
  };
}
