/**
 * Where the parts of a JSON text stand, byte by byte. What is read here has been parsed before and is valid: nothing is
 * checked, and no value is made that would lose digits, order or spelling.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
const SPACE = 0x20;

// Compared one by one: a set of four costs three times as much, and this is done for every byte of a page.
const opens = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x5b;
const closes = (byte: number | undefined): boolean => byte === 0x7d || byte === 0x5d;
const isWhitespace = (byte: number | undefined): boolean =>
  byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;

export interface Span {
  readonly start: number;
  /** Position after the last byte. */
  readonly end: number;
}

/** A member of an object. */
export interface Member {
  /** Decoded. */
  readonly name: string;
  /** From the name's opening quote to the end of the value. */
  readonly whole: Span;
  readonly value: Span;
  /** Where the comma after the member stands, or the closing brace. */
  readonly next: number;
}

/** The members of the object that opens at `at` or after whitespace there, in order, repeated ones too. */
export function* members(bytes: Buffer, at = 0): Generator<Member> {
  let start = skipWhitespace(bytes, skipWhitespace(bytes, at) + 1);
  while (bytes[start] === QUOTE) {
    const nameEnd = stringEnd(bytes, start);
    const valueStart = skipWhitespace(bytes, skipWhitespace(bytes, nameEnd) + 1);
    const end = valueEnd(bytes, valueStart);
    const next = skipWhitespace(bytes, end);
    const name = textOf(bytes, start, nameEnd);
    yield { name, whole: { start, end }, value: { start: valueStart, end }, next };
    start = skipWhitespace(bytes, next + 1);
  }
}

/** The items of the array that opens at `at` or after whitespace there, in order. */
export function* items(bytes: Buffer, at = 0): Generator<Span> {
  let start = skipWhitespace(bytes, skipWhitespace(bytes, at) + 1);
  while (start < bytes.length && !closes(bytes[start])) {
    const end = valueEnd(bytes, start);
    yield { start, end };
    const next = skipWhitespace(bytes, end);
    if (bytes[next] !== COMMA) return;
    start = skipWhitespace(bytes, next + 1);
  }
}

export function skipWhitespace(bytes: Buffer, from: number): number {
  let at = from;
  while (isWhitespace(bytes[at])) at += 1;
  return at;
}

/** The same text on one line: what stands between its parts is left out, what stands in strings is not. */
export function withoutWhitespace(bytes: Buffer): Buffer {
  const compact = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at];
    const end = byte === QUOTE ? stringEnd(bytes, at) : at + 1;
    if (!isWhitespace(byte)) length += bytes.copy(compact, length, at, end);
    at = end;
  }
  return compact.subarray(0, length);
}

/** The string between two quotes; without escapes, as names are but for the oddest, it need not be parsed. */
function textOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? JSON.parse(`"${text}"`) : text;
}

/** Position after the string that opens at `at`. */
function stringEnd(bytes: Buffer, at: number): number {
  let end = at + 1;
  while (end < bytes.length && bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1;
  return end + 1;
}

/** Position after the value that starts at `at`. */
function valueEnd(bytes: Buffer, at: number): number {
  const first = bytes[at];
  if (first === QUOTE) return stringEnd(bytes, at);
  let end = at;
  if (!opens(first)) {
    while (end < bytes.length && !endsScalar(bytes[end])) end += 1;
    return end;
  }
  let depth = 0;
  do {
    const byte = bytes[end];
    if (opens(byte)) depth += 1;
    else if (closes(byte)) depth -= 1;
    end = byte === QUOTE ? stringEnd(bytes, end) : end + 1;
  } while (depth > 0 && end < bytes.length);
  return end;
}

const endsScalar = (byte: number | undefined): boolean =>
  byte === COMMA || closes(byte) || isWhitespace(byte);
