import { isBearerToken } from '../shared/bearer-token.ts';
import { GatewayError } from '../shared/errors.ts';
import { readSecret, watchFile } from '../shared/watched-file.ts';
import type { TokenSource } from './token.ts';

/**
 * The token in a mounted file, taken over as soon as the file changes. A file that is empty or unusable leaves
 * the last good token in force.
 *
 * @param onReload told about every reading that differs from the last
 */
export function fileToken(path: string, onReload: (outcome: 'ok' | 'invalid') => void): TokenSource {
  let token: string | undefined;
  const take = (text: string): void => {
    if (isBearerToken(text)) token = text;
    onReload(isBearerToken(text) ? 'ok' : 'invalid');
  };
  const reread = (): void => {
    try {
      const text = readSecret(path);
      if (text !== token) take(text);
    } catch {
      onReload('invalid');
    }
  };
  reread();
  const close = watchFile(path, take);
  return {
    current: async () => {
      if (token === undefined) {
        throw new GatewayError('upstream_auth', 'The gateway has no usable token for Amperity.');
      }
      return token;
    },
    renew: async (refused) => {
      reread();
      return token !== undefined && token !== refused;
    },
    close,
  };
}
