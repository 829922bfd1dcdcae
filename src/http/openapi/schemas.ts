/** JSON Schema of the bodies. What is Amperity's may have more than is said here and is passed on as it came. */
import { PROBLEMS } from '../problem.ts';

export const text = { type: 'string' } as const;
export const count = { type: 'integer', minimum: 0 } as const;
const flag = { type: 'boolean' } as const;
export const listOf = (items: object) => ({ type: 'array', items });
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** With these members and no others, all of which are there but the `optional` ones. */
export const exactly = (properties: Record<string, object>, optional: Record<string, object> = {}) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
});

/** The codes are listed with each status of each operation. */
export const PROBLEM = exactly(
  {
    type: { ...text, description: '`about:blank`, or where the code is explained.' },
    title: { ...text, enum: Object.values(PROBLEMS).map(({ title }) => title) },
    status: { type: 'integer' },
    detail: text,
    message: { ...text, description: 'The same as `detail`, as in errors of Amperity.' },
    request_id: text,
    trace_id: text,
    code: { ...text, enum: Object.keys(PROBLEMS) },
  },
  {
    'violated-policies': listOf({ enum: ['team', 'upstream'] }),
    retry_after: { type: 'integer', minimum: 1, description: 'Seconds, as in `Retry-After`.' },
    upstream_request_id: { ...text, description: "Amperity's own, for its support." },
    errors: listOf(exactly({ name: text, reason: text })),
  },
);

const item = (own: Record<string, object>) => ({ type: 'object', properties: { id: text, ...own } });

const page = (of: string) => ({
  type: 'object',
  required: ['data'],
  properties: {
    total: { ...count, description: 'Of all pages; only where it was asked for.' },
    next_token: { type: ['string', 'null'], description: 'Absent, empty or null on the last page.' },
    data: listOf(ref(of)),
  },
});

export const ANSWERS = {
  Index: item({
    name: text,
    description: text,
    created_at: text,
    updated_at: text,
  }),
  Profile: item({
    index_id: text,
    attributes: { type: 'object', description: 'Those that the team is shown, some of them masked.' },
  }),
  IndexPage: page('Index'),
  ProfilePage: page('Profile'),
};

const attributes = {
  oneOf: [
    { const: '*' },
    {
      type: 'object',
      additionalProperties: exactly({
        allow: listOf(text),
        mask: listOf(text),
        maskAs: { type: 'object', additionalProperties: { enum: ['last4', 'hmac'] } },
      }),
    },
  ],
};
const filters = {
  oneOf: [{ const: '*' }, listOf(text), { type: 'object', additionalProperties: listOf(text) }],
};

export const ACCOUNT = exactly({
  spent: exactly({ caller: count, refresh: count, idle: count }),
  savedByCache: count,
  savedBySharing: count,
  waitedMs: count,
  refused: count,
});

export const USAGE = exactly(
  {
    team: text,
    rights: exactly({
      weight: { type: 'number' },
      indexes: listOf(text),
      attributes,
      filters,
      filterOnly: filters,
      maxLimit: count,
      maxFilters: count,
      minFilters: count,
      withTotal: flag,
      export: flag,
      bypassCache: flag,
      queue: count,
      maxWaitMs: count,
      scopes: listOf(text),
    }),
    profiles_today: listOf(exactly({ of: { enum: ['team', 'key'] }, allowed: count, left: count })),
    resets_in: { ...count, description: 'Seconds until the next UTC day.' },
  },
  { key: { ...text, description: 'Id of the key; absent for a token.' }, this_replica: ref('Account') },
);
