import { z } from 'zod';
import { flag, integer, noted } from './setting-leaf.ts';

const reserved = new Set(['__proto__', 'constructor', 'prototype']);
const attributeName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/)
  .refine((name) => !reserved.has(name))
  .meta({ expected: 'an attribute name' });

const indexId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const instant = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const instantInWords = 'a date such as 2027-06-01 or 2027-06-01T00:00:00Z';

const keySettings = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9]{6,16}$/)
      .meta(
        noted('Public part of the key; unique over all teams.', {
          secret: true,
          absent: 'required',
          expected: '6 to 16 letters and digits, in quotes if all are digits',
        }),
      ),
    sha256: z
      .string()
      .regex(/^[0-9A-Fa-f]{64}$/)
      .meta(
        noted('Digest of the whole key; the key itself is stored nowhere.', {
          secret: true,
          absent: 'required',
          expected: 'the 64 hex digits that `keys create` or `keys hash` prints',
        }),
      ),
    notBefore: instant
      .optional()
      .meta(noted('The key is refused before.', { expected: instantInWords, absent: 'valid at once' })),
    notAfter: instant.meta(
      noted('The key is refused from then on.', { expected: instantInWords, absent: 'required' }),
    ),
    state: z
      .enum(['active', 'retiring', 'revoked'])
      .default('active')
      .meta(noted('`retiring` still works and marks a key that is being replaced; `revoked` is refused.')),
    kind: z
      .enum(['server'])
      .default('server')
      .meta(noted('Where the key is used.', { later: ['browser'] })),
  })
  .meta(noted('A key of the team.', { later: ['origins', 'policy'] }));

/** The rights of one team. Left out means denied: no index, no filter, no total. */
export const teamSettings = z
  .strictObject({
    weight: z.number().gt(0).max(1000).default(1).meta(noted('Share of the budget while others wait too.')),
    keys: z
      .array(keySettings)
      .default([])
      .meta(
        noted('Keys of the team; several may be live, so that one can replace another.', {
          expected: 'a list of keys',
        }),
      ),
    indexes: z
      .union([z.tuple([z.literal('*')]), z.array(z.string().regex(indexId))])
      .default([])
      .meta(noted('Indexes the team may read.', { expected: "a list of index ids, or ['*'] for all" })),
    attributes: z.literal('*').meta(
      noted('Attributes the team is shown.', {
        expected: "'*'",
        absent: 'required',
        refusal:
          "attributes: '*' must be written in this version, because projection is not available yet; write attributes: '*'",
      }),
    ),
    filters: z
      .union([
        z.literal('*'),
        z.array(attributeName),
        z.record(z.string().regex(indexId), z.array(attributeName)),
      ])
      .default([])
      .meta(
        noted('Attributes the team may filter by.', {
          expected: "'*', a list of attribute names, or a map from index id to such a list",
        }),
      ),
    withTotal: flag(false, 'May ask for `with_total`.'),
    maxLimit: integer(
      [1, 9999],
      100,
      'Largest `limit`; also sent when a caller gives none and it is below 25.',
    ),
    maxFilters: integer([0, 10], 5, 'Most filters in one request.'),
    export: flag(false, 'May export whole result sets.'),
    bypassCache: flag(false, 'May refuse a fresh answer of the cache, which spends budget that all share.'),
    scopes: z
      .array(
        z.enum(['purge:profile', 'purge:index', 'purge:all']).meta({ later: ['status:read', 'keys:revoke'] }),
      )
      .default([])
      .meta(
        noted('What the keys of the team may do on the admin listener.', {
          expected: 'a list of purge:profile, purge:index and purge:all',
        }),
      ),
    queue: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .meta(noted('Waiting calls of this team.', { absent: '`queue.perTeam`' })),
    maxWaitMs: z
      .int()
      .min(1)
      .max(3_600_000)
      .optional()
      .meta(
        noted('Longest wait of this team; above 60000 gives a warning.', { absent: '`queue.maxWaitMs`' }),
      ),
    profilesPerDay: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .meta(noted('Profiles delivered to this team per UTC day.', { absent: 'unlimited', pending: true })),
  })
  .meta(noted('Rights of one team.', { later: ['jwt', 'filterOnly', 'revealCache'] }));

export type TeamRecord = z.output<typeof teamSettings>;
export const teamName = /^[a-z0-9][a-z0-9-]{0,31}$/;
