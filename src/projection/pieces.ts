import { type Member, members } from '../shared/json-scan.ts';

export const QUOTE = 0x22;
export const OPENING_BRACE = 0x7b;
export const OPENING_BRACKET = 0x5b;

const BRACES = [Buffer.from('{'), Buffer.from('}')] as const;
const BRACKETS = [Buffer.from('['), Buffer.from(']')] as const;
const COMMA = Buffer.from(',');

/** The object in `bytes` made anew of what is kept of each of its members: pieces of one member, or none. */
export function objectOf(bytes: Buffer, kept: (member: Member) => readonly Buffer[]): Buffer {
  const pieces: Buffer[] = [BRACES[0]];
  for (const member of members(bytes)) {
    const own = kept(member);
    if (own.length > 0) pieces.push(...(pieces.length > 1 ? [COMMA] : []), ...own);
  }
  return Buffer.concat([...pieces, BRACES[1]]);
}

/** A list of values that are JSON each. */
export function listOf(values: readonly Buffer[]): Buffer {
  const pieces = values.flatMap((value, at) => (at === 0 ? [value] : [COMMA, value]));
  return Buffer.concat([BRACKETS[0], ...pieces, BRACKETS[1]]);
}

/** Name and value. */
export const wholeOf = (bytes: Buffer, { whole }: Member): Buffer => bytes.subarray(whole.start, whole.end);

export const valueBytes = (bytes: Buffer, { value }: Member): Buffer =>
  bytes.subarray(value.start, value.end);
