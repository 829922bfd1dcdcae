import fc from 'fast-check';
import type { Asked, Attempt, Verdict, World } from './attempt.ts';
import { plant } from './canary.ts';
import type { Planned } from './requests.ts';

/** Where a request leads that only another reading of the bytes would find; nobody may ever ask Amperity for it. */
export const SMUGGLED = '/api/indexes/smuggled-CANARY/profiles';

const LIST = '/api/indexes/idx-loyalty/profiles?limit=1&filter[city]=CANARY';
const KEY = 'X-API-Key: KEY\r\n';
const HOST = 'Host: gateway\r\n';
const HIDDEN = `GET ${SMUGGLED} HTTP/1.1\r\n${HOST}${KEY}\r\n`;
const get = (lines = '', line = `GET ${LIST} HTTP/1.1`): string => `${line}\r\n${HOST}${KEY}${lines}\r\n`;
const post = (lines: string): string => get(lines, `POST ${LIST} HTTP/1.1`);
const HIDDEN_CHUNK = `HIDDEN-HEX\r\n${HIDDEN}\r\n`;

interface Malformed {
  readonly kind: string;
  readonly text: string;
  /** Requests that RFC 9112 finds in the text; default: the list, once, by GET or POST as the text begins. */
  readonly asked?: readonly Asked[];
  /** Default: refuse. */
  readonly verdict?: Verdict;
  readonly ending?: Attempt['ending'];
}

const all = (kind: string, texts: readonly string[], more: Partial<Malformed> = {}): Malformed[] =>
  texts.map((text) => ({ kind, text, ...more }));

const asksList: Asked = { method: 'GET', target: LIST };

const FRAMING: readonly Malformed[] = [
  ...all(
    'Content-Length and Transfer-Encoding',
    [get, post].flatMap((head) => [
      `${head('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n')}0\r\n\r\n${HIDDEN}`,
      `${head(`Transfer-Encoding: chunked\r\nContent-Length: HIDDEN-LENGTH-AND-5\r\n`)}0\r\n\r\n${HIDDEN}`,
      `${head(`Content-Length: HIDDEN-LENGTH\r\nTransfer-Encoding: identity\r\n`)}${HIDDEN}`,
    ]),
  ),
  ...all(
    'odd Transfer-Encoding',
    [
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: chunked, gzip',
      'Transfer-Encoding: chunked, chunked',
      'Transfer-Encoding: identity, chunked',
      'Transfer-Encoding: gzip',
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding: "chunked"',
      'Transfer-Encoding:\u000bchunked',
      'Transfer-Encoding : chunked',
      'Transfer-Encoding\t: chunked',
      ' Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
      'Transfer-Encoding:\r\n chunked',
      'X: y\rTransfer-Encoding: chunked',
      'X: y\nTransfer-Encoding: chunked',
      'Transfer\u0000-Encoding: chunked',
    ].flatMap((line) => [
      `${get(`${line}\r\n`)}0\r\n\r\n${HIDDEN}`,
      `${post(`${line}\r\n`)}0\r\n\r\n${HIDDEN}`,
    ]),
    // Where the coding is read as it stands, the body ends before what is hidden: then that is one more request.
    { verdict: 'refuse', asked: [asksList, { method: 'GET', target: '' }] },
  ),
  ...all(
    'odd Content-Length',
    [
      '5\r\nContent-Length: 6',
      '5\r\nContent-Length: 5',
      '5, 5',
      '+5',
      '-1',
      '5 5',
      '0x5',
      '5\u0000',
      '5.0',
      '5e0',
      '',
      ' ',
      '99999999999999999999999',
      '18446744073709551617',
      '\u00b2',
    ].flatMap((value) => [get, post].map((head) => `${head(`Content-Length: ${value}\r\n`)}hello${HIDDEN}`)),
    { asked: [asksList, { method: 'GET', target: '' }] },
  ),
  ...all('a request hidden in a body', [
    `${get(`Content-Length: HIDDEN-LENGTH\r\n`)}${HIDDEN}`,
    `${post(`Content-Length: HIDDEN-LENGTH\r\n`)}${HIDDEN}`,
    `${get('Transfer-Encoding: chunked\r\n')}${HIDDEN_CHUNK}0\r\n\r\n`,
    `${post('Transfer-Encoding: chunked\r\n')}${HIDDEN_CHUNK}0\r\n\r\n`,
    `${post('Transfer-Encoding: chunked\r\n')}0\r\nX-Trailer: a\r\nX-API-Key: KEY\r\n\r\n`,
    `${post(`Content-Type: application/json\r\nContent-Length: HIDDEN-LENGTH\r\n`)}${HIDDEN}`,
  ]),
  ...all(
    'wrong chunks',
    [
      `zz\r\n${HIDDEN}`,
      `-1\r\n${HIDDEN}`,
      `FFFFFFFFFFFFFFFFF\r\n${HIDDEN}`,
      `7fffffffffffffff\r\n${HIDDEN}`,
      `3\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
      `5\r\nhello0\r\n\r\n${HIDDEN}`,
      `5\nhello\r\n0\r\n\r\n${HIDDEN}`,
      `5\r\nhello\n0\n\n${HIDDEN}`,
      ` 5\r\nhello\r\n0\r\n\r\n`,
      `0x5\r\nhello\r\n0\r\n\r\n`,
      `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
      `5;a\n${HIDDEN}\r\nhello\r\n0\r\n\r\n`,
      `0\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
      `0\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n`,
      `0\r\n${HIDDEN}`,
    ].map((body) => post('Transfer-Encoding: chunked\r\n') + body),
    {
      asked: [
        { method: 'POST', target: LIST },
        { method: 'GET', target: '' },
      ],
    },
  ),
  ...all('chunk extensions', [
    `${post('Transfer-Encoding: chunked\r\n')}5;a=b;c="d"\r\nhello\r\n0;last\r\n\r\n`,
    `${post('Transfer-Encoding: chunked\r\n')}${'1;e\r\nx\r\n'.repeat(200)}0\r\n\r\n`,
  ]),
];

const LINES: readonly Malformed[] = [
  ...all('bare LF and CR', [
    get().replaceAll('\r\n', '\n'),
    get().replaceAll('\r\n', '\r'),
    get().replaceAll('\r\n', '\n\r'),
    get().replace('\r\n', '\n'),
    get().replace(/\r\n\r\n$/, '\n\n'),
    get('X: a\n\r\n'),
    get(`X: a\rX-API-Key: KEY\r\n`),
    get(`X: a\n\nGET ${SMUGGLED} HTTP/1.1\n`),
  ]),
  ...all('folded headers', [
    get('X: a\r\n b\r\n'),
    get('X: a\r\n\tb\r\n'),
    get('X:\r\n CANARY\r\n'),
    get('Content-Length:\r\n 5\r\n'),
    `GET ${LIST} HTTP/1.1\r\nHost:\r\n gateway\r\n${KEY}\r\n`,
    `GET ${LIST} HTTP/1.1\r\n ${HOST}${KEY}\r\n`,
  ]),
  ...all('controls', [
    get('X: a\u0000b\r\n'),
    get('X\u0000: a\r\n'),
    get('X: a\u0008\r\n'),
    get('X: a\u007f\r\n'),
    get('', `GET ${LIST}\u0000 HTTP/1.1`),
    get('', `GET ${LIST}\u0001 HTTP/1.1`),
    get('', `GET ${LIST}\u007f HTTP/1.1`),
    get('', `GET ${LIST}\u00ff HTTP/1.1`),
    get('', `G\u0000ET ${LIST} HTTP/1.1`),
    `\u0000${get()}`,
    `${'\u0000'.repeat(300)}`,
  ]),
  ...all('odd header lines', [
    get('CANARY\r\n'),
    get(': CANARY\r\n'),
    get('X CANARY: a\r\n'),
    get('X-API-Key : CANARY\r\n'),
    get('X(CANARY): a\r\n'),
    get('\u00fcCANARY: a\r\n'),
    get('{"CANARY": 1}\r\n'),
  ]),
  ...all('request lines', [
    get('', `GET ${LIST} HTTP/1.0`),
    get('', `GET ${LIST} HTTP/0.9`),
    get('', `GET ${LIST} HTTP/2.0`),
    get('', `GET ${LIST} HTTP/1.2`),
    get('', `GET ${LIST} HTTP/01.1`),
    get('', `GET ${LIST} http/1.1`),
    get('', `GET ${LIST} HTTP/1.1x`),
    get('', `GET ${LIST} HTTP/`),
    get('', `GET ${LIST} RTSP/1.0`),
    get('', `GET ${LIST} ICE/1.0`),
    get('', `GET ${LIST}`),
    get('', `GET ${LIST} CANARY HTTP/1.1`),
    get('', `GET\t${LIST} HTTP/1.1`),
    get('', ` GET ${LIST} HTTP/1.1`),
    get('', `get ${LIST} HTTP/1.1`),
    get('', `GET`),
    get('', `CANARY ${LIST} HTTP/1.1`),
    get('', `${'G'.repeat(9000)} ${LIST} HTTP/1.1`),
    get('', `GET http://127.0.0.1${LIST} HTTP/1.1`),
    get('', `GET http://CANARY.example${LIST} HTTP/1.1`),
    get('', `GET * HTTP/1.1`),
    get('', `GET gateway:80 HTTP/1.1`),
    get('', `SOURCE ${LIST} HTTP/1.1`),
    `GET ${LIST}\r\n\r\n`,
    `GET ${LIST}\r\n`,
  ]),
  ...all('hosts', [
    `GET ${LIST} HTTP/1.1\r\n${KEY}\r\n`,
    get('Host: other\r\n'),
    get('hOST: gateway\r\n'),
    get('Host: gateway\r\nHost: third\r\n'),
  ]),
];

/** More headers than Node hands on unless told otherwise; what stands behind them must not be overlooked. */
const FILLERS = 'a:\r\n'.repeat(1100);

const SIZES: readonly Malformed[] = [
  ...all('something behind a thousand headers', [
    get(`${FILLERS}Host: other\r\n`),
    get(`${FILLERS}X-API-Key: CANARY\r\n`),
    get(`${FILLERS}Authorization: Bearer CANARY\r\n`),
    get(`${FILLERS}amperity-tenant: CANARY\r\n`),
    get(`${FILLERS}api-version: CANARY\r\n`),
    `${get(`${FILLERS}Transfer-Encoding: gzip, chunked\r\n`)}0\r\n\r\n`,
    `${get(`${FILLERS}Transfer-Encoding: chunked\r\n`)}${HIDDEN_CHUNK}0\r\n\r\n`,
    `${get(`${FILLERS}Content-Length: HIDDEN-LENGTH\r\n`)}${HIDDEN}`,
  ]),
  ...all('too large a head', [
    get(`X: ${'CANARY'.repeat(3000)}\r\n`),
    get(`${'x'.repeat(17_000)}: a\r\n`),
    get('a: CANARY\r\n'.repeat(1500)),
    get('', `GET ${LIST}${'x'.repeat(20_000)} HTTP/1.1`),
    get('a:\r\n'.repeat(40_000)),
    `GET /${'x'.repeat(1_000_000)}`,
  ]),
];

const OTHER: readonly Malformed[] = [
  ...all('another protocol', [
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003CANARY\r\n\r\n',
    'SSH-2.0-CANARY\r\n',
    '*1\r\n$4\r\nPING\r\n',
    'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    '{"CANARY":1}\r\n\r\n',
    '\u00ff'.repeat(500),
  ]),
  ...all(
    'upgrade',
    [
      get(
        'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
      ),
      get(
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n',
      ),
    ],
    { verdict: 'any', asked: [asksList] },
  ),
  ...all('CONNECT', [
    `CONNECT 127.0.0.1:1 HTTP/1.1\r\n${HOST}${KEY}\r\n`,
    `CONNECT ${LIST} HTTP/1.1\r\n${HOST}${KEY}\r\n${HIDDEN}`,
    `CONNECT CANARY.example:443 HTTP/1.1\r\n${HOST}${KEY}\r\n${HIDDEN}`,
  ]),
  ...all('empty lines first', [`\r\n${get()}`, `\r\n\r\n\r\n${get()}`], { verdict: 'any' }),
  ...all('several at once', [get().repeat(2), get().repeat(10)], {
    asked: Array(10).fill(asksList),
    verdict: 'any',
  }),
  ...all(
    'several at once, then nonsense',
    [`${get()}CANARY\r\n\r\n`, `${get()}${get('Host: other\r\n')}`, `${get()}\u0000`],
    {
      asked: [asksList, { method: 'GET', target: '' }],
      verdict: 'any',
    },
  ),
  ...all('an expectation', [
    `${get('Expect: 100-continue\r\nContent-Length: 5\r\n')}hello`,
    get('Expect: 100-continue\r\nContent-Length: 5\r\n'),
    `${post(`Expect: 100-continue\r\nContent-Length: HIDDEN-LENGTH\r\n`)}${HIDDEN}`,
  ]),
  ...all(
    'an early end',
    [
      get().slice(0, 40),
      get().slice(0, -2),
      `${post('Content-Length: 1000\r\n')}half`,
      `${post('Transfer-Encoding: chunked\r\n')}64\r\nhalf`,
      '',
    ],
    { ending: 'half-close' },
  ),
  ...all('a complete request, and an end', [get()], { verdict: 'any', ending: 'half-close' }),
  ...all(
    'gone at once',
    [get(), get().slice(0, 60), get().repeat(10), `${post('Content-Length: 1000\r\n')}half`, ''],
    { verdict: 'any', ending: 'destroy', asked: Array(10).fill(asksList) },
  ),
];

const MALFORMED: readonly Malformed[] = [...FRAMING, ...LINES, ...SIZES, ...OTHER];

/** Each of them, once. */
export const everyMalformed = (world: World): Planned[] =>
  MALFORMED.map((malformed) => planned(malformed, Object.keys(world.keys)[0] ?? '', world));

/** What is not HTTP, or nearly, and what two servers might read in two ways. */
export const malformed = (world: World): fc.Arbitrary<Planned> =>
  fc
    .tuple(fc.constantFrom(...MALFORMED), fc.constantFrom(...Object.keys(world.keys)))
    .map(([one, team]) => planned(one, team, world));

function planned({ kind, text, asked, verdict, ending }: Malformed, team: string, { keys }: World): Planned {
  const method = /^[A-Z]+/.exec(text)?.[0] ?? 'GET';
  const requests = asked ?? [{ method, target: LIST }];
  const fill = (part: string, serial: number): string =>
    plant(part.replaceAll('KEY', keys[team] ?? ''), serial);
  return (serial) => ({
    kind,
    bytes: Buffer.from(withLengths(fill(text, serial), fill(HIDDEN, serial).length), 'latin1'),
    asked: requests.map((request) => ({ ...request, target: plant(request.target, serial) })),
    verdict: verdict ?? 'refuse',
    team,
    isFramed: false,
    ending,
  });
}

const withLengths = (text: string, length: number): string =>
  text
    .replaceAll('HIDDEN-LENGTH-AND-5', String(length + 5))
    .replaceAll('HIDDEN-LENGTH', String(length))
    .replaceAll('HIDDEN-HEX', length.toString(16));
