import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls';
import type { RedisSecret, RedisSettings, RedisTls } from './redis-settings.ts';
import { parseRedisUrl } from './redis-url.ts';
import { readSecret } from './watched-file.ts';

/** What proves who we are, read anew whenever it is asked for, which is before every connect. */
export interface RedisSecrets {
  password(): string | undefined;
  sentinelPassword(): string | undefined;
  /** @param host the name to ask for by SNI, where one is known */
  tls(host?: string): ConnectionOptions | undefined;
  /** Passwords that are or were in use, to be kept out of messages. */
  known(): Iterable<string>;
}

export function redisSecrets({ password, sentinelPassword, tls }: RedisSettings): RedisSecrets {
  const known = new Set<string>();
  const secret = (source: RedisSecret | undefined): (() => string | undefined) =>
    lastGood(() => {
      const value = source && currentValue(source);
      if (value) known.add(value);
      return value || undefined;
    });
  const context = tls && securely(tls);
  return {
    password: secret(password),
    sentinelPassword: secret(sentinelPassword),
    tls: (host) => {
      if (context === undefined) return undefined;
      const secureContext = context();
      return {
        ...(secureContext && { secureContext }),
        ...(host !== undefined && isIP(host) === 0 && { servername: host }),
      };
    },
    known: () => known,
  };
}

function currentValue(source: RedisSecret): string | undefined {
  switch (source.kind) {
    case 'value':
      return source.value;
    case 'file':
      return readSecret(source.path);
    case 'urlFile': {
      const url = parseRedisUrl(readSecret(source.path));
      return 'problem' in url ? undefined : url.password;
    }
  }
}

/**
 * Certificates are renewed in place like passwords. Caught in the middle, with a key that does not belong to the
 * certificate, the last pair serves on: `tls.connect` would throw, and ioredis never connects again after that.
 */
const securely = ({ caFile, certFile, keyFile }: RedisTls): (() => SecureContext | undefined) =>
  lastGood(() =>
    createSecureContext({
      ...(caFile !== undefined && { ca: readFileSync(caFile) }),
      ...(certFile !== undefined && { cert: readFileSync(certFile) }),
      ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
    }),
  );

/** A file that is being replaced, is gone or empty for the moment leaves the last reading in force. */
function lastGood<T>(read: () => T | undefined): () => T | undefined {
  let last: T | undefined;
  return () => {
    try {
      last = read() ?? last;
    } catch {
      // Tried again at the next connect.
    }
    return last;
  };
}
