import { createSecretKey, type KeyObject } from 'node:crypto';
import { type SubkeyPurpose, subkey } from './subkey.ts';

/** A key under the id that is written beside whatever it named or sealed. */
export interface NamedKey {
  /** 1 to 32 ASCII characters, none of them a colon. */
  readonly kid: string;
  /** 32 bytes, never changed in place. */
  readonly key: Buffer;
}

/**
 * The keys of this moment: the first names and seals, all of them find and open. It is called each time, so that
 * keys can be rotated while the process runs.
 */
export type KeyRing = () => readonly NamedKey[];

/** The subkeys of one purpose, derived once for each master key and forgotten together with it. */
export class Subkeys {
  readonly #purpose: SubkeyPurpose;
  readonly #derived = new WeakMap<Buffer, KeyObject>();

  constructor(purpose: SubkeyPurpose) {
    this.#purpose = purpose;
  }

  /** Throws RangeError for a master key of another length. */
  of(master: Buffer): KeyObject {
    let key = this.#derived.get(master);
    if (key === undefined) {
      key = createSecretKey(subkey(master, this.#purpose));
      this.#derived.set(master, key);
    }
    return key;
  }
}
