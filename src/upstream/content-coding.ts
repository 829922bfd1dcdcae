import { promisify } from 'node:util';
import { brotliDecompress, gunzip } from 'node:zlib';

const inflate = { gzip: promisify(gunzip), br: promisify(brotliDecompress) };

/** What we let Amperity compress with. */
export const ACCEPT_ENCODING = 'gzip, br';

/**
 * Undoes at most one content coding (RFC 9110 §8.4), never past `maxBytes`, so that a small answer cannot fill
 * the memory.
 *
 * @returns undefined for a coding that was not asked for, a corrupt body, or one that is too large
 */
export async function decodeContent(
  body: Buffer,
  coding: unknown,
  maxBytes: number,
): Promise<Buffer | undefined> {
  // RFC 9110 §8.4.1: names are case-insensitive, and x-gzip is gzip.
  const name =
    typeof coding === 'string'
      ? coding
          .trim()
          .toLowerCase()
          .replace(/^x-gzip$/, 'gzip')
      : coding;
  if (name === undefined || name === 'identity') return body;
  if (name !== 'gzip' && name !== 'br') return undefined;
  try {
    return await inflate[name](body, { maxOutputLength: maxBytes });
  } catch {
    return undefined;
  }
}
