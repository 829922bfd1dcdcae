import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApiKey } from '../../../src/access/api-key.ts';
import { Gate } from '../../../src/access/gate.ts';
import { Roster } from '../../../src/access/roster.ts';
import type { KeyRecord, TeamRecord } from '../../../src/access/team-record.ts';
import { Recorder } from '../../../src/console/recorder.ts';
import { AccessLog } from '../../../src/http/access-log.ts';
import { createApp, securityHeaderList } from '../../../src/http/app.ts';
import { CodedBodies } from '../../../src/http/coded-bodies.ts';
import { hotPath } from '../../../src/http/hot-path.ts';
import { KnownQuestions } from '../../../src/http/known-questions.ts';
import { createServer } from '../../../src/http/server.ts';
import { validatorsBy } from '../../../src/query/validators.ts';
import { MemoryDailyCounts } from '../../../src/quota/memory-daily-counts.ts';
import { Metrics } from '../../../src/shared/metrics.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { rawHttp } from '../../support/raw-http.ts';
import { DENIED, noMaskKeys } from '../access/records.ts';
import { Answering } from '../serve/answering.ts';
import { QUEUE_LIMITS } from '../serve/ground.ts';

const ORIGIN = 'https://shop.example';
const EVERYTHING: Partial<TeamRecord> = {
  indexes: ['*'],
  attributes: '*',
  filters: '*',
  withTotal: true,
  maxLimit: 1000,
};
const RIGHTS: Readonly<Record<string, Partial<TeamRecord>>> = {
  web: EVERYTHING,
  shown: {
    ...EVERYTHING,
    attributes: { 'idx-1': { allow: ['city'], mask: [], maskAs: {} } },
    filters: ['city'],
  },
  narrow: { ...EVERYTHING, indexes: ['idx-2'] },
  small: { ...EVERYTHING, maxLimit: 10 },
  silent: { ...EVERYTHING, revealCache: false },
  counted: { ...EVERYTHING, profilesPerDay: 7 },
  spent: { ...EVERYTHING, profilesPerDay: 3 },
  finished: { ...EVERYTHING, profilesPerDay: 6 },
  spender: { ...EVERYTHING, bypassCache: true },
};
const NEVER = ManualClock.EPOCH + 1e12;
/** After all that takes time here. */
const ENDS = ManualClock.EPOCH + 1_000_000;
const KEYS = Object.fromEntries(Object.keys(RIGHTS).map((team) => [team, createApiKey({ label: 'test' })]));
const keyOf = (team: string): string => KEYS[team]?.key ?? '';
const ofPages = createApiKey({ label: 'web' });
const ending = createApiKey({ label: 'test' });
const revoked = createApiKey({ label: 'test' });

const records = Object.fromEntries(
  Object.entries(RIGHTS).map(([team, rights]) => {
    const { id = '', sha256 = '' } = KEYS[team] ?? {};
    const keys: KeyRecord[] = [{ id, sha256, state: 'active', notAfterMs: NEVER }];
    if (team === 'shown') keys.push(browserKey());
    if (team === 'web') {
      for (const { id: other, sha256: digest } of [ending, revoked]) {
        const notAfterMs = other === ending.id ? ENDS : NEVER;
        keys.push({ id: other, sha256: digest, state: 'active', notAfterMs });
      }
    }
    return [team, { ...DENIED, ...rights, keys }];
  }),
);

function browserKey(): KeyRecord {
  const { id, sha256 } = ofPages;
  const policy = {
    withTotal: false,
    maxLimit: 100,
    minFilters: 0,
    requestsPerSecond: 100,
    profilesPerDay: 1000,
  };
  return {
    id,
    sha256,
    state: 'active',
    notAfterMs: NEVER,
    kind: 'browser',
    origins: [ORIGIN],
    policy,
  } as KeyRecord;
}

const PROFILES = JSON.stringify({
  data: ['a', 'b', 'c'].map((id) => ({
    id,
    index_id: 'idx-1',
    attributes: { city: 'Ulm', email: `${id}@x.example` },
  })),
  next_token: 'further',
});

/** Enough to be worth compressing. */
const MANY = PROFILES.replace('[', `[${`${PROFILES.slice(9, PROFILES.indexOf('],'))},`.repeat(40)}`);

const validator = validatorsBy(() => [{ kid: 'k', key: Buffer.alloc(32, 3) }]);

/** A gateway's public listener on pages that are there, by a clock of its own. */
class World {
  readonly answering = new Answering(QUEUE_LIMITS, validator);
  readonly clock = this.answering.ground.clock;
  readonly lines: Record<string, unknown>[] = [];
  readonly metrics = new Metrics(Object.keys(RIGHTS));
  readonly gone = new Set<string>();
  readonly agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  /** Whether the latest request was answered in front of Express. */
  wasHot = false;
  url = '';
  roster = new Roster(records, noMaskKeys);
  readonly #server: http.Server;

  constructor({ isHot }: { isHot: boolean }) {
    const { answering, clock, metrics } = this;
    const { answers } = answering;
    const authenticate = new Gate({
      roster: () => this.roster,
      keys: { isRevoked: (id) => this.gone.has(id), onUsed: () => undefined },
      clock,
      audit: () => undefined,
    });
    const recorder = new Recorder(clock, { effectiveRate: () => 10, coolDownMs: () => 0 });
    const silent = { isLevelEnabled: () => true, error: () => undefined, debug: () => undefined } as never;
    const writeSoon = (line: string): void => void this.lines.push(JSON.parse(line));
    const parts = {
      authenticate,
      answers,
      clock,
      accessLog: new AccessLog({ log: silent, lines: { writeSoon }, metrics, recorder, clock }),
      questions: new KnownQuestions(),
      coded: new CodedBodies(answering.prepared),
      counts: new MemoryDailyCounts(clock),
      amperity: { tenant: 'acme', apiVersion: '2025-07-31' },
      queue: { perTeam: 200, maxWaitMs: 10_000 },
      browserCache: false,
      allowance: () => ({ teamQuota: 2, upstreamQuota: 10, windowMs: 1000, remaining: 2, resetMs: 1000 }),
      onServed: () => undefined,
    };
    const problems = { errorMediaType: 'application/problem+json' as const };
    const app = createApp({
      ...parts,
      log: silent,
      problems,
      fingerprint: (request) => answering.keys.fingerprint(request),
      isOrigin: (origin) => origin === ORIGIN,
      trustProxy: 0,
      account: () => ({}),
      extraQueryParams: [],
      export: { enabled: false, maxProfiles: 1, escapeFormulas: true },
    });
    const hot = hotPath({ ...parts, fixedHeaders: securityHeaderList() });
    this.#server = createServer({
      app,
      hot: (req, res) => {
        this.wasHot = isHot && hot(req, res);
        return this.wasHot;
      },
      tells: () => undefined,
      problems,
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    await this.fill();
  }

  async fill(): Promise<void> {
    const { answering } = this;
    const page = answering.page(PROFILES, { count: 3, nextToken: 'further' });
    const asked: Partial<PageRequest>[] = [
      {},
      { limit: 5 },
      { limit: 10 },
      { limit: 25 },
      { filters: [['city', 'Ulm']] },
      { filters: [['email', 'a@x.example']] },
      { nextToken: 'abc' },
      { index: 'idx-2' },
    ];
    for (const one of asked) await answering.keep(page, one);
    await answering.keep(answering.page(MANY, { count: 50, nextToken: 'further' }), { limit: 50 });
    await answering.keepTotal(answering.total('3'));
    await answering.keep(answering.page('', { status: 404, etag: '' }), { limit: 404 });
    await answering.keep(answering.page('{"id":"idx-1"}', { count: 1 }), { route: 'index' });
  }

  stop(): void {
    this.agent.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

type Row = readonly [
  what: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  isHot: boolean,
  method?: string,
];
const LIST = '/api/indexes/idx-1/profiles';
const as = (team: string, more: Readonly<Record<string, string>> = {}) => ({
  'X-API-Key': keyOf(team),
  ...more,
});

const ROWS: readonly Row[] = [
  ['a page', LIST, as('web'), true],
  ['by Bearer', LIST, { Authorization: `Bearer ${keyOf('web')}` }, true],
  ['by bearer in another spelling', LIST, { authorization: `bearer  ${keyOf('web')}` }, true],
  ['its head', LIST, as('web'), true, 'HEAD'],
  ['a page by filter', `${LIST}?filter[city]=Ulm`, as('web'), true],
  ['the same in another spelling', `${LIST}?filter%5Bcity%5D=Ulm`, as('web'), true],
  ['a page by cursor', `${LIST}?next_token=abc`, as('web'), true],
  ['a page with its total', `${LIST}?with_total=true`, as('web'), true],
  ['an index', '/api/indexes/idx-1', as('web'), true],
  ['for a team that sees a part', `${LIST}?limit=5`, as('shown'), true],
  ['for a team that sees a part and filters by it', `${LIST}?filter[city]=Ulm`, as('shown'), true],
  ['for a team without ages', LIST, as('silent'), true],
  [
    'with names of its own',
    LIST,
    as('web', { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` }),
    true,
  ],
  [
    'with the headers of Amperity',
    LIST,
    as('web', { 'amperity-tenant': 'acme', 'api-version': '2025-07-31' }),
    true,
  ],
  [
    'through a proxy',
    LIST,
    as('web', { 'X-Forwarded-For': '192.0.2.7', Via: '1.1 x', 'X-Real-IP': '192.0.2.7' }),
    true,
  ],
  ['that takes br', `${LIST}?limit=50`, as('web', { 'Accept-Encoding': 'gzip, deflate, br' }), true],
  ['that takes gzip', `${LIST}?limit=50`, as('web', { 'accept-encoding': 'gzip;q=1, br;q=0.5' }), true],
  [
    'the head of what is compressed',
    `${LIST}?limit=50`,
    as('web', { 'Accept-Encoding': 'br' }),
    true,
    'HEAD',
  ],
  ['that takes br for a part', `${LIST}?limit=50`, as('shown', { 'Accept-Encoding': 'br' }), true],
  [
    'that takes br with its total',
    `${LIST}?limit=50&with_total=true`,
    as('web', { 'Accept-Encoding': 'br' }),
    true,
  ],
  ['that takes nothing else', `${LIST}?limit=50`, as('web', { 'Accept-Encoding': 'identity' }), true],
  ['that takes br of what is small', LIST, as('web', { 'Accept-Encoding': 'br' }), true],
  ['that prefers not to wait', LIST, as('web', { Prefer: 'wait=0', Accept: 'application/json' }), true],
  ['with another validator', LIST, as('web', { 'If-None-Match': 'W/"x", "y"' }), true],
  ['with any validator', LIST, as('web', { 'If-None-Match': '*' }), true],
  ['its head with any validator', LIST, as('web', { 'If-None-Match': '*' }), true, 'HEAD'],

  ['with another tenant', LIST, as('web', { 'amperity-tenant': 'other' }), false],
  ['with another version', LIST, as('web', { 'api-version': '1' }), false],
  ['without a credential', LIST, {}, false],
  ['with a credential of no form', LIST, { Authorization: 'Basic eDp5' }, false],
  ['with an unknown key', LIST, { 'X-API-Key': createApiKey({ label: 'test' }).key }, false],
  ['with two credentials', LIST, { ...as('web'), Authorization: `Bearer ${keyOf('shown')}` }, false],
  ['with the same credential twice', LIST, { ...as('web'), Authorization: `Bearer ${keyOf('web')}` }, false],
  ['of an index that is not its', LIST, as('narrow'), false],
  ['by a filter that is not its', `${LIST}?filter[email]=a@x.example`, as('shown'), false],
  ['of more than its limit', `${LIST}?limit=25`, as('small'), false],
  ['without a limit where it has a small one', LIST, as('small'), false],
  ['that insists', LIST, as('web', { 'Cache-Control': 'only-if-cached, max-age=5' }), false],
  ['from a web page with the key of a server', LIST, as('web', { Origin: ORIGIN }), false],
  ['from a web page', LIST, { 'X-API-Key': ofPages.key, Origin: ORIGIN }, false],
  ['with the key of a web page from elsewhere', LIST, { 'X-API-Key': ofPages.key }, false],
  ['with an unknown parameter', `${LIST}?colour=red`, as('web'), false],
  ['with a parameter twice', `${LIST}?limit=5&limit=5`, as('web'), false],
  ['of no such path', '/api/indices', as('web'), false],
  ['of nobody', `${LIST}?limit=404`, as('web'), false],
  ['by another method', LIST, as('web'), false, 'DELETE'],
  ['with a header that nobody knows', LIST, as('web', { 'X-Colour': 'red' }), false],
];

/** Two of one kind are alike but for what is drawn by lot. */
const comparable = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/\b(?!1{32})[0-9a-f]{32}\b/g, '<trace>');

async function ask(world: World, [, path, headers, , method = 'GET']: Row) {
  const reply = await new Promise<{ status: number; rawHeaders: string[]; body: string }>(
    (resolve, reject) => {
      const request = http.request(`${world.url}${path.split('?')[0]}`, {
        path,
        method,
        headers,
        agent: world.agent,
      });
      request.on('error', reject);
      request.on('response', (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(chunks).toString('latin1'),
          }),
        );
      });
      request.end();
    },
  );
  const { rawHeaders } = reply;
  // Node's own, which it sends last.
  const date = rawHeaders.indexOf('Date');
  if (date >= 0) rawHeaders.splice(date, 2);
  await new Promise((resolve) => setTimeout(resolve, 2));
  return JSON.parse(comparable(JSON.stringify({ ...reply, line: world.lines.at(-1) })));
}

describe('in front of Express and by the long way', () => {
  const short = new World({ isHot: true });
  const long = new World({ isHot: false });
  const both = [short, long];
  beforeAll(async () => {
    for (const world of both) await world.start();
  });
  afterAll(() => {
    for (const world of both) world.stop();
  });

  test.each(ROWS)('%s gets the same', async (...row) => {
    const [, , , isHot] = row;
    for (const world of both) await world.fill();
    for (const turn of [1, 2, 3]) {
      for (const world of both) await world.clock.advance(700);
      const here = await ask(short, row);
      expect(here).toEqual(await ask(long, row));
      // Whether it was asked before, by another row, is no matter.
      if (!isHot || turn > 1) expect(short.wasHot).toBe(isHot);
    }
  });

  test('a validator is understood alike', async () => {
    const first = await ask(long, ['', LIST, as('web'), true]);
    const at = first.rawHeaders.indexOf('ETag');
    const etag: string = first.rawHeaders[at + 1];
    expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
    for (const name of [etag, etag.replace('W/', '')]) {
      const row: Row = ['', LIST, as('web', { 'If-None-Match': name }), true];
      const here = await ask(short, row);
      expect([here.status, short.wasHot]).toEqual([304, true]);
      expect(here).toEqual(await ask(long, row));
    }
  });

  test('nothing is fetched ahead for a team that may have no more profiles today', async () => {
    const row: Row = ['', `${LIST}?next_token=abc`, as('spent'), false];
    const statuses = [];
    for (let turn = 0; turn < 4; turn += 1) statuses.push((await ask(short, row)).status);
    expect(statuses).toEqual([200, 429, 429, 429]);
    expect(short.answering.answered.filter((team) => team === 'spent')).toHaveLength(1);
  });

  test.each(['counted', 'finished'])('no more profiles of a day are delivered: %s', async (team) => {
    const statuses: number[] = [];
    for (const conditions of [{}, {}, {}, { 'If-None-Match': '*' }]) {
      const row: Row = ['', `${LIST}?limit=5`, as(team, conditions), true];
      const here = await ask(short, row);
      expect(here).toEqual(await ask(long, row));
      statuses.push(here.status);
    }
    // Whoever has one left may still be told that nothing has changed.
    expect(statuses).toEqual([200, 200, 429, team === 'counted' ? 304 : 429]);
  });

  test('a key ends at its instant, and one that is revoked at once', async () => {
    for (const { key, id } of [ending, revoked]) {
      const row: Row = ['', LIST, { 'X-API-Key': key }, true];
      for (const turn of [1, 2, 3]) {
        expect((await ask(short, row)).status).toBe(200);
        expect((await ask(long, row)).status).toBe(200);
        if (turn > 1) expect(short.wasHot).toBe(true);
      }
      for (const world of both) {
        if (id === revoked.id) world.gone.add(id);
        else await world.clock.advance(ENDS - world.clock.now());
        await world.fill();
      }
      const here = await ask(short, row);
      expect([here.status, short.wasHot]).toEqual([401, false]);
      expect(here).toEqual(await ask(long, row));
    }
  });

  test('rights that were taken away are gone', async () => {
    const row: Row = ['', LIST, as('web'), true];
    await ask(short, row);
    await ask(short, row);
    expect(short.wasHot).toBe(true);
    const { web } = records;
    if (web === undefined) throw new Error('there is no such team');
    for (const world of both) {
      world.roster = new Roster({ ...records, web: { ...web, indexes: ['idx-2'] } }, noMaskKeys);
    }
    const here = await ask(short, row);
    expect([here.status, short.wasHot]).toEqual([403, false]);
    await ask(long, row);
    for (const world of both) world.roster = new Roster(records, noMaskKeys);
  });

  test.each([LIST, `${LIST}?with_total=true`])('a page that is stale gets the same: %s', async (path) => {
    const row: Row = ['', path, as('web'), true];
    for (const passedMs of [0, 59_500, 400, 200, 700]) {
      for (const world of both) await world.clock.advance(passedMs);
      await ask(short, row);
      const here = await ask(short, row);
      expect(short.wasHot).toBe(true);
      await ask(long, row);
      expect(here).toEqual(await ask(long, row));
    }
    for (const world of both) await world.fill();
  });

  test('a page that was never asked for while it was fresh is known as well', async () => {
    await short.answering.keep(short.answering.page(PROFILES, { count: 3 }), { limit: 30 });
    await short.clock.advance(60_001);
    const row: Row = ['', `${LIST}?limit=30`, as('web'), true];
    await ask(short, row);
    expect([(await ask(short, row)).status, short.wasHot]).toEqual([200, true]);
    await long.clock.advance(60_001);
    for (const world of both) await world.fill();
  });

  test('what is no plain request takes the long way', async () => {
    const head = `GET ${LIST} HTTP/1.1\r\nX-API-Key: ${keyOf('web')}\r\n`;
    await ask(short, ['', LIST, as('web'), true]);
    await ask(short, ['', LIST, as('web'), true]);
    expect(short.wasHot).toBe(true);
    for (const bytes of [
      `${head}\r\n`,
      `${head}Host: x\r\nHost: y\r\n\r\n`,
      `${head}Host: x\r\nX-API-Key: ${keyOf('shown')}\r\n\r\n`,
      `${head}Host: x\r\nContent-Length: 2\r\n\r\n{}`,
      `${head}Host: x\r\nIf-None-Match: "a"\r\nIf-None-Match: "b"\r\n\r\n`,
      `${head.replace('HTTP/1.1', 'HTTP/1.0')}Host: x\r\n\r\n`,
      `${head}Host: x\r\n${'X-Forwarded-For: 192.0.2.1\r\n'.repeat(101)}\r\n`,
    ]) {
      short.wasHot = false;
      const here = await rawHttp(short.url, bytes, 200);
      const there = await rawHttp(long.url, bytes, 200);
      expect(short.wasHot).toBe(false);
      expect(here.status).toBe(there.status);
    }
  });

  test('what follows a refused shape on its connection is refused', async () => {
    const refused = `GET ${LIST} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n`;
    const good = `GET ${LIST} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('web')}\r\n\r\n`;
    expect((await rawHttp(short.url, refused + good, 200)).text).not.toContain('HTTP/1.1 200');
  });

  test('answers that were asked for ahead come in their order', async () => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('web')}\r\n\r\n`;
    const paths = [LIST, '/api/indexes/idx-1', LIST, '/api/indexes/idx-1'];
    const { text } = await rawHttp(short.url, paths.map(one).join(''), 300);
    const lengths = [...text.matchAll(/Content-Length: (\d+)/g)].map(([, length]) => Number(length));
    expect(lengths).toEqual([PROFILES.length, 14, PROFILES.length, 14]);
  });
});
