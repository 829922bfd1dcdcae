import { createHmac, type KeyObject } from 'node:crypto';

/** Turns a text that may not be seen into one that may. */
export type Mask = (text: string) => string;

const SHORTEST_SHOWN = 8;
const SHOWN = 4;
const HIDDEN = '****';
const HMAC_CHARACTERS = 22;

/** The last four characters, of texts of which these are at most half; code points, so that none is cut in two. */
export const last4: Mask = (text) => {
  const characters = [...text];
  return characters.length < SHORTEST_SHOWN ? HIDDEN : HIDDEN + characters.slice(-SHOWN).join('');
};

/**
 * HMAC-SHA-256 (RFC 2104) in base64url, cut to 132 bits: equal texts stay equal, so that they can be joined by whoever
 * may not see them, and cannot be found by trying texts without the key.
 */
export const hmacMask =
  (key: KeyObject): Mask =>
  (text) =>
    createHmac('sha256', key).update(text, 'utf8').digest('base64url').slice(0, HMAC_CHARACTERS);
