import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { PageRequest } from '../shared/page-request.ts';
import { subkey } from '../shared/subkey.ts';
import { canonicalText, canonicalTotalText, type KeyScope } from './canonical-text.ts';

const FINGERPRINT_CHARACTERS = 12;

/**
 * Names of stored pages and totals: HMAC-SHA-256 in base64url, 43 characters. A plain hash of an e-mail filter
 * could be guessed and would stay personal data; without the key a name says nothing.
 */
export class PageKeys {
  readonly #scope: KeyScope;
  readonly #pageKey: KeyObject;
  readonly #logKey: KeyObject;

  /** `masterKey` has 32 bytes (else RangeError); replicas that share a store share it. */
  constructor(scope: KeyScope, masterKey: Buffer) {
    this.#scope = scope;
    this.#pageKey = createSecretKey(subkey(masterKey, 'page-key'));
    this.#logKey = createSecretKey(subkey(masterKey, 'log'));
  }

  /** One name per meaning of a request, whoever asks and whether or not the total is wanted. */
  page(request: PageRequest): string {
    return mac(this.#pageKey, canonicalText(this.#scope, request));
  }

  /** One name for the total of a query: the same on each of its pages and for each page size. */
  total(request: PageRequest): string {
    return mac(this.#pageKey, canonicalTotalText(this.#scope, request));
  }

  /** 12 characters that let log lines of the same page be found together; no name in the store can be told from it. */
  fingerprint(request: PageRequest): string {
    return mac(this.#logKey, canonicalText(this.#scope, request)).slice(0, FINGERPRINT_CHARACTERS);
  }
}

function mac(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64url');
}
