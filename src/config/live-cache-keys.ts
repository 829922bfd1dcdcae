import { randomBytes } from 'node:crypto';
import { watchFile } from '../shared/watched-file.ts';
import { type CacheKey, cacheKeys } from './cache-keys.ts';

export interface LiveCacheKeys {
  /** The first one writes, all of them read; never empty. */
  readonly current: () => readonly CacheKey[];
  readonly close: () => void;
}

/** `CACHE_KEYS` as they are now: with a file, as soon as it changes; a file that is none leaves the last ones. */
export function liveCacheKeys(
  { cacheKeys: given, cacheKeysPath }: { cacheKeys?: readonly CacheKey[]; cacheKeysPath?: string },
  onReload: (outcome: 'ok' | 'invalid') => void,
): LiveCacheKeys {
  let keys: readonly CacheKey[] = given ?? [{ kid: 'process', key: randomBytes(32) }];
  if (cacheKeysPath === undefined) return { current: () => keys, close: () => {} };
  const close = watchFile(cacheKeysPath, (text) => {
    const read = cacheKeys(text);
    onReload(read === undefined ? 'invalid' : 'ok');
    if (read !== undefined) keys = read;
  });
  return { current: () => keys, close };
}
