import { isIP } from 'node:net';
import { z } from 'zod';
import { ATTRIBUTE } from '../shared/amperity-names.ts';
import { issuerSettings } from './issuer-settings.ts';
import { flag, integer, isOrigin, noted } from './setting-leaf.ts';

const isDocsUrl = (text: string): boolean => /^https?:\/\/[^\s?#@]+#?$/.test(text) && URL.canParse(text);

const isNetwork = (text: string): boolean => {
  const [address = '', prefix = '', ...more] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
  return more.length === 0 && /^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits;
};

export const authSettings = z
  .strictObject({
    modes: z
      .array(z.enum(['apiKey', 'jwt', 'open']))
      .default(['apiKey'])
      .meta(
        noted('How callers prove who they are. `open` lets everybody in, alone and on loopback only.', {
          expected: '[apiKey], [jwt], [apiKey, jwt] or [open]',
        }),
      ),
    jwt: z
      .array(issuerSettings)
      .max(32)
      .default([])
      .meta(
        noted('Issuers whose tokens are taken in mode `jwt`.', { expected: 'a list of up to 32 issuers' }),
      ),
  })
  .prefault({})
  .meta(noted('Who may call.'));

export const corsSettings = z
  .strictObject({
    origins: z
      .array(z.string().refine(isOrigin).meta({ expected: 'an exact origin such as https://app.example' }))
      .default([])
      .meta(
        noted('Browser origins that may call, written exactly; no wildcard.', {
          expected: 'a list of origins',
        }),
      ),
  })
  .prefault({})
  .meta(noted('Calls from browsers.'));

export const cursorSettings = z
  .strictObject({
    sign: flag(
      false,
      'Hand cursors out signed: each is then good for its index and filters alone, and none of Amperity itself is.',
    ),
  })
  .prefault({})
  .meta(noted('`next_token`, the way from page to page.'));

const networksOrHops =
  'the number of proxies in front (0..10) or a list of their networks such as 10.0.0.0/8';
const ownParameters = new Set(['limit', 'next_token', 'with_total', 'filter']);

export const httpSettings = z
  .strictObject({
    trustProxy: z
      .union([
        z.int().min(0).max(10),
        z.array(z.string().refine(isNetwork).meta({ expected: 'a network such as 10.0.0.0/8' })),
      ])
      .default(0)
      .meta(
        noted("Whose `X-Forwarded-For` is believed; 0: the socket's address.", {
          expected: networksOrHops,
        }),
      ),
    extraQueryParams: z
      .array(
        z
          .string()
          .regex(ATTRIBUTE)
          .refine((name) => !ownParameters.has(name))
          .meta({
            expected: 'a parameter name of letters, digits, _ . -, other than those the gateway knows',
          }),
      )
      .max(16)
      .default([])
      .meta(
        noted('Query parameters passed on to Amperity beside the known ones.', {
          expected: 'a list of up to 16 names',
        }),
      ),
    accessLog: z
      .strictObject({
        hitsOneIn: integer(
          [1, 1_000_000],
          1,
          'Of answers from the cache one in so many is logged; all of them are counted.',
        ),
      })
      .prefault({})
      .meta(noted('One line for each request.')),
    compression: flag(true, 'Send pages in `br` or `gzip` to callers that accept it.'),
    rateLimitHeaders: flag(true, 'Send `RateLimit` and `RateLimit-Policy`.'),
    problemDocsUrl: z
      .string()
      .refine(isDocsUrl)
      .optional()
      .meta(
        noted('Prefix of `type` in problem bodies, the page that explains the codes.', {
          expected: 'an http(s) URL without query; # at its end for the anchors of one page',
          absent: '`about:blank`',
        }),
      ),
    errorMediaType: z
      .enum(['application/problem+json', 'application/json'])
      .default('application/problem+json')
      .meta(noted('Content type of error bodies, for clients that take plain JSON only.')),
  })
  .prefault({})
  .meta(noted('The public listener.'));
