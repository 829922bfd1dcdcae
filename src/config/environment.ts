import { z } from 'zod';
import { cacheKeys } from './cache-keys.ts';
import { headerSafeName, headerSafeNameInWords, noted } from './setting-leaf.ts';

const wholePort = /^(0|[1-9]\d{0,4})$/;
const port = (value: string, about: string) =>
  z
    .string()
    .regex(wholePort)
    .transform(Number)
    .refine((number) => number <= 65_535)
    .prefault(value)
    .meta(noted(about, { expected: 'an integer from 0 to 65535' }));

const host = (about: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/)
    .default('127.0.0.1')
    .meta(noted(about, { expected: 'an address or host name, without brackets' }));

const yesOrNo = (about: string) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .prefault('false')
    .meta(noted(about, { expected: 'true | false' }));

const path = (about: string, absent?: string) =>
  z
    .string()
    .optional()
    .meta(noted(about, { expected: 'a path', ...(absent && { absent }) }));

/** Goes into a header as it is: anything else would be cut, refused or end the header early. */
const headerSecret = (about: string, absent = 'none') =>
  z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .meta(
      noted(about, {
        secret: true,
        expected: 'printable ASCII without spaces or line breaks',
        absent,
      }),
    );

const url = (about: string, absent: string) =>
  z
    .string()
    .optional()
    .meta(noted(about, { secret: true, expected: 'an https URL', absent }));

/** Process facts and secrets. Everything else is in the YAML file. */
export const environmentVariables = {
  GATEWAY_CONFIG: z
    .string()
    .default('./gateway.yaml')
    .meta(noted('The YAML file.', { expected: 'a path' })),
  TEAMS_FILE: path('The `teams:` map in a file of its own; then refused in the main file.', 'none'),
  AMPERITY_BASE_URL: url(
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
  AMPERITY_TOKEN_URL: url(
    'Where the client gets its token; the rule for http is that of the base URL.',
    'none',
  ),
  CACHE_KEYS: z
    .string()
    .transform((text, context) => {
      const keys = cacheKeys(text);
      if (keys !== undefined) return keys;
      context.issues.push({ code: 'custom', input: text });
      return z.NEVER;
    })
    .optional()
    .meta(
      noted('Keys that encrypt stored pages: the first writes, all of them read.', {
        secret: true,
        expected: 'kid:<base64 of 32 bytes>, comma separated, each kid once',
        absent: 'a random key per process',
      }),
    ),
  HOST: host('Address of the public listener.'),
  PORT: port('8080', 'Port of the public listener; 0 takes a free one.'),
  ADMIN_HOST: host('Address of the admin listener: health, metrics, status.'),
  ADMIN_PORT: port('9090', 'Port of the admin listener.'),
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
  'CACHE_KEYS',
] as const satisfies VariableName[];
