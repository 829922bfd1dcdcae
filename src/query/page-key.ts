import { createHmac, type KeyObject } from 'node:crypto';
import { type KeyRing, type NamedKey, Subkeys } from '../shared/key-ring.ts';
import type { PageRequest } from '../shared/page-request.ts';
import { canonicalOriginText, canonicalText, canonicalTotalText, type KeyScope } from './canonical-text.ts';
import { Tags } from './tags.ts';

const FINGERPRINT_CHARACTERS = 12;

/** Stands for the key of names that stay in this process. */
const NO_KID = '';

/**
 * Names of stored pages and totals: HMAC-SHA-256 in base64url, 43 characters. A plain hash of an e-mail filter
 * could be guessed and would stay personal data; without the key a name says nothing.
 */
export class PageKeys {
  readonly #scope: KeyScope;
  readonly #keys: KeyRing;
  /** By what stored pages are found again to be purged. */
  readonly tags: Tags;
  readonly #nameKeys = new Subkeys('page-key');
  readonly #logKeys = new Subkeys('log');

  /**
   * @param keys those of all replicas that share a store: names are `<kid>:<mac>` by the first of them. Or one key,
   *   for names that stay in this process: `<mac>`. Of 32 bytes each (else RangeError).
   */
  constructor(scope: KeyScope, keys: Buffer | KeyRing) {
    this.#scope = scope;
    this.#keys = Buffer.isBuffer(keys) ? () => [{ kid: NO_KID, key: keys }] : keys;
    this.tags = new Tags(scope.tenant, this.#keys);
    for (const { key } of this.#keys()) this.#nameKeys.of(key);
  }

  /** One name per meaning of a request, whoever asks and whether or not the total is wanted. */
  page(request: PageRequest): string {
    return this.#name(this.#first(), canonicalText(this.#scope, request));
  }

  /** One name for the total of a query: the same on each of its pages and for each page size. */
  total(request: PageRequest): string {
    return this.#name(this.#first(), canonicalTotalText(this.#scope, request));
  }

  /** One name for what is known of the page that handed out the request's cursor. */
  origin(request: PageRequest): string {
    return this.#name(this.#first(), canonicalOriginText(this.#scope, request));
  }

  scope({ index }: PageRequest): string | undefined {
    return index === undefined ? undefined : this.tags.scope(index);
  }

  /** While keys are rotated: the names that the same page has by the other keys. */
  olderPages(request: PageRequest): readonly string[] {
    return this.#olderNames(() => canonicalText(this.#scope, request));
  }

  /** The same for the total. */
  olderTotals(request: PageRequest): readonly string[] {
    return this.#olderNames(() => canonicalTotalText(this.#scope, request));
  }

  /** The same for the origin. */
  olderOrigins(request: PageRequest): readonly string[] {
    return this.#olderNames(() => canonicalOriginText(this.#scope, request));
  }

  /** 12 characters that let log lines of the same page be found together; no name in the store can be told from it. */
  fingerprint(request: PageRequest): string {
    const key = this.#logKeys.of(this.#first().key);
    return mac(key, canonicalText(this.#scope, request)).slice(0, FINGERPRINT_CHARACTERS);
  }

  #first(): NamedKey {
    const [first] = this.#keys();
    if (first === undefined) throw new Error('There is no key to name pages with.');
    return first;
  }

  #olderNames(text: () => string): string[] {
    const [, ...others] = this.#keys();
    return others.map((key) => this.#name(key, text()));
  }

  #name({ kid, key }: NamedKey, text: string): string {
    const own = mac(this.#nameKeys.of(key), text);
    return kid === NO_KID ? own : `${kid}:${own}`;
  }
}

function mac(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64url');
}
