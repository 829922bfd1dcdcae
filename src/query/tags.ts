import { createHmac } from 'node:crypto';
import { type KeyRing, Subkeys } from '../shared/key-ring.ts';

/**
 * Names for what stored pages are about, by which they can be found again to be purged: HMAC-SHA-256, so that neither
 * an index nor a person can be told from them. A scope is `<kid>:<mac>` of an index, a holder the `<mac>` of a profile
 * in it, by the same key.
 */
export class Tags {
  readonly #tenant: string;
  readonly #keys: KeyRing;
  readonly #subkeys = new Subkeys('tag');

  constructor(tenant: string, keys: KeyRing) {
    this.#tenant = tenant;
    this.#keys = keys;
  }

  /** The scope of pages about this index that are stored from now on. */
  scope(index: string): string {
    const [scope] = this.scopes(index);
    if (scope === undefined) throw new Error('There is no key to name scopes with.');
    return scope;
  }

  /** Every scope that a stored page about this index may have, while keys are rotated. */
  scopes(index: string): string[] {
    return this.#keys().map(({ kid, key }) => `${kid}:${this.#mac(key, this.#tenant, index)}`);
  }

  /** The profile `id` in a scope that is known here, else undefined. */
  holder(scope: string, id: string): string | undefined {
    const kid = scope.slice(0, scope.lastIndexOf(':'));
    const named = this.#keys().find((each) => each.kid === kid);
    return named && this.#mac(named.key, scope, id);
  }

  #mac(key: Buffer, first: string, second: string): string {
    const text = `${Buffer.byteLength(first)}:${first},${second}`;
    return createHmac('sha256', this.#subkeys.of(key)).update(text, 'utf8').digest('base64url');
  }
}
