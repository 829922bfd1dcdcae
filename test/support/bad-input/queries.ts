import fc from 'fast-check';
import { CANARY } from './canary.ts';
import { encodedText, hostileText } from './texts.ts';

const ATTRIBUTES = ['first_name', 'last_name', 'email', 'loyalty_tier', 'city'] as const;
const VALUES = [
  'Anna',
  'Kulhman',
  'gold',
  'a+b%2Bc%26d%3D%25',
  'Z%c3%bcrich',
  'Smith+%26+Sons',
  '100%25',
] as const;

const filterName = fc
  .tuple(fc.constantFrom(...ATTRIBUTES), fc.boolean())
  .map(([attribute, isRaw]) => (isRaw ? `filter[${attribute}]` : `filter%5B${attribute}%5d`));
const filterValue = fc.oneof(
  { arbitrary: fc.constantFrom(...VALUES), weight: 3 },
  { arbitrary: fc.constant(CANARY), weight: 2 },
  { arbitrary: encodedText, weight: 2 },
);
const goodFilter = fc.tuple(filterName, filterValue).map(([name, value]) => `${name}=${value}`);
const goodLimit = fc.integer({ min: 1, max: 300 }).map((limit) => `limit=${limit}`);
const goodTotal = fc.constantFrom('with_total=true', 'with_total=false');
/** Replaced by one that Amperity has handed out. */
export const CURSOR = 'KNOWN-CURSOR';
const cursor = fc.constantFrom(
  `next_token=${CURSOR}`,
  `next_token=${CANARY}`,
  'next_token=abc%2Bdef%2F%3D%3D',
);

export const goodQuery = fc
  .uniqueArray(
    fc.oneof(
      { arbitrary: goodFilter, weight: 5 },
      { arbitrary: goodLimit, weight: 3 },
      { arbitrary: goodTotal, weight: 1 },
      { arbitrary: cursor, weight: 1 },
    ),
    { maxLength: 4, selector: (parameter) => parameter.split('=', 1)[0]?.replace(/%5b|%5d|[[\]]/gi, '') },
  )
  .map((parameters) => parameters.join('&'));

const badName = fc.oneof(
  fc.constantFrom(
    'filter[__proto__]',
    'filter[constructor]',
    'filter[prototype]',
    'filter[constructor][prototype][p]',
    'filter[a][b][c][d][e][f][g]',
    'filter[]',
    'filter',
    'filter.city',
    'filter[city',
    'filter[city]x',
    'filter[toString]',
    'filter[birth_year]',
    `filter[1${CANARY}]`,
    `filter[city]]`,
    `filter[${'x'.repeat(65)}]`,
    '__proto__',
    '__proto__[limit]',
    'constructor',
    'Limit',
    'LIMIT',
    'limit[]',
    'limit%00',
    'limit%20',
    'limit ',
    'lim%69t',
    'next_token[]',
    'token',
    'api_key',
    'access_token',
    'X-API-Key',
    'with-total',
    'sort',
    `1${CANARY}`,
    '%ff',
    '%5B%5D',
    '',
  ),
  hostileText,
  encodedText,
);
const badLimit = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '01',
    '-1',
    '+5',
    '%205%20',
    '0x10',
    '1e3',
    '5.0',
    '10000',
    '9999',
    '%D9%A5',
    '1%00',
  ),
  fc.constantFrom(
    'NaN',
    'Infinity',
    '99999999999999999999',
    `1${CANARY}`,
    '1,2',
    '1;2',
    '[1]',
    'null',
    'true',
  ),
);
const badToken = fc.constantFrom(
  '',
  'null',
  'undefined',
  'abc+def',
  'abc def',
  'abc==+',
  `${CANARY}!`,
  `${CANARY}+${CANARY}`,
  '..%2f',
  'x'.repeat(2049),
  'x'.repeat(2048),
);
const badParameter = fc.oneof(
  fc.tuple(badName, fc.oneof(filterValue, hostileText)).map(([name, value]) => `${name}=${value}`),
  fc.tuple(filterName, hostileText).map(([name, value]) => `${name}=${value}`),
  filterName,
  badLimit.map((value) => `limit=${value}`),
  badToken.map((value) => `next_token=${value}`),
  fc.constantFrom('', '1', 'TRUE', 'True', 'yes', 'null', CANARY).map((value) => `with_total=${value}`),
  fc.constantFrom('limit', 'next_token', 'with_total', 'filter', CANARY, '', '=', '==', '?', '??limit=1'),
);

const someParameters = fc
  .array(
    fc.oneof(
      { arbitrary: badParameter, weight: 2 },
      { arbitrary: fc.oneof(goodFilter, goodLimit, goodTotal, cursor), weight: 1 },
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parameters) => parameters.join('&'));

const repeated = fc
  .tuple(fc.oneof(goodFilter, goodLimit, goodTotal, cursor), goodQuery, fc.boolean())
  .map(([one, others, isFirst]) => (isFirst ? `${one}&${others}&${one}` : `${others}&${one}&${one}`));

const many = fc.oneof(
  fc.constantFrom(25, 100, 1100).map((count) => Array(count).fill('a=').join('&')),
  fc
    .constantFrom(10, 11, 24, 25)
    .map((count) => Array.from({ length: count }, (_, at) => `filter%5Ba${at}%5D=${CANARY}`).join('&')),
  fc.constantFrom(4095, 4096, 4097, 8000, 12_000).map((length) => `filter[city]=${'x'.repeat(length - 13)}`),
  fc.constantFrom(20, 200).map((depth) => `filter${'[a]'.repeat(depth)}=${CANARY}`),
);

/** Parameters of which some are unknown, doubled, too many, malformed or too large. */
export const badQuery = fc.oneof(
  { arbitrary: someParameters, weight: 8 },
  { arbitrary: repeated, weight: 2 },
  { arbitrary: many, weight: 1 },
);
