import { COMMA, type Member, members, skipWhitespace } from './json-scan.ts';
import { inOwnMemory } from './own-memory.ts';

/** A `total` member taken out of a body. Putting `bytes` back at `at` restores what Amperity sent. */
export interface CutTotal {
  /** The member's value as Amperity wrote it. */
  readonly text: string;
  readonly at: number;
  readonly bytes: Buffer;
}

const OPENING_BRACE = 0x7b;

/**
 * Takes the top-level `total` out by position. `bytes` is known to be a valid JSON object with some other member
 * beside it. Of repeated totals the last one counts, as in `JSON.parse`.
 */
export function cutTotal(bytes: Buffer): { body: Buffer; total?: CutTotal } {
  let total: CutTotal | undefined;
  let body = bytes;
  for (let member = findTotal(body); member !== undefined; member = findTotal(body)) {
    const [from, to] = cutOf(body, member);
    const text = body.toString('utf8', member.value.start, member.value.end);
    // Copied: a view would keep the whole body in memory a second time.
    total = { text, at: from, bytes: inOwnMemory(body.subarray(from, to)) };
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

/** The member and exactly one of the commas beside it. */
function cutOf(bytes: Buffer, { whole: { start, end }, next }: Member): [from: number, to: number] {
  if (bytes[next] === COMMA) return [start, skipWhitespace(bytes, next + 1)];
  const comma = bytes.subarray(0, start).lastIndexOf(COMMA);
  return [comma === -1 ? start : comma, end];
}

/** The first member of the outermost object whose name is `total`, however the name is escaped. */
function findTotal(bytes: Buffer): Member | undefined {
  for (const member of members(bytes)) if (member.name === 'total') return member;
  return undefined;
}
