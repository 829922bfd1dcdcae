import fc from 'fast-check';
import type { Asked, Attempt, Draft, Header, Verdict, World } from './attempt.ts';
import { searchBodies } from './bodies.ts';
import { plant } from './canary.ts';
import { badCredentials, type Credential, goodCredentials } from './credentials.ts';
import { type Extra, goodHeaders, oddHeaders } from './headers.ts';
import { mutations } from './mutations.ts';
import { CURSOR } from './queries.ts';
import {
  badPaths,
  badQueries,
  exportPaths,
  exportQueries,
  listPath,
  otherPaths,
  questions,
} from './targets.ts';

/** An attempt that waits for the number by which its canaries are told from all others. */
export type Planned = (serial: number) => Attempt;

const METHODS = ['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD'] as const;
const OTHER_METHODS = [
  'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'SEARCH', 'PURGE', 'M-SEARCH', 'LOCK',
  'BREW', 'get', 'GETT',
] as const; // biome-ignore format: a list

/** Requests that are written as HTTP wants it, whatever they ask. */
export function requests(world: World): fc.Arbitrary<Planned> {
  const good = goodCredentials(world);
  const mostly = fc.oneof({ arbitrary: good, weight: 7 }, { arbitrary: badCredentials(world), weight: 2 });
  const cursor = fc.constantFrom(...world.cursors).map(encodeURIComponent);
  const gets = fc.constantFrom(...METHODS);
  const scenario = (
    kind: string,
    target: fc.Arbitrary<string>,
    parts: {
      readonly method?: fc.Arbitrary<string>;
      readonly credential?: fc.Arbitrary<Credential>;
      readonly extras?: fc.Arbitrary<readonly Extra[]>;
      readonly body?: fc.Arbitrary<string>;
    } = {},
  ): fc.Arbitrary<Planned> =>
    fc
      .record({
        method: parts.method ?? gets,
        target: fc.tuple(target, cursor).map(([text, token]) => text.replaceAll(CURSOR, token)),
        credential: parts.credential ?? mostly,
        extras: parts.extras ?? goodHeaders,
        body: parts.body ?? fc.constant(''),
        isChunked: fc.boolean(),
      })
      .map((written) => planned(kind, written));
  const jsonHeaders = fc.oneof(
    {
      arbitrary: fc.constant<readonly Extra[]>([
        { headers: [['Content-Type', 'application/json']], verdict: 'any' },
      ]),
      weight: 4,
    },
    { arbitrary: oddHeaders, weight: 1 },
  );
  const mutated = fc
    .tuple(fc.oneof(questions, badQueries), mutations)
    .map(([target, change]) => change(target));
  return fc.oneof(
    { arbitrary: scenario('question', questions), weight: 18 },
    { arbitrary: scenario('query', badQueries), weight: 16 },
    { arbitrary: scenario('path', badPaths), weight: 10 },
    { arbitrary: scenario('other path', otherPaths), weight: 3 },
    { arbitrary: scenario('mutated target', mutated), weight: 12 },
    { arbitrary: scenario('headers', questions, { extras: oddHeaders }), weight: 14 },
    { arbitrary: scenario('credential', questions, { credential: badCredentials(world) }), weight: 5 },
    {
      arbitrary: scenario('method', fc.oneof(questions, otherPaths, exportPaths), {
        method: fc.constantFrom(...OTHER_METHODS),
        body: fc.oneof(fc.constant(''), searchBodies),
      }),
      weight: 6,
    },
    { arbitrary: scenario('body on GET', questions, { body: searchBodies }), weight: 1 },
    {
      arbitrary: scenario(
        'search',
        listPath.map((list) => `${list}/search`),
        {
          method: fc.constant('POST'),
          extras: jsonHeaders,
          body: searchBodies,
        },
      ),
      weight: 4,
    },
    {
      arbitrary: scenario(
        'search beside a query',
        fc.oneof(badQueries, questions).map((target) => target.replace('?', '/search?')),
        {
          method: fc.constant('POST'),
          extras: jsonHeaders,
          body: searchBodies,
        },
      ),
      weight: 1,
    },
    {
      arbitrary: scenario('QUERY', listPath, {
        method: fc.constant('QUERY'),
        extras: jsonHeaders,
        body: searchBodies,
      }),
      weight: 4,
    },
    { arbitrary: scenario('export', exportQueries), weight: 1 },
    {
      arbitrary: scenario('posted export', exportPaths, {
        method: fc.constant('POST'),
        extras: jsonHeaders,
        body: searchBodies,
      }),
      weight: 1,
    },
    {
      arbitrary: scenario('oauth', fc.constant('/api/v0/oauth2/token'), {
        method: fc.constant('POST'),
        body: fc.oneof(
          fc.constant('grant_type=client_credentials&client_id=CANARY&client_secret=CANARY'),
          searchBodies,
        ),
      }),
      weight: 1,
    },
    { arbitrary: guesses(world), weight: 1 },
  );
}

/** Failed logins that all come from one address. */
function guesses({ strangers }: World): fc.Arbitrary<Planned> {
  return fc.tuple(questions, fc.constantFrom(...strangers)).map(([target, key]): Planned => {
    const credential: Credential = { headers: [['X-API-Key', key]], team: undefined, verdict: 'refuse' };
    const make = planned('guess', {
      method: 'GET',
      target,
      credential,
      extras: [],
      body: '',
      isChunked: false,
    });
    return (serial) => ({ ...make(serial), isGuess: true });
  });
}

interface Written {
  readonly method: string;
  readonly target: string;
  readonly credential: Credential;
  readonly extras: readonly Extra[];
  readonly body: string;
  readonly isChunked: boolean;
}

const planned =
  (kind: string, { method, target, credential, extras, body, isChunked }: Written): Planned =>
  (serial) => {
    const headers: Header[] = [
      ['Host', 'gateway'],
      ...credential.headers,
      ...extras.flatMap((extra) => extra.headers),
    ];
    const draft = plantDraft({ method, target, headers, body }, serial);
    const hasBody = body !== '';
    const isGet = method === 'GET' || method === 'HEAD';
    // More than one space around a target may be passed over (RFC 9112 §3).
    const asked: Asked = {
      method,
      target: draft.target.replace(/^ +| +$/g, ''),
      ...(hasBody && { body: draft.body }),
    };
    return {
      kind,
      bytes: bytesOf(draft, isChunked),
      asked: [asked],
      verdict: verdictOf(credential, extras, isGet && hasBody),
      team: credential.team,
      isFramed: true,
    };
  };

function plantDraft(draft: Draft, serial: number): Draft {
  return {
    method: draft.method,
    target: plant(draft.target, serial),
    headers: draft.headers.map(([name, value]): Header => [plant(name, serial), plant(value, serial)]),
    body: plant(draft.body, serial),
  };
}

function verdictOf(credential: Credential, extras: readonly Extra[], isRefused: boolean): Verdict {
  const verdicts = [credential.verdict, ...extras.map((extra) => extra.verdict)];
  if (isRefused || verdicts.includes('refuse')) return 'refuse';
  const names = extras.flatMap((extra) => extra.headers).map(([name]) => name.toLowerCase());
  const isPlain = new Set(names).size === names.length;
  return isPlain && verdicts.every((verdict) => verdict === 'fine') ? 'fine' : 'any';
}

export function bytesOf({ method, target, headers, body }: Draft, isChunked = false): Buffer {
  const framing: Header[] =
    body === ''
      ? []
      : [isChunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)]];
  const lines = [...headers, ...framing].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const content = body !== '' && isChunked ? chunked(body) : body;
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n${content}`, 'latin1');
}

const chunked = (body: string): string => {
  const middle = Math.ceil(body.length / 2);
  const chunks = [body.slice(0, middle), body.slice(middle)].filter((chunk) => chunk !== '');
  return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
};
