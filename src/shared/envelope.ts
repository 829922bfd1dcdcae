import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { compress, decompress } from './compression.ts';
import { type KeyRing, Subkeys } from './key-ring.ts';
import type { Sealer } from './sealer.ts';

export type { NamedKey } from './key-ring.ts';

const VERSION = 0x01;
const CIPHER = 'aes-256-gcm';
/** Random ones may be used 2^32 times with one key (SP 800-38D §8.3): 13 years of ten values a second. */
const IV_BYTES = 12;
/** Said to Node on both sides: otherwise it takes tags of 4, 8 and 12 bytes too, of which 4 can be guessed. */
const TAG_BYTES = 16;
const TAG = { authTagLength: TAG_BYTES };
/** Far above the defaults; whoever keeps larger values says so. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Compresses, then encrypts by AES-256-GCM:
 *
 *     0x01 ‖ length of kid ‖ kid ‖ codec ‖ iv (12) ‖ ciphertext ‖ tag (16)
 *
 * All before the iv, and the name under which the value lies, are authenticated with it: a value that was moved to
 * another name, or a reply that belongs to another question, does not open.
 */
export class Envelope implements Sealer {
  readonly #keys: KeyRing;
  readonly #subkeys: Subkeys;
  readonly #maxBytes: number;

  /**
   * @param purpose what was sealed for one purpose does not open for another
   * @param maxBytes what would open to more than this is not opened
   */
  constructor(purpose: 'page-value' | 'flight' | 'report', keys: KeyRing, maxBytes = MOST_BYTES) {
    this.#subkeys = new Subkeys(purpose);
    this.#keys = keys;
    this.#maxBytes = maxBytes;
  }

  async seal(plain: Buffer, name: string): Promise<Buffer> {
    const { codec, bytes } = await compress(plain);
    const [first] = this.#keys();
    if (first === undefined) throw new Error('There is no key to seal with.');
    const kid = Buffer.from(first.kid);
    const head = Buffer.concat([Buffer.from([VERSION, kid.length]), kid, Buffer.from([codec])]);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#subkeys.of(first.key), iv, TAG);
    cipher.setAAD(associated(head, name));
    return Buffer.concat([head, iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }

  async open(sealed: Buffer, name: string): Promise<Buffer | undefined> {
    try {
      const [version, kidLength = 0] = sealed;
      const ivAt = 2 + kidLength + 1;
      const textAt = ivAt + IV_BYTES;
      const tagAt = sealed.length - TAG_BYTES;
      if (version !== VERSION || tagAt < textAt) return undefined;
      const kid = sealed.toString('utf8', 2, 2 + kidLength);
      const master = this.#keys().find((known) => known.kid === kid);
      if (master === undefined) return undefined;

      const iv = sealed.subarray(ivAt, textAt);
      const decipher = createDecipheriv(CIPHER, this.#subkeys.of(master.key), iv, TAG);
      decipher.setAAD(associated(sealed.subarray(0, ivAt), name));
      decipher.setAuthTag(sealed.subarray(tagAt));
      const bytes = Buffer.concat([decipher.update(sealed.subarray(textAt, tagAt)), decipher.final()]);
      return await decompress(sealed.readUInt8(ivAt - 1), bytes, this.#maxBytes);
    } catch {
      return undefined;
    }
  }
}

/** The head says how long its kid is, so that no head and name read like another two. */
const associated = (head: Buffer, name: string): Buffer => Buffer.concat([head, Buffer.from(name)]);
