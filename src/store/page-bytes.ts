import { inOwnMemory } from '../shared/own-memory.ts';
import type { StoredPage } from './page-store.ts';

/** Another number for another layout: entries of another version are then misses. */
const FORMAT = 1;
const LENGTH_AT = 1;
const HEADER_AT = LENGTH_AT + 4;

type Header = Omit<StoredPage, 'body' | 'cutTotal'> & {
  /** `bytes` in base64. */
  readonly cutTotal?: { readonly text: string; readonly at: number; readonly bytes: string };
};

/** A page as bytes: format ‖ length of the header (4) ‖ header in JSON ‖ body. */
export function toBytes({ body, cutTotal, ...rest }: StoredPage): Buffer {
  const header: Header =
    cutTotal === undefined
      ? rest
      : { ...rest, cutTotal: { ...cutTotal, bytes: cutTotal.bytes.toString('base64') } };
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(HEADER_AT);
  start.writeUInt8(FORMAT);
  start.writeUInt32BE(text.length, LENGTH_AT);
  return Buffer.concat([start, text, body]);
}

/** Undefined for what `toBytes` of this version did not write. */
export function fromBytes(bytes: Buffer): StoredPage | undefined {
  try {
    return bytes[0] === FORMAT ? parsed(bytes) : undefined;
  } catch {
    return undefined;
  }
}

function parsed(bytes: Buffer): StoredPage {
  const bodyAt = HEADER_AT + bytes.readUInt32BE(LENGTH_AT);
  const { cutTotal, ...rest }: Header = JSON.parse(bytes.toString('utf8', HEADER_AT, bodyAt));
  const body = inOwnMemory(bytes.subarray(bodyAt));
  if (cutTotal === undefined) return { ...rest, body };
  return { ...rest, body, cutTotal: { ...cutTotal, bytes: Buffer.from(cutTotal.bytes, 'base64') } };
}
