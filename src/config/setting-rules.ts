import type { Settings } from './schema.ts';
import { type SettingPath, valueAt } from './setting-tree.ts';
import { LONG_WAIT_MS, longWait } from './team-rules.ts';

/**
 * Contradictions between settings that are right one by one. `isSound` says that nothing at or below a path was
 * refused: a rule about a value that had to be replaced by its default would only confuse.
 */
export function* settingProblems(
  settings: Settings,
  raw: unknown,
  isSound: (path: SettingPath) => boolean,
): Generator<string> {
  const { cache } = settings;
  if (isSound(['cache', 'memory']) && cache.memory.maxEntryBytes > cache.memory.maxBytes) {
    yield 'cache.memory.maxEntryBytes: is larger than cache.memory.maxBytes; lower it or raise the other';
  }
  for (const name of ['freshMs', 'staleMs', 'staleIfErrorMs', 'totalFreshMs'] as const) {
    // Only what was written can contradict: the cap shortens defaults, that is what it is for.
    const written = valueAt(raw, ['cache', name]) !== undefined;
    if (written && isSound(['cache']) && cache[name] > cache.maxRetentionMs) {
      yield `cache.${name}: is longer than cache.maxRetentionMs; lower it or raise the other`;
    }
  }
  const { modes, jwt: issuers } = settings.auth;
  if (!isSound(['auth'])) return;
  if (modes.length === 0) {
    yield 'auth.modes: no auth mode set, so nobody could call; write apiKey or jwt';
  } else if (modes.includes('open') && modes.length > 1) {
    yield 'auth.modes: open cannot stand beside another mode; keep one of them';
  } else if (new Set(modes).size < modes.length) {
    yield 'auth.modes: a mode is written twice; write it once';
  }
  if (modes.includes('jwt') && issuers.length === 0) {
    yield 'auth.jwt: auth mode jwt takes the tokens of listed issuers, and there is none; add one with issuer and audience';
  } else if (!modes.includes('jwt') && issuers.length > 0) {
    yield 'auth.jwt: the tokens of these issuers are taken in auth mode jwt only; add jwt to auth.modes or remove them';
  }
  for (const [index, { issuer }] of issuers.entries()) {
    if (issuers.findIndex((other) => other.issuer === issuer) < index) {
      yield `auth.jwt[${index}].issuer: stands twice in the list; write each issuer once`;
    }
  }
}

export function* settingWarnings(settings: Settings): Generator<string> {
  if (settings.queue.maxWaitMs > LONG_WAIT_MS) yield longWait(['queue', 'maxWaitMs']);
}
