import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Sealer } from '../../../src/shared/sealer.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM with the name as associated data. */
export class AesSealer implements Sealer {
  readonly #key: Buffer;

  constructor(key = randomBytes(32)) {
    this.#key = key;
  }

  async seal(plain: Buffer, name: string): Promise<Buffer> {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(name));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  }

  async open(sealed: Buffer, name: string): Promise<Buffer | undefined> {
    const iv = sealed.subarray(0, IV_BYTES);
    const cipher = createDecipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(name));
    cipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([cipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), cipher.final()]);
    } catch {
      return undefined;
    }
  }
}
