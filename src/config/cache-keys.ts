/** A key that encrypts stored pages, under the id that is written beside what it encrypted. */
export interface CacheKey {
  readonly kid: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** Reads `kid:base64,kid:base64`; nothing when any part of it is wrong. */
export function cacheKeys(text: string): CacheKey[] | undefined {
  const keys: CacheKey[] = [];
  for (const part of text.split(',')) {
    const [, kid, encoded] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(part.trim()) ?? [];
    if (kid === undefined || encoded === undefined) return undefined;
    const key = Buffer.from(encoded, 'base64');
    // The last character carries four spare bits; only one spelling of a key is accepted.
    if (key.toString('base64') !== encoded || keys.some((known) => known.kid === kid)) return undefined;
    keys.push({ kid, key });
  }
  return keys;
}
