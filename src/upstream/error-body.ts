import { isUtf8 } from 'node:buffer';
import querystring from 'node:querystring';
import type { PageRequest } from '../shared/page-request.ts';

const LONGEST_MESSAGE = 300;
/** So many letters and digits in a row of a longer value are not told either: servers cut it short when they repeat it. */
const PART = 12;
/** A shorter value may stand in a request id by chance. */
const LEAST_IN_AN_ID = 6;

export interface UpstreamError {
  readonly message?: string;
  readonly upstreamRequestId?: string;
}

/**
 * What may be told of Amperity's error body. Its message often repeats the input, so one that holds any value of
 * the request, the token, a longer part of one, or anything but plain text, is left out.
 *
 * @param token the one that the request was sent with
 */
export function readErrorBody(body: Buffer, request: PageRequest, token: string): UpstreamError {
  const { message, request_id: id } = parse(body);
  return {
    ...(typeof id === 'string' && isShowableId(id, request, token) ? { upstreamRequestId: id } : {}),
    ...(typeof message === 'string' && isShowable(message, request, token) ? { message } : {}),
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

function isShowable(message: string, request: PageRequest, token: string): boolean {
  if (message.length > LONGEST_MESSAGE || /\p{C}/u.test(message)) return false;
  return ![...valuesOf(request), token].some((value) => repeats(message, value));
}

function isShowableId(id: string, request: PageRequest, token: string): boolean {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) return false;
  const values = valuesOf(request).filter((value) => bareText(value).length >= LEAST_IN_AN_ID);
  return ![...values, token].some((value) => repeats(id, value));
}

const valuesOf = ({ filters, extras = [], profile, nextToken }: PageRequest): string[] =>
  [...[...filters, ...extras].map(([, value]) => value), profile, nextToken].filter(
    (value) => value !== undefined,
  );

/** As it was sent, or as a URL or a quotation has it, or a part of that. */
function repeats(text: string, value: string): boolean {
  if (text.toLowerCase().includes(value.toLowerCase())) return true;
  const bare = bareText(value);
  if (bare === '') return false;
  const said = [bareText(text), bareText(querystring.unescape(text))];
  for (let at = 0; at === 0 || at + PART <= bare.length; at += 1) {
    const part = bare.slice(at, at + PART);
    if (said.some((form) => form.includes(part))) return true;
  }
  return false;
}

/** Letters and digits alone: what stands between them is what encodings change. */
const bareText = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
