import { createHmac } from 'node:crypto';
import { type KeyRing, Subkeys } from '../shared/key-ring.ts';

const CHARACTERS = 27;

/**
 * Weak validators of bodies (RFC 9110 §8.8.3) that say nothing about what they validate but to who has the key: an
 * HMAC-SHA-256, cut to 162 bits. Empty where there is no key.
 */
export function validatorsBy(keys: KeyRing): (body: Buffer) => string {
  const subkeys = new Subkeys('etag');
  return (body) => {
    const [first] = keys();
    if (first === undefined) return '';
    const mac = createHmac('sha256', subkeys.of(first.key)).update(body).digest('base64url');
    return `W/"${mac.slice(0, CHARACTERS)}"`;
  };
}
