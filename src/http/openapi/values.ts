import { MAX_PROFILE_ID_BYTES } from '../../query/path-segment.ts';
import { MAX_FILTERS } from '../../query/profile-query.ts';
import { MAX_FILTER_BYTES, NEXT_TOKEN } from '../../query/value-rules.ts';
import { ATTRIBUTE, INDEX_ID, NEVER } from '../../shared/amperity-names.ts';

/** Of what callers send, as JSON Schema; lengths are in characters there, of which UTF-8 has no more than bytes. */
export const VALUES = {
  index: { type: 'string', pattern: INDEX_ID.source },
  profile: {
    type: 'string',
    minLength: 1,
    maxLength: MAX_PROFILE_ID_BYTES,
    description: `At most ${MAX_PROFILE_ID_BYTES} bytes of UTF-8, as one path segment: a slash in it is sent as %2F.`,
  },
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: 9999,
    description: "Most records on a page, and no more than the team's `maxLimit`. Amperity's default is 25.",
  },
  next_token: {
    type: 'string',
    pattern: NEXT_TOKEN.source,
    description: 'As the page before gave it. Left out for the first page, never empty.',
  },
  with_total: {
    type: 'boolean',
    default: false,
    description: 'Adds the number of all records, which can take seconds; a right of the team.',
  },
  filter: {
    type: 'object',
    description: `Exact values by attribute, all of which must match; at most ${MAX_FILTERS}, each at most ${MAX_FILTER_BYTES} bytes of UTF-8. The attributes are those that the team may filter by.`,
    maxProperties: MAX_FILTERS,
    propertyNames: { pattern: ATTRIBUTE.source, not: { enum: [...NEVER] } },
    additionalProperties: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_FILTER_BYTES,
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
    },
  },
} as const;

/** The question as a body. */
export const QUESTION = {
  type: 'object',
  additionalProperties: false,
  properties: {
    filter: VALUES.filter,
    limit: VALUES.limit,
    next_token: VALUES.next_token,
    with_total: VALUES.with_total,
  },
} as const;
