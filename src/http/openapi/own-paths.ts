import { TOKEN_PATH } from '../token-route.ts';
import { headerRefs } from './headers.ts';
import { answer, operation } from './operation.ts';
import { ref, text } from './schemas.ts';

export const OWN_TAG = 'Gateway';

const USAGE_EXAMPLE = {
  team: 'web',
  key: 'k7Qm2ZrT0a',
  rights: {
    weight: 1,
    indexes: ['idx-loyalty'],
    attributes: { 'idx-loyalty': { allow: ['first_name'], mask: ['email'], maskAs: { email: 'last4' } } },
    filters: ['first_name'],
    filterOnly: [],
    maxLimit: 100,
    maxFilters: 5,
    minFilters: 0,
    withTotal: false,
    export: false,
    bypassCache: false,
    queue: 200,
    maxWaitMs: 10_000,
    scopes: [],
  },
  profiles_today: [{ of: 'team', allowed: 50_000, left: 49_900 }],
  resets_in: 3600,
  this_replica: {
    spent: { caller: 4, refresh: 1, idle: 2 },
    savedByCache: 96,
    savedBySharing: 0,
    waitedMs: 12,
    refused: 0,
  },
};

const STATIC = ['Cache-Control', 'ETag'] as const;

/** What each listener has in the same form. */
export const livez = operation({
  id: 'isAlive',
  tag: OWN_TAG,
  summary: 'Whether the process answers',
  traits: ['any'],
  answers: { 200: answer('It does.', 'text/plain', { schema: { const: 'ok\n' } }) },
});

const fixed = (id: string, summary: string, type: string, schema: object) =>
  operation({
    id,
    tag: OWN_TAG,
    summary,
    traits: ['any'],
    parameters: ['If-None-Match'],
    answers: {
      200: answer('The same for everybody.', type, { schema, headers: STATIC }),
      304: { description: 'The copy is still good.', headers: headerRefs(['X-Request-Id', ...STATIC]) },
    },
  });

export const describes = (what: string) =>
  fixed('describe', `This description of ${what}`, 'application/json', {
    type: 'object',
    required: ['openapi', 'info', 'paths'],
    properties: { openapi: text, info: { type: 'object' }, paths: { type: 'object' } },
  });

export const ofThePage = (id: string, summary: string, type: string) => fixed(id, summary, type, text);

/** What the gateway has of its own for callers. */
export const OWN_PATHS = {
  '/usage': {
    get: operation({
      id: 'getUsage',
      tag: OWN_TAG,
      summary: 'What the credential may do, and what is left of the day',
      traits: ['any', 'public', 'caller'],
      parameters: ['X-Request-Id', 'traceparent'],
      answers: {
        200: answer('Of the team, on this replica.', 'application/json', {
          schema: ref('Usage'),
          example: USAGE_EXAMPLE,
          headers: ['Cache-Control', 'Vary'],
        }),
      },
    }),
  },
  [TOKEN_PATH]: {
    post: operation({
      id: 'getToken',
      tag: OWN_TAG,
      summary: 'No token is needed: this says so',
      description: 'Where clients of Amperity get a token. The gateway key goes with each request as it is.',
      traits: ['any', 'public'],
    }),
  },
  '/livez': { get: livez },
  '/openapi.json': { get: describes('the public listener') },
  '/docs': { get: ofThePage('showDocs', 'A page that shows this description and tries calls', 'text/html') },
  '/docs/page.css': { get: ofThePage('getDocsStyle', 'How that page looks', 'text/css') },
  '/docs/page.js': { get: ofThePage('getDocsScript', 'What that page does', 'text/javascript') },
};
