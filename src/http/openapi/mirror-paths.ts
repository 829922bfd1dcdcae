import { PATTERNS, SEARCH } from '../profiles-routes.ts';
import * as examples from './examples.ts';
import { type HeaderName, headerRefs } from './headers.ts';
import { answer, operation, templateOf } from './operation.ts';
import type { ParameterName } from './parameters.ts';
import { ORIGIN, type Trait } from './problems.ts';
import { ref } from './schemas.ts';
import { QUESTION } from './values.ts';

export const MIRROR_TAG = 'Amperity';

const SAID: readonly HeaderName[] = ['X-Request-Id', 'Cache-Control', 'Vary', 'ETag', ...ORIGIN];

const found = (what: string, example: unknown) => ({
  200: answer('What Amperity answers, as far as the team is shown it.', 'application/json', {
    schema: ref(what),
    example,
    headers: [...SAID, 'Content-Encoding'],
  }),
});
const NOT_MODIFIED = { 304: { description: 'The copy is still good.', headers: headerRefs(SAID) } };

const OF_ALL: readonly Trait[] = ['any', 'public', 'caller', 'page'];
const LIST: readonly Trait[] = [...OF_ALL, 'limit', 'filter', 'cursor', 'profiles'];

/** What each question of Amperity's takes beside its own parameters. */
export const ASKING: readonly ParameterName[] = [
  'amperity-tenant',
  'api-version',
  'Prefer',
  'Cache-Control',
  'X-Request-Id',
  'traceparent',
];
const PAGING: readonly ParameterName[] = ['limit', 'next_token', 'with_total'];

const get = (
  id: string,
  summary: string,
  traits: readonly Trait[],
  parameters: readonly ParameterName[],
  ok: object,
) => ({
  get: operation({
    id,
    tag: MIRROR_TAG,
    summary,
    traits,
    parameters: [...parameters, ...ASKING, 'If-None-Match'],
    answers: { ...ok, ...NOT_MODIFIED },
  }),
});

const BODY = { schema: QUESTION, example: examples.QUESTION_OF_DANIELS };
const SEARCHED = found('ProfilePage', examples.PROFILE_PAGE);

const search = (id: string, summary: string, parameters: readonly ParameterName[], answers: object) =>
  operation({
    id,
    tag: MIRROR_TAG,
    summary,
    description: 'The same question and the same page as by `GET`; filter values stand in no URL.',
    traits: [...LIST, 'body'],
    parameters: ['index', ...ASKING, ...parameters],
    body: BODY,
    answers: { ...answers },
  });

/** The four resources of Amperity, and the question in a body. */
export const MIRROR_PATHS = {
  [PATTERNS.indexes]: get(
    'listIndexes',
    'The indexes that the team may read',
    [...OF_ALL, 'limit', 'cursor'],
    PAGING,
    found('IndexPage', examples.INDEX_PAGE),
  ),
  [templateOf(PATTERNS.index)]: get(
    'getIndex',
    'One index',
    OF_ALL,
    ['index'],
    found('Index', examples.INDEX),
  ),
  [templateOf(PATTERNS.profiles)]: {
    ...get('listProfiles', 'A page of profiles', LIST, ['index', 'filter', ...PAGING], SEARCHED),
    // OpenAPI 3.2 has this method; to tools for 3.1 it is an extension that they pass over.
    'x-query': search('queryProfiles', 'A page of profiles, by QUERY (RFC 10008)', ['If-None-Match'], {
      ...SEARCHED,
      ...NOT_MODIFIED,
    }),
  },
  [templateOf(SEARCH)]: {
    post: search('searchProfiles', 'A page of profiles, by POST, for whatever knows no QUERY', [], SEARCHED),
  },
  [templateOf(PATTERNS.profile)]: get(
    'getProfile',
    'One profile',
    [...OF_ALL, 'profiles'],
    ['index', 'profile'],
    found('Profile', examples.PROFILE),
  ),
};
