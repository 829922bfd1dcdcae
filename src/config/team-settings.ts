import { z } from 'zod';
import { ATTRIBUTE, INDEX_ID, NEVER } from '../shared/amperity-names.ts';
import { flag, integer, isOrigin, noted } from './setting-leaf.ts';

const attributeName = z
  .string()
  .regex(ATTRIBUTE)
  .refine((name) => !NEVER.has(name))
  .meta({ expected: 'an attribute name' });

const indexId = z.string().regex(INDEX_ID).meta({ expected: 'an index id of letters, digits, _ and -' });
const indexes = z.union([
  z.tuple([z.literal('*')]),
  z.array(indexId.meta({ expected: "an index id of letters, digits, _ and -, or ['*'] alone" })),
]);
const indexesInWords = "a list of index ids, or ['*'] for all";
const instant = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const instantInWords = 'a date such as 2027-06-01 or 2027-06-01T00:00:00Z';

const attributeNamesInWords = 'a list of attribute names';
const attributeNames = z.array(attributeName).meta({ expected: attributeNamesInWords });
const byIndex = z.record(indexId, attributeNames);
const filters = z.union([z.literal('*'), attributeNames, byIndex]);
const filtersInWords = "'*', a list of attribute names, or a map from index id to such a list";

const shownOfOneInWords = '{ allow: [...], mask: [...], maskAs: { <name>: last4 | hmac } }';
const shownInWords = `a map from index id to ${shownOfOneInWords}`;
const shownAttributes = z.record(
  indexId,
  z
    .strictObject({
      allow: attributeNames
        .default([])
        .meta(noted('Attributes of this index that are shown.', { expected: attributeNamesInWords })),
      mask: attributeNames.default([]).meta(
        noted('Attributes of it that are shown masked, where they are texts.', {
          expected: attributeNamesInWords,
        }),
      ),
      maskAs: z
        .record(attributeName, z.enum(['last4', 'hmac']))
        .default({})
        .meta(
          noted('How: `last4` (where nothing is said) or `hmac`, which needs `MASK_KEY`.', {
            expected: 'a map from attribute name to last4 or hmac',
          }),
        ),
    })
    .meta({ expected: shownOfOneInWords }),
);

const origins = z.array(
  z.string().refine(isOrigin).meta({ expected: 'an exact origin such as https://app.example' }),
);

/** What a key of web pages may do, at most what its team may; who reads the page's source has the key. */
export const keyPolicySettings = z
  .strictObject({
    indexes: indexes
      .optional()
      .meta(noted('As of a team.', { expected: indexesInWords, absent: "the team's" })),
    attributes: shownAttributes
      .optional()
      .meta(noted('As of a team; masks stay.', { expected: shownInWords, absent: "the team's" })),
    filters: filters
      .optional()
      .meta(noted('As of a team.', { expected: filtersInWords, absent: "the team's" })),
    maxLimit: integer([1, 9999], 10, 'As of a team.'),
    maxFilters: z
      .int()
      .min(0)
      .max(10)
      .optional()
      .meta(noted('As of a team.', { absent: "the team's" })),
    minFilters: integer(
      [0, 10],
      1,
      'Fewest filters of a question for profiles; 0 lets pages walk the index.',
    ),
    withTotal: flag(false, 'As of a team.'),
    profilesPerDay: integer([1, 1_000_000_000], 1000, "Profiles per UTC day, beside the team's own bound."),
    requestsPerSecond: integer([1, 1000], 5, 'Requests from one address, on one replica.'),
  })
  .meta(noted('What the key may do of what its team may.'));

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
      .enum(['server', 'browser'])
      .default('server')
      .meta(noted('Where the key is used: `browser` in pages of `origins`, which everybody can read.')),
    origins: origins.optional().meta(
      noted('Origins of the pages that may use a browser key, written exactly; no wildcard.', {
        expected: 'a list of origins',
        absent: 'required for a browser key',
      }),
    ),
    policy: keyPolicySettings.optional(),
  })
  .meta(noted('A key of the team.'));

const tokenRule = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .meta(
        noted('An issuer of `auth.jwt`.', {
          absent: 'required',
          expected: 'an issuer as it stands in auth.jwt',
        }),
      ),
    claims: z
      .record(z.string(), z.string())
      .refine((claims) => Object.keys(claims).length > 0)
      .meta(
        noted('Claims of the token that must be exactly these texts, all of them.', {
          absent: 'required',
          expected: 'a map from claim to text, such as { sub: "system:serviceaccount:shop:web" }',
        }),
      ),
  })
  .meta(noted('Whose tokens belong to the team.'));

/** The rights of one team. Left out means denied: no index, no attribute, no filter, no total. */
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
    jwt: z
      .array(tokenRule)
      .default([])
      .meta(
        noted("Tokens of the team, in auth mode `jwt`; a token that fits two teams is nobody's.", {
          expected: 'a list of { issuer, claims }',
        }),
      ),
    indexes: indexes.default([]).meta(noted('Indexes the team may read.', { expected: indexesInWords })),
    attributes: z
      .union([z.literal('*'), shownAttributes])
      .default({})
      .meta(
        noted('Attributes the team is shown: as they are, masked, or (all others) not at all.', {
          expected: `'*' for all of them, or ${shownInWords}`,
        }),
      ),
    filters: filters.default([]).meta(
      noted('Attributes the team may filter by, of those it is shown unmasked.', {
        expected: filtersInWords,
      }),
    ),
    filterOnly: z
      .union([attributeNames, byIndex])
      .default([])
      .meta(
        noted(
          'Attributes it may filter by although it is not shown them; each answer then tells about one.',
          {
            expected: 'a list of attribute names, or a map from index id to such a list',
          },
        ),
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
      .array(z.enum(['purge:profile', 'purge:index', 'purge:all', 'status:read', 'keys:revoke', 'log:level']))
      .default([])
      .meta(
        noted('What the keys of the team may do on the admin listener.', {
          expected: 'a list of purge:profile, purge:index, purge:all, status:read, keys:revoke and log:level',
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
      .meta(
        noted('Profiles delivered to this team per UTC day, from the cache or not.', {
          absent: "50000; unlimited with `attributes: '*'`",
        }),
      ),
    revealCache: flag(
      true,
      'Tell in `Cache-Status`, `Age` and `X-Budget-Wait-Ms` whether somebody has asked the same before.',
    ),
  })
  .meta(noted('Rights of one team.'));

/** A team as it stands in the file. */
export type WrittenTeam = z.output<typeof teamSettings>;
export type WrittenKeyPolicy = z.output<typeof keyPolicySettings>;
export const teamName = /^[a-z0-9][a-z0-9-]{0,31}$/;
