/** A `total` member taken out of a body. Putting `bytes` back at `at` restores what Amperity sent. */
export interface CutTotal {
  /** The member's value as Amperity wrote it. */
  readonly text: string;
  readonly at: number;
  readonly bytes: Buffer;
}

const OPENING_BRACE = 0x7b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const WHITESPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Takes the top-level `total` out by position. `bytes` is known to be a valid JSON object with some other member
 * beside it. Of repeated totals the last one counts, as in `JSON.parse`.
 */
export function cutTotal(bytes: Buffer): { body: Buffer; total?: CutTotal } {
  let total: CutTotal | undefined;
  let body = bytes;
  for (let member = findTotal(body); member !== undefined; member = findTotal(body)) {
    const [from, to] = cutOf(body, member);
    const text = body.toString('utf8', member.valueStart, member.end);
    // Copied: a view would keep the whole body in memory a second time.
    total = { text, at: from, bytes: Buffer.from(body.subarray(from, to)) };
    body = Buffer.concat([body.subarray(0, from), body.subarray(to)]);
  }
  return total === undefined ? { body } : { body, total };
}

/**
 * The page with its total, as a caller of `with_total=true` gets it. A page that came with this very total gets
 * its own bytes back; another one gets the member at the front.
 *
 * @param total text of the number; empty when Amperity sends no totals
 */
export function putTotal(body: Buffer, cut: CutTotal | undefined, total: string): Buffer {
  if (total === '') return body;
  if (cut?.text === total) {
    return Buffer.concat([body.subarray(0, cut.at), cut.bytes, body.subarray(cut.at)]);
  }
  const brace = body.indexOf(OPENING_BRACE) + 1;
  return Buffer.concat([body.subarray(0, brace), Buffer.from(`"total":${total},`), body.subarray(brace)]);
}

interface Member {
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  /** Where the comma after the member stands, or the position of the closing brace. */
  readonly next: number;
}

/** The member and exactly one of the commas beside it. */
function cutOf(bytes: Buffer, { start, end, next }: Member): [from: number, to: number] {
  if (bytes[next] === COMMA) return [start, skipWhitespace(bytes, next + 1)];
  const comma = bytes.subarray(0, start).lastIndexOf(COMMA);
  return [comma === -1 ? start : comma, end];
}

/** The first member of the outermost object whose name is `total`, however the name is escaped. */
function findTotal(bytes: Buffer): Member | undefined {
  let start = skipWhitespace(bytes, bytes.indexOf(OPENING_BRACE) + 1);
  while (bytes[start] === QUOTE) {
    const nameEnd = stringEnd(bytes, start);
    const valueStart = skipWhitespace(bytes, skipWhitespace(bytes, nameEnd) + 1);
    const end = valueEnd(bytes, valueStart);
    const next = skipWhitespace(bytes, end);
    const name: unknown = JSON.parse(bytes.toString('utf8', start, nameEnd));
    if (name === 'total') return { start, valueStart, end, next };
    start = skipWhitespace(bytes, next + 1);
  }
  return undefined;
}

function skipWhitespace(bytes: Buffer, from: number): number {
  let at = from;
  while (WHITESPACE.has(bytes[at] ?? 0)) at += 1;
  return at;
}

/** Position after the string that opens at `at`. */
function stringEnd(bytes: Buffer, at: number): number {
  let end = at + 1;
  while (bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1;
  return end + 1;
}

/** Position after the value that starts at `at`, trailing whitespace left out. */
function valueEnd(bytes: Buffer, at: number): number {
  let depth = 0;
  let end = at;
  let lastByte = at;
  for (;;) {
    const byte = bytes[end] ?? 0;
    if (depth === 0 && (byte === COMMA || CLOSE.has(byte))) return lastByte;
    if (OPEN.has(byte)) depth += 1;
    else if (CLOSE.has(byte)) depth -= 1;
    end = byte === QUOTE ? stringEnd(bytes, end) : end + 1;
    if (!WHITESPACE.has(byte)) lastByte = end;
  }
}
