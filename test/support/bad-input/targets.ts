import fc from 'fast-check';
import { CANARY } from './canary.ts';
import { badQuery, goodQuery } from './queries.ts';
import { encodedText, hostileText } from './texts.ts';

const knownIndex = fc.constantFrom('idx-loyalty', 'idx-loyalty', 'idx-loyalty', 'idx-shoppers');
const anyIndex = fc.oneof(
  { arbitrary: knownIndex, weight: 6 },
  { arbitrary: fc.constantFrom('idx-none', `idx-${CANARY}`, '%69dx-loyalty'), weight: 1 },
);
const anyProfile = fc.oneof(
  fc.integer({ min: 1, max: 400 }).map((row) => `m-${String(row).padStart(5, '0')}`),
  fc.constantFrom('s-slash%2Finside', 's-100%25', 's-%252F', 's-plus+inside', 's-gr%C3%BCn', 's-blank%20'),
  fc.constant(CANARY),
  fc.constant(`${CANARY}%20%2B%3F%23%26%22'%3C%C3%BC`),
  encodedText,
);

export const listPath = anyIndex.map((index) => `/api/indexes/${index}/profiles`);

const goodPath = fc.oneof(
  { arbitrary: listPath, weight: 6 },
  { arbitrary: fc.tuple(listPath, anyProfile).map(([list, profile]) => `${list}/${profile}`), weight: 4 },
  { arbitrary: anyIndex.map((index) => `/api/indexes/${index}`), weight: 1 },
  { arbitrary: fc.constant('/api/indexes'), weight: 1 },
);

const withQuery = (path: string, query: string): string => (query === '' ? path : `${path}?${query}`);

/** What the mirror is there for. */
export const questions = fc.oneof(
  { arbitrary: fc.tuple(listPath, goodQuery).map(([path, query]) => withQuery(path, query)), weight: 3 },
  { arbitrary: goodPath, weight: 2 },
);

/** A list, asked for with parameters that are not all as they should be. */
export const badQueries = fc.tuple(goodPath, badQuery).map(([path, query]) => withQuery(path, query));

/** A path that may lead elsewhere. */
export const badPaths = fc.oneof(
  hostileText.map((text) => `/api/indexes/${text}`),
  hostileText.map((text) => `/api/indexes/${text}/profiles`),
  fc.tuple(hostileText, anyProfile).map(([text, profile]) => `/api/indexes/${text}/profiles/${profile}`),
  fc.tuple(listPath, hostileText).map(([list, text]) => `${list}/${text}`),
  fc.tuple(listPath, hostileText, hostileText).map(([list, one, other]) => `${list}/${one}/${other}`),
  fc.tuple(goodPath, hostileText).map(([path, text]) => `${path}${text}`),
  hostileText.map((text) => `/${text}`),
  fc
    .tuple(goodPath, fc.nat(60), fc.constantFrom('/', '/./', '/../', '//', '%2f', '\\', '/%2e%2e/', ';'))
    .map(([path, place, piece]) => {
      const slashes = [...path.matchAll(/\//g)];
      const at = slashes[place % slashes.length]?.index ?? 0;
      return `${path.slice(0, at)}${piece}${path.slice(at + 1)}`;
    }),
  fc
    .tuple(
      fc.constantFrom(
        'http://127.0.0.1',
        `http://${CANARY}.example`,
        'https://user:x@a',
        'ftp://a',
        '//a',
        'http:',
      ),
      goodPath,
    )
    .map(([origin, path]) => origin + path),
  goodPath.map((path) => path.toUpperCase()),
  goodPath.map((path) => `${path}/`),
  fc.tuple(goodPath, fc.constantFrom('', '/', '?', '/../')).map(([path, more]) => `${path}#${more}${CANARY}`),
  goodPath.map((path) => path.slice(1)),
);

/** Paths of the gateway that are no questions, or will be some day. */
export const otherPaths = fc.constantFrom(
  '*',
  '/',
  '/livez',
  '/livez/',
  `/livez?${CANARY}=1`,
  '/readyz',
  '/metrics',
  '/status',
  '/purge',
  '/console',
  '/docs',
  '/openapi.json',
  '/usage',
  `/usage?team=${CANARY}`,
  '/api',
  '/api/',
  '/api/v0/oauth2/token',
  '/api/v0/oauth2/token/',
  '/favicon.ico',
  '/.env',
  '/.git/config',
  '/index.php?s=/Index/%5Cthink',
  '/cgi-bin/.%2e/.%2e/bin/sh',
  `/${CANARY}`,
  '/exports',
  '/exports/indexes/idx-loyalty/profiles',
  '/exports/indexes/idx-loyalty/profiles.xml',
  `/exports/indexes/${CANARY}%00/profiles.csv`,
  '/exports/indexes/../profiles.csv',
  '/exports/indexes/..%2f/profiles.ndjson',
  '/exports/indexes/idx%22;evil/profiles.csv',
);

export const exportPaths = fc
  .tuple(anyIndex, fc.constantFrom('csv', 'ndjson'))
  .map(([index, format]) => `/exports/indexes/${index}/profiles.${format}`);

export const exportQueries = fc.tuple(exportPaths, fc.oneof(goodQuery, badQuery)).map(([path, query]) => {
  // Small pages of everything would only be many calls.
  const large = query.replace(/^limit=\d+|(?<=&)limit=\d+/g, 'limit=200');
  return withQuery(path, large);
});
