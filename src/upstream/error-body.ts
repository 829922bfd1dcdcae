import { isUtf8 } from 'node:buffer';
import querystring from 'node:querystring';
import type { PageRequest } from '../shared/page-request.ts';

const LONGEST_MESSAGE = 300;

export interface UpstreamError {
  readonly message?: string;
  readonly upstreamRequestId?: string;
}

/**
 * What may be told of Amperity's error body. Its message often repeats the input, so one that holds any value of
 * the request, or anything but plain text, is left out.
 */
export function readErrorBody(body: Buffer, request: PageRequest): UpstreamError {
  const parsed = parse(body);
  const id = parsed.request_id;
  const message = parsed.message;
  return {
    ...(typeof id === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(id) ? { upstreamRequestId: id } : {}),
    ...(typeof message === 'string' && isShowable(message, request) ? { message } : {}),
  };
}

function parse(body: Buffer): Record<string, unknown> {
  if (body.length > 65_536 || !isUtf8(body)) return {};
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isShowable(message: string, { filters, extras = [], profile, nextToken }: PageRequest): boolean {
  if (message.length > LONGEST_MESSAGE || /\p{C}/u.test(message)) return false;
  const values = [...[...filters, ...extras].map(([, value]) => value), profile, nextToken];
  return !values.some((value) => value !== undefined && repeats(message, value));
}

/** As it was asked, or as a URL or a quotation has it. */
function repeats(message: string, value: string): boolean {
  if (message.toLowerCase().includes(value.toLowerCase())) return true;
  const bare = bareText(value);
  return bare !== '' && bareText(querystring.unescape(message)).includes(bare);
}

/** Letters and digits alone: what stands between them is what encodings change. */
const bareText = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
