import { createApiKey } from '../../../src/access/api-key.ts';

export const INDEXES = ['idx-loyalty', 'idx-shoppers', 'idx-extra-0001'] as const;
export type Index = (typeof INDEXES)[number];

type MaskKind = 'last4' | 'hmac';

/** What a team is shown of an index, written out here by hand: nothing of the gateway has worked on it. */
export type Shown =
  | '*'
  | { readonly allow: readonly string[]; readonly mask: Readonly<Record<string, MaskKind>> };

/** A team as it is configured, and what follows from that. */
export interface Policy {
  readonly name: string;
  /** As in gateway.yaml, without keys. */
  readonly settings: Record<string, unknown>;
  /** Indexes that are not named are refused. */
  readonly shown: Readonly<Partial<Record<Index, Shown>>>;
  /** Attributes it may filter by. */
  readonly filters: Readonly<Partial<Record<Index, readonly string[]>>>;
  readonly fewestFilters: number;
  readonly withTotal: boolean;
  readonly exports: boolean;
  /** Where its pages are, for a key of web pages. */
  readonly origin?: string;
}

const UNBOUNDED = { profilesPerDay: 1_000_000_000, maxLimit: 1000 };
const FILTERABLE = ['first_name', 'last_name', 'city', 'loyalty_tier', 'email'];
const NOTHING: Shown = { allow: [], mask: {} };

const everywhere = <T>(value: T): Record<Index, T> => ({
  'idx-loyalty': value,
  'idx-shoppers': value,
  'idx-extra-0001': value,
});

const whole: Policy = {
  name: 'whole',
  settings: { scopes: ['purge:profile', 'purge:index', 'purge:all'], export: true },
  shown: everywhere<Shown>('*'),
  filters: everywhere(FILTERABLE),
  fewestFilters: 0,
  withTotal: true,
  exports: true,
};

const few: Policy = {
  name: 'few',
  settings: {
    ...UNBOUNDED,
    indexes: ['idx-loyalty', 'idx-shoppers'],
    attributes: {
      'idx-loyalty': { allow: ['first_name', 'city'] },
      'idx-shoppers': { allow: ['last_name', 'loyalty_points'] },
    },
    filters: { 'idx-loyalty': ['first_name'], 'idx-shoppers': ['last_name'] },
    filterOnly: { 'idx-shoppers': ['first_name'] },
    withTotal: false,
    export: true,
  },
  shown: {
    'idx-loyalty': { allow: ['first_name', 'city'], mask: {} },
    'idx-shoppers': { allow: ['last_name', 'loyalty_points'], mask: {} },
  },
  filters: { 'idx-loyalty': ['first_name'], 'idx-shoppers': ['last_name', 'first_name'] },
  fewestFilters: 0,
  withTotal: false,
  exports: true,
};

const LAST4 = {
  allow: ['first_name', 'city', 'account_number', 'score'],
  // What is masked and no text is left out.
  mask: ['email', 'last_name', 'opted_in', 'created_at'],
};
const last4: Policy = {
  name: 'last4',
  settings: {
    ...UNBOUNDED,
    indexes: [...INDEXES],
    attributes: everywhere(LAST4),
    filters: ['first_name', 'city'],
    export: true,
  },
  shown: everywhere<Shown>({
    allow: LAST4.allow,
    mask: { email: 'last4', last_name: 'last4', opted_in: 'last4', created_at: 'last4' },
  }),
  filters: everywhere(['first_name', 'city']),
  fewestFilters: 0,
  withTotal: true,
  exports: true,
};

const HMAC = {
  allow: ['loyalty_tier', 'preferred_store'],
  mask: ['email', 'city', 'first_name'],
  maskAs: { email: 'hmac', city: 'hmac' },
};
const hmac: Policy = {
  name: 'hmac',
  settings: {
    ...UNBOUNDED,
    indexes: [...INDEXES],
    attributes: everywhere(HMAC),
    filters: ['loyalty_tier'],
    filterOnly: ['first_name', 'city'],
    withTotal: false,
    export: true,
  },
  shown: everywhere<Shown>({
    allow: HMAC.allow,
    mask: { email: 'hmac', city: 'hmac', first_name: 'last4' },
  }),
  filters: everywhere(['loyalty_tier', 'first_name', 'city']),
  fewestFilters: 0,
  withTotal: false,
  exports: true,
};

const blind: Policy = {
  name: 'blind',
  settings: {
    ...UNBOUNDED,
    indexes: ['*'],
    attributes: {},
    filters: [],
    filterOnly: ['city', 'last_name'],
    export: true,
  },
  shown: everywhere<Shown>(NOTHING),
  filters: everywhere(['city', 'last_name']),
  fewestFilters: 0,
  withTotal: true,
  exports: true,
};

const pages: Policy = {
  name: 'pages',
  settings: {
    ...UNBOUNDED,
    indexes: [...INDEXES],
    attributes: everywhere({
      allow: ['first_name', 'last_name', 'loyalty_tier'],
      mask: ['email', 'city'],
      maskAs: { email: 'hmac' },
    }),
    filters: ['first_name', 'last_name'],
  },
  // Of its team's and its own policy what both show, masked where either masks.
  shown: everywhere<Shown>({
    allow: ['first_name'],
    mask: { email: 'hmac', city: 'last4', last_name: 'last4' },
  }),
  filters: everywhere(['first_name']),
  fewestFilters: 1,
  withTotal: false,
  exports: false,
  origin: 'https://app.example',
};

/** In this order everywhere. */
export const POLICIES: readonly Policy[] = [whole, few, last4, hmac, blind, pages];

/** A key for the web pages of `policy`, and how it is written in gateway.yaml. */
export function pageKey({ origin }: Policy): { key: string; record: object } {
  const { key, id, sha256 } = createApiKey({ label: 'test' });
  const policy = {
    attributes: everywhere({ allow: ['first_name', 'email', 'city'], mask: ['last_name'] }),
    filters: ['first_name', 'city'],
    profilesPerDay: 1_000_000_000,
    requestsPerSecond: 1000,
  };
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  return { key, record: { id, sha256, notAfter, kind: 'browser', origins: [origin], policy } };
}
