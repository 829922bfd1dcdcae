import { z } from 'zod';
import { isLoopback } from '../shared/loopback.ts';
import { noted } from './setting-leaf.ts';

const isSafeUrl = (text: string): boolean => {
  if (/[\s#]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
  return isSafe && username === '' && password === '';
};

/** OpenID Connect Core 1.0 §2: an issuer has neither query nor fragment. Some tell key sets apart by a query. */
const isIssuerUrl = (text: string): boolean => !text.includes('?') && isSafeUrl(text);

const path = z.string().min(1).max(4096).optional();

export const issuerSettings = z
  .strictObject({
    issuer: z
      .string()
      .max(1024)
      .refine(isIssuerUrl)
      .meta(
        noted('Exactly as it stands in `iss`, with or without a slash at the end.', {
          expected: 'an https URL without query or fragment; http on loopback only',
          absent: 'required',
          secret: true,
        }),
      ),
    audience: z
      .string()
      .regex(/^[\x21-\x7e]{1,512}$/)
      .meta(
        noted('Name of this gateway at the issuer, which must be in `aud`.', {
          expected: 'up to 512 characters without spaces',
          absent: 'required',
        }),
      ),
    jwksUri: z
      .string()
      .max(2048)
      .refine(isSafeUrl)
      .optional()
      .meta(
        noted('Where the issuer publishes its keys.', {
          expected: 'an https URL; http on loopback only',
          absent: 'found by `/.well-known/openid-configuration` of the issuer',
          secret: true,
        }),
      ),
    algorithms: z
      .array(z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']))
      .min(1)
      .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
      .meta(
        noted('Algorithms its tokens may be signed by.', {
          expected: 'a list of RS256, PS256, ES256 and EdDSA, at least one',
        }),
      ),
    typ: z
      .string()
      .regex(/^(application\/)?[A-Za-z0-9][A-Za-z0-9.+-]{0,126}$/)
      .optional()
      .meta(
        noted('What `typ` in the header of its tokens must be.', {
          expected: 'a type such as at+jwt or application/at+jwt',
          absent: 'absent, `JWT` and `at+jwt` are right',
        }),
      ),
    jwksCaFile: path.meta(
      noted('PEM of the authorities trusted for the issuer and its keys, read at every fetch.', {
        expected: 'a path',
        absent: 'those that Node brings along',
      }),
    ),
    jwksTokenFile: path.meta(
      noted(
        'Holds the bearer token for the issuer and its keys, read at every fetch; for a Kubernetes cluster.',
        {
          expected: 'a path',
        },
      ),
    ),
  })
  .meta(noted('An issuer of tokens.'));
