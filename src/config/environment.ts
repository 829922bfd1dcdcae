import { z } from 'zod';
import { cacheKeys } from './cache-keys.ts';
import { maskKey } from './mask-key.ts';
import { headerSafeName, headerSafeNameInWords, noted } from './setting-leaf.ts';
import { headerSecret, host, httpsUrl, path, port, text, yesOrNo } from './variable-leaf.ts';

/** Process facts and secrets. Everything else is in the YAML file. */
export const environmentVariables = {
  GATEWAY_CONFIG: z
    .string()
    .default('./gateway.yaml')
    .meta(noted('The YAML file.', { expected: 'a path' })),
  TEAMS_FILE: path('The `teams:` map in a file of its own; then refused in the main file.', 'none'),
  AMPERITY_BASE_URL: httpsUrl(
    'Such as `https://app.amperity.com/api`. Plain http only to loopback, or with `AMPERITY_ALLOW_HTTP=true`.',
    'required',
  ),
  AMPERITY_TENANT: z
    .string()
    .regex(headerSafeName)
    .optional()
    .meta(
      noted('Value of the `amperity-tenant` header.', {
        expected: headerSafeNameInWords,
        absent: 'required',
      }),
    ),
  AMPERITY_API_VERSION: z
    .string()
    .regex(headerSafeName)
    .default('2025-07-31')
    .meta(noted('Value of the `api-version` header.', { expected: 'a dated version such as 2025-07-31' })),
  AMPERITY_ALLOW_HTTP: yesOrNo('Allow plain http to Amperity; the token then travels unprotected.'),
  AMPERITY_TOKEN: headerSecret(
    'Token sources 1 and 2: a fixed bearer token, or a file of it that is read again when it changes.',
    'one source required',
  ),
  AMPERITY_CLIENT_ID: headerSecret('Token source 3: OAuth 2.0 client credentials, all three values.'),
  AMPERITY_CLIENT_SECRET: headerSecret('The secret of the client.'),
  AMPERITY_TOKEN_URL: httpsUrl(
    'Where the client gets its token; the rule for http is that of the base URL.',
    'none',
  ),
  REDIS_URL: z
    .string()
    .optional()
    .meta(
      noted('The Redis that replicas share; the forms are in [redis.md](redis.md).', {
        secret: true,
        expected: 'a redis URL',
        absent: 'none: one replica, all in memory',
      }),
    ),
  REDIS_USERNAME: text('ACL user; without one, `default`.'),
  REDIS_PASSWORD: text('Password of the user; its file is read again before every connect.'),
  REDIS_SENTINEL_PASSWORD: text('Password of the Sentinels themselves.'),
  REDIS_CA_FILE: path('PEM of the authorities trusted for TLS.', 'those that Node brings along'),
  REDIS_CERT_FILE: path('PEM of a client certificate, for a Redis that asks for one.', 'none'),
  REDIS_KEY_FILE: path('PEM of its private key, without a passphrase.', 'none'),
  CACHE_KEYS: z
    .string()
    .transform((written, context) => {
      const keys = cacheKeys(written);
      if (keys !== undefined) return keys;
      context.issues.push({ code: 'custom', input: written });
      return z.NEVER;
    })
    .optional()
    .meta(
      noted('Keys that encrypt stored pages: the first writes, all of them read.', {
        secret: true,
        expected: 'kid:<base64 of 32 bytes>, comma separated, each kid once',
        absent: 'required with Redis, else a random key per process',
      }),
    ),
  MASK_KEY: z
    .string()
    .transform((written, context) => {
      const key = maskKey(written);
      if (key !== undefined) return key;
      context.issues.push({ code: 'custom', input: written });
      return z.NEVER;
    })
    .optional()
    .meta(
      noted('Key of `hmac` masks; another one changes every masked value.', {
        secret: true,
        expected: 'base64 of 32 bytes',
        absent: 'required with a mask of that kind',
      }),
    ),
  HOST: host('Address of the public listener.'),
  PORT: port('8080', 'Port of the public listener; 0 takes a free one.'),
  ADMIN_HOST: host('Address of the admin listener: health, metrics, status.'),
  ADMIN_PORT: port('9090', 'Port of the admin listener.'),
  WORKERS: z
    .string()
    .regex(/^[1-9]\d?$/)
    .transform(Number)
    .prefault('1')
    .meta(
      noted(
        'Processes that share the public port, each of them a replica; above 1 with Redis only. The first has `ADMIN_PORT`, the others those that follow.',
        { expected: 'an integer from 1 to 99' },
      ),
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .meta(noted('Least severe level that is logged.')),
  LOG_PRETTY: yesOrNo('Log for human eyes instead of JSON lines.'),
} as const;

export type VariableName = keyof typeof environmentVariables;
export type EnvironmentValues = { [Name in VariableName]: z.output<(typeof environmentVariables)[Name]> };

/** Secrets that may come from a mounted file, named by the variable with `_FILE` behind it. */
export const fromFile = [
  'AMPERITY_TOKEN',
  'AMPERITY_CLIENT_SECRET',
  'REDIS_URL',
  'REDIS_PASSWORD',
  'REDIS_SENTINEL_PASSWORD',
  'CACHE_KEYS',
  'MASK_KEY',
] as const satisfies VariableName[];
