import { LOG_LEVELS } from '../../shared/log.ts';
import { SCRIPTS } from '../console-page/console-files.ts';
import { documentOf } from './document.ts';
import { answer, type OperationParts, operation } from './operation.ts';
import { describes, livez, OWN_TAG, ofThePage } from './own-paths.ts';
import { ACCOUNT, count, exactly, listOf, PROBLEM, ref, text } from './schemas.ts';
import { VALUES } from './values.ts';

const flag = { type: 'boolean' } as const;
const breaker = { enum: ['closed', 'open', 'half_open'] };
const size = exactly({ entries: count, bytes: count });

const STATUS = exactly(
  {
    name: text,
    version: text,
    startedAt: text,
    ready: flag,
    budget: exactly({
      mode: { enum: ['shared', 'share', 'closed', 'memory'] },
      rate: count,
      effectiveRate: { type: 'number' },
      windowMs: count,
      permitsHeld: count,
      inFlight: count,
      breakers: exactly({ quick: breaker, slow: breaker }),
      coolDownMs: count,
    }),
    queue: listOf(exactly({ team: text, flights: count, oldestMs: { type: 'number' } })),
    teams: { type: 'object', additionalProperties: ref('Account') },
    cache: exactly({ memory: size }),
    problems: {
      type: 'object',
      additionalProperties: exactly({ count, lastAt: count }),
      description: 'By code, since the start; `lastAt` in epoch ms.',
    },
  },
  { redis: exactly({ up: flag }) },
);

const PURGE = {
  oneOf: [exactly({ index: VALUES.index }, { profile: VALUES.profile }), exactly({ all: { const: true } })],
};
const PURGED = exactly({
  purged: { const: true },
  pages: { ...count, description: 'Entries that were removed from the store.' },
  generation: { type: 'number' },
  widened: { ...flag, description: 'Of a profile its whole index was purged.' },
  redis_followers: count,
});
const KEY_ID = { ...text, pattern: '^[A-Za-z0-9]{6,16}$' };

/** What an operator does takes a scope, and a body that says what. */
const deed = (
  parts: Pick<OperationParts, 'id' | 'summary' | 'description'>,
  also: 'purge' | 'revoke' | undefined,
  body: { schema: object; example: unknown },
  done: { schema: object; example: unknown },
) => ({
  post: operation({
    ...parts,
    tag: 'Operators',
    traits: ['any', 'operator', 'body', ...(also === undefined ? [] : [also])],
    parameters: ['X-Request-Id', 'traceparent'],
    body,
    answers: { 200: answer('It is done.', 'application/json', { ...done, headers: ['Cache-Control'] }) },
  }),
});

const free = (id: string, summary: string, answers: OperationParts['answers'] = {}) => ({
  get: operation({ id, tag: OWN_TAG, summary, traits: ['any'], answers }),
});

const PATHS = {
  '/livez': { get: livez },
  '/readyz': free('isReady', 'Whether the replica wants requests', {
    200: answer('It does.', 'text/plain', { schema: { ...text, pattern: '^ready\\n' } }),
    503: answer('It is draining.', 'text/plain', { schema: { ...text, pattern: '^draining\\n' } }),
  }),
  '/metrics': free('getMetrics', 'Metrics for Prometheus', {
    200: answer('Text exposition format.', 'text/plain', { schema: text }),
  }),
  '/openapi.json': { get: describes('the admin listener') },
  '/status': {
    get: operation({
      id: 'getStatus',
      tag: 'Operators',
      summary: 'How the replica is doing',
      description: 'Takes the scope `status:read` unless the listener is on loopback.',
      traits: ['any', 'operator'],
      answers: {
        200: answer('Nothing about profiles.', 'application/json', {
          schema: STATUS,
          headers: ['Cache-Control'],
        }),
      },
    }),
  },
  '/console': { get: ofThePage('showConsole', 'The live console', 'text/html') },
  '/console/page.css': { get: ofThePage('getConsoleStyle', 'How the console looks', 'text/css') },
  ...Object.fromEntries(
    SCRIPTS.map((name) => [
      `/console/${name}`,
      {
        get: ofThePage(
          `getConsole_${name.replace('.js', '')}`,
          'A part of what the console does',
          'text/javascript',
        ),
      },
    ]),
  ),
  '/console/uplot.js': {
    get: ofThePage('getPlotLibrary', 'uPlot, which draws the plots', 'text/javascript'),
  },
  '/console/uplot.css': { get: ofThePage('getPlotStyle', 'Style of uPlot', 'text/css') },
  '/console/events': {
    get: operation({
      id: 'watch',
      tag: 'Operators',
      summary: 'What all replicas do, once a second',
      description:
        'Server-sent events: each is a view as JSON, the first ones for a minute back. Takes the scope `status:read` unless the listener is on loopback.',
      traits: ['any', 'operator'],
      answers: {
        200: answer('Until the caller leaves, or its key ends.', 'text/event-stream', {
          schema: text,
          headers: ['Cache-Control', 'X-Accel-Buffering'],
        }),
      },
    }),
  },
  '/purge': deed(
    {
      id: 'purge',
      summary: 'Forget a profile, an index or everything, on every replica',
      description: 'Takes the scope `purge:profile`, `purge:index` or `purge:all`.',
    },
    'purge',
    { schema: PURGE, example: { index: 'idx-loyalty', profile: 'm-00001' } },
    {
      schema: PURGED,
      example: { purged: true, pages: 3, generation: 1_760_000_000_000, widened: false, redis_followers: 1 },
    },
  ),
  '/revoke': deed(
    { id: 'revoke', summary: 'End a key, on every replica', description: 'Takes the scope `keys:revoke`.' },
    'revoke',
    { schema: exactly({ key: KEY_ID }), example: { key: 'k7Qm2ZrT0a' } },
    {
      schema: exactly({ revoked: { const: true }, key: KEY_ID, team: text }),
      example: { revoked: true, key: 'k7Qm2ZrT0a', team: 'web' },
    },
  ),
  '/log-level': deed(
    {
      id: 'setLogLevel',
      summary: 'Change what this replica logs',
      description: 'Takes the scope `log:level`.',
    },
    undefined,
    { schema: exactly({ level: { enum: LOG_LEVELS } }), example: { level: 'debug' } },
    { schema: exactly({ level: { enum: LOG_LEVELS } }), example: { level: 'debug' } },
  ),
};

/** The admin listener. */
export const adminDocument = (apiVersion: string) =>
  documentOf({
    info: {
      title: 'amperity-gateway, admin listener',
      version: apiVersion,
      summary: 'For operators, never reachable on the public port.',
    },
    tags: [
      { name: OWN_TAG, description: 'Health and metrics, free.' },
      { name: 'Operators', description: 'What takes a scope, and leaves a line in the log.' },
    ],
    paths: PATHS,
    schemas: { Account: ACCOUNT, Problem: PROBLEM },
  });
