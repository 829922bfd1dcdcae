import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FaultRule } from '../../simulator/client.ts';
import { Canaries, PLACES } from '../support/canary/canaries.ts';
import { formsOf } from '../support/canary/forms.ts';
import { Search } from '../support/canary/search.ts';
import { json, type Reply } from '../support/http-get.ts';
import { type Asked, LIST, PAGE_ORIGIN, Theatre } from './canary/theatre.ts';

// One run of everything over two replicas, then a search: the chapters are told in order, and leave nothing behind
// that a later one could not bear.

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
}, 60_000);
afterAll(() => theatre.close());

const EXPORT = '/exports/indexes/idx-loyalty/profiles';
const JSON_BODY = { 'content-type': 'application/json' };

const by = (filters: Record<string, string>, more = ''): string =>
  `${LIST}?${Object.entries(filters)
    .map(([name, value]) => `filter[${name}]=${encodeURIComponent(value)}`)
    .join('&')}${more}`;
const post = (body: unknown): Asked => ({
  method: 'POST',
  headers: JSON_BODY,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
/** A question nobody has asked before, about somebody there is not. */
const cold = (what = 'filter of a cold question'): string =>
  by({ last_name: theatre.canaries.phrase(what) }, '&limit=2');
const cursorOf = (reply: Reply): string => {
  const token = String(json(reply).next_token);
  // It holds what was asked, and whoever has it can go on from there.
  return theatre.canaries.adopt('cursor', token, ['restricted']);
};
const word = (what: string): string => theatre.canaries.word(what);
const phrase = (what: string): string => theatre.canaries.phrase(what);

describe('everything that can be asked', () => {
  test('lists: misses, hits of both tiers, followers, with a total, in a body', async () => {
    for (const { last_name, first_name, email, id } of theatre.people.single.slice(0, 6)) {
      const replies = [
        await theatre.ask(by({ last_name })),
        await theatre.ask(by({ last_name })),
        await theatre.ask(by({ last_name }), { replica: 1 }),
        await theatre.ask(by({ first_name, email }, '&with_total=true')),
        await theatre.ask(by({ first_name }), { team: 'shop' }),
        await theatre.ask(by({ last_name }), { team: 'shop', replica: 1 }),
        await theatre.ask(`${LIST}/search`, post({ filter: { email } })),
        await theatre.ask(LIST, { ...post({ filter: { last_name, first_name } }), method: 'QUERY' }),
        await theatre.ask(`${LIST}/${encodeURIComponent(id)}`),
        await theatre.ask(`${LIST}/${encodeURIComponent(id)}`, { team: 'shop', replica: 1 }),
        await theatre.ask(`${LIST}/${encodeURIComponent(id)}`, { method: 'HEAD' }),
        await theatre.ask(by({ email }, `&segment=${encodeURIComponent(phrase('parameter passed on'))}`)),
      ];
      expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    }
    const path = cold();
    const followers = [0, 1, 0, 1].map((replica, at) =>
      theatre.ask(path, { replica, team: at % 2 === 0 ? 'all' : 'shop' }),
    );
    expect((await Promise.all(followers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('conditions, and a stale answer while Amperity fails', async () => {
    const [person] = theatre.people.single.slice(6);
    const path = by({ last_name: person?.last_name ?? '' });
    const { headers } = await theatre.ask(path);
    const again = await theatre.ask(path, { headers: { 'if-none-match': String(headers.etag) } });
    expect(again.status).toBe(304);
    await theatre.ask(path, { headers: { 'cache-control': 'no-cache' } });
    await theatre.ask(cold(), { headers: { 'cache-control': 'only-if-cached' } });
    await sleep(800);
    expect((await theatre.ask(path)).headers['cache-status']).toContain('stale-while-revalidate');
    await sleep(1800);
    await theatre.fleet.simulator.faults([{ do: 'status', status: 503, body: 'echo', times: 1 }]);
    expect((await theatre.ask(path, { team: 'shop' })).headers['cache-status']).toContain('stale-if-error');
  });

  test('a walk by cursors, exports, and cursors that are dead', async () => {
    const { first_name } = theatre.people.crowd[0] ?? { first_name: '' };
    for (const team of ['all', 'shop']) {
      let path: string | undefined = by({ first_name }, '&limit=7');
      for (let at = 0; path !== undefined; at += 1) {
        const reply = await theatre.ask(path, { team, replica: at });
        const more = json(reply).next_token !== undefined;
        path = more
          ? by({ first_name }, `&limit=7&next_token=${encodeURIComponent(cursorOf(reply))}`)
          : undefined;
      }
      for (const format of ['csv', 'ndjson']) {
        const whole = await theatre.ask(
          `${EXPORT}.${format}?filter[first_name]=${encodeURIComponent(first_name)}&limit=9`,
          { team },
        );
        expect(whole.status).toBe(200);
      }
    }
    const page = await theatre.ask(by({ first_name }, '&limit=11'));
    await sleep(300);
    await theatre.fleet.simulator.rebuild({ tenant: 'acme', index: 'idx-loyalty' });
    await sleep(1500);
    const dead = by({ first_name }, `&limit=11&next_token=${encodeURIComponent(cursorOf(page))}`);
    expect((await theatre.ask(dead)).status).toBe(410);
    await theatre.ask(by({ first_name }, `&next_token=${word('cursor of nobody')}`));
    await theatre.look();
  });

  test('what is not well-formed, or not allowed, with values in every place of it', async () => {
    const bad = [
      `${LIST}?${encodeURIComponent(phrase('name of a parameter'))}=1`,
      `${LIST}?filter[${encodeURIComponent(phrase('name of a filter'))}]=x`,
      `${LIST}?filter[last_name]=${word('value with a bad ending')}%ff`,
      // A name that could be one is shown to who asked, and to nobody else.
      `${LIST}?${theatre.canaries.word('name that fits', ['problem'])}=1`,
      `${LIST}?filter[${theatre.canaries.word('name that fits', ['problem'])}]=x`,
      `${LIST}?filter[last_name]=Tom&${word('rest of a value')}`,
      `${LIST}?filter[last_name]=${word('repeated')}&filter[last_name]=${word('repeated')}`,
      `${LIST}?limit=${word('limit')}`,
      `${LIST}?with_total=${word('total')}`,
      `${LIST}?next_token=${encodeURIComponent(phrase('cursor'))}`,
      `${LIST}?access_token=${word('credential in a query')}`,
      `${LIST}?filter[last_name]=${word('long') + 'x'.repeat(600)}`,
      `${LIST}?${'a=1&'.repeat(30)}filter[last_name]=${word('last of many')}`,
      `${LIST}?filter[last_name]=${word('very long').repeat(300)}`,
      `/api/indexes/${encodeURIComponent(phrase('index'))}/profiles`,
      `/api/indexes/${word('unknown index')}/profiles`,
      `/api/indexes/${word('unknown index')}`,
      `${LIST}/${word('unknown profile')}`,
      `${LIST}/..%2f${word('profile behind dots')}`,
      `${LIST}/%ff${word('profile that is no text')}`,
      `/${word('unknown path')}/${encodeURIComponent(phrase('unknown path'))}`,
      `/api/indexes/idx-loyalty/${word('unknown path')}?x=${word('query of an unknown path')}`,
      `${EXPORT}.csv?next_token=${word('cursor of an export')}`,
      `${EXPORT}.xml?filter[last_name]=${word('filter of an unknown path')}`,
      `/docs/${word('unknown path')}`,
    ];
    for (const [at, path] of bad.entries()) {
      for (const team of ['all', 'shop', 'none']) await theatre.ask(path, { team, replica: at });
      await theatre.ask(path, { admin: true });
    }
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      await theatre.ask(cold('filter with a wrong verb'), { method });
    const bodies = [
      `{"filter":{"last_name":"${word('broken body')}`,
      { filter: { last_name: [word('value in a list')] } },
      { filter: { [phrase('name of a filter')]: 'x' } },
      { [phrase('name of a member')]: word('value of an unknown member') },
      { filter: { last_name: word('filter') }, limit: word('limit') },
      [word('a list')],
      JSON.stringify(word('a text')),
      `{"filter":{"last_name":"${word('too much') + 'x'.repeat(20_000)}"}}`,
    ];
    for (const body of bodies) {
      await theatre.ask(`${LIST}/search`, post(body));
      await theatre.ask(`${EXPORT}.ndjson`, post(body));
      await theatre.ask('/purge', { ...post(body), admin: true });
      await theatre.ask('/revoke', { ...post(body), admin: true });
    }
    await theatre.ask(`${LIST}/search?x=${word('query beside a body')}`, post({}));
    await theatre.ask(`${LIST}/search`, {
      ...post(word('body of another type')),
      headers: { 'content-type': `text/${word('type')}` },
    });
    await theatre.ask(by({ email: theatre.canaries.email('filter not allowed') }), { team: 'shop' });
    await theatre.ask(by({ first_name: phrase('filter'), last_name: phrase('filter') }, '&with_total=true'), {
      team: 'shop',
    });
    await theatre.ask(by({ last_name: phrase('filter beyond the limit') }, '&limit=999'), { team: 'brief' });
    await theatre.ask(by({ last_name: phrase('one of two'), email: phrase('one of two') }), {
      team: 'brief',
    });
    await theatre.ask('/api/indexes/idx-shoppers/profiles', { team: 'shop' });
    await theatre.ask(`${EXPORT}.csv?filter[last_name]=${word('filter')}`, { team: 'doomed' });
    await theatre.ask('/purge', {
      ...post({ index: word('index') }),
      admin: true,
      headers: { ...JSON_BODY, 'x-api-key': theatre.replica(0).key('shop') },
    });
  });

  test('what no client would send', async () => {
    const key = theatre.replica(0).key('all');
    const head = (line: string, ...headers: string[]): string => [line, ...headers, '', ''].join('\r\n');
    const host = 'Host: localhost';
    const body = `{"filter":{"last_name":"${word('body of a GET')}"}}`;
    const raw = [
      head(`GET ${LIST} HTTP/1.1`, host, `X-API-Key: ${key}`, `Content-Length: ${body.length}`) + body,
      head(`GET ${LIST}?filter[last_name]=${word('line without a version')}`, host),
      head(`GET ${LIST}?filter[last_name]=${word('unencoded')} and more HTTP/1.1`, host),
      head(`${word('VERB')} ${LIST} HTTP/1.1`, host),
      head(
        `GET http://${word('absolute').toLowerCase()}.example${LIST} HTTP/1.1`,
        host,
        `X-API-Key: ${key}`,
        'Connection: close',
      ),
      head(
        `GET ${LIST} HTTP/1.1`,
        host,
        `X-API-Key: ${word('first of two keys')}`,
        `X-API-Key: ${word('second of two keys')}`,
        'Connection: close',
      ),
      head(
        `GET ${LIST} HTTP/1.1`,
        `Host: ${word('host')}`,
        `Host: ${word('host')}`,
        `X-API-Key: ${key}`,
        'Connection: close',
      ),
      head(`GET ${LIST} HTTP/1.1`, host, `${word('header')} without colon`),
      head(`GET ${LIST} HTTP/1.1`, host, `X-Long: ${word('long header').repeat(900)}`),
      head(`GET ${LIST} HTTP/1.0`, host, `X-API-Key: ${key}`, `Referer: https://${word('referrer')}.example`),
      head(
        `POST ${LIST}/search HTTP/1.1`,
        host,
        `X-API-Key: ${key}`,
        `Transfer-Encoding: ${word('coding')}, chunked`,
        'Connection: close',
      ),
      `${head(
        `POST ${LIST}/search HTTP/1.1`,
        host,
        `X-API-Key: ${key}`,
        'Content-Type: application/json',
        'Content-Length: 500',
      )}{"filter":{"last_name":"${word('half a body')}`,
    ];
    for (const bytes of raw) await theatre.send(bytes);
  });

  test('whoever asks: wrong keys and tokens, headers of every kind', async () => {
    const { issuer, subject } = theatre;
    const exp = Math.floor(Date.now() / 1000) + 300;
    const sign = (claims: object, signing = {}): string => {
      const token = issuer.sign(
        {
          aud: 'gateway',
          sub: subject,
          exp,
          email: theatre.canaries.email('claim'),
          name: phrase('claim'),
          ...claims,
        },
        { alg: 'ES256', ...signing },
      );
      return theatre.canaries.adopt('token', token);
    };
    const good = sign({});
    const ask = (headers: Record<string, string>, replica = 0) =>
      theatre.ask(by({ last_name: phrase('filter of a stranger') }), {
        team: 'none',
        replica,
        headers: { 'x-forwarded-for': '192.0.2.7', ...headers },
      });
    expect((await ask({ authorization: `Bearer ${good}` })).status).toBe(200);
    const bearers = [
      sign({ sub: word('subject of nobody') }),
      sign({ exp: 1 }),
      sign({ aud: word('audience') }),
      sign({ iss: `https://${word('issuer')}.example` }),
      sign({}, { kid: word('kid') }),
      sign({}, { typ: word('typ') }),
      sign({}, { header: { jku: `https://${word('jku')}.example`, crit: [word('crit')] } }),
      `${good.slice(0, -30)}${word('signature')}`,
      word('no token'),
      `${word('header')}.${word('claims')}.${word('signature')}`,
    ];
    for (const [at, bearer] of bearers.entries())
      await ask({ authorization: `Bearer ${bearer}`, 'x-forwarded-for': `192.0.2.${at}` }, at);
    const keys = [
      word('key'),
      `agw_test_AAAAAAAAAA_${word('secret of a key').padEnd(43, 'x')}_000000`,
      `${theatre.replica(0).key('all').slice(0, -8)}AAAAAAAA`,
      `agw_${phrase('key').replace(/[^ -~]/g, '')}`,
    ];
    for (const [at, key] of keys.entries())
      await ask({ 'x-api-key': key, 'x-forwarded-for': `192.0.2.${20 + at}` });
    for (const address of [word('address'), `unknown, ${word('address')}`, theatre.canaries.email('address')])
      await ask({ 'x-api-key': word('key'), 'x-forwarded-for': address });
    await ask({
      authorization: `Basic ${Buffer.from(`${word('user')}:${word('password')}`).toString('base64')}`,
    });
    await ask({ authorization: `Bearer ${good}`, 'x-api-key': word('another key') });
    const heads = (): Record<string, string> => ({
      referer: `https://pages.example/?q=${word('referrer')}`,
      'user-agent': word('user agent'),
      cookie: `id=${word('cookie')}`,
      'x-forwarded-host': `${word('host')}.example`,
      forwarded: `for=${word('forwarded')}`,
      'x-real-ip': word('address'),
      prefer: `wait=5, ${word('preference')}`,
      'cache-control': `max-age=${word('directive')}`,
      'if-none-match': `"${word('validator')}"`,
      accept: `text/${word('media type')}`,
      'accept-language': word('language'),
      baggage: `user=${word('baggage')}`,
      tracestate: `x=${word('trace state')}`,
      from: theatre.canaries.email('header From'),
    });
    for (const team of ['none', 'all', 'shop']) {
      await theatre.ask(cold(), { team, headers: heads() });
      await theatre.ask(cold(), { team, headers: { ...heads(), 'amperity-tenant': word('tenant') } });
      await theatre.ask(cold(), { team, headers: { ...heads(), 'api-version': word('version') } });
      await theatre.ask(cold(), {
        team,
        headers: { ...heads(), origin: `https://${word('origin')}.example` },
      });
      for (const replica of [0, 1])
        await theatre.ask(cold(), {
          team,
          replica,
          headers: { ...heads(), 'x-forwarded-for': word('address') },
        });
    }
    // Names that a caller we know gives its request are taken over; those of anybody else are not.
    await ask({
      'x-request-id': word('request id'),
      traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`,
    });
    for (let at = 0; at < 32; at += 1)
      await ask({ 'x-api-key': word('key tried'), 'x-forwarded-for': '192.0.2.99' });
    await ask({ 'x-api-key': theatre.pageKey, origin: `https://${word('origin')}.example` });
    const page = {
      'x-api-key': theatre.pageKey,
      origin: PAGE_ORIGIN,
      referer: `${PAGE_ORIGIN}/${word('page')}`,
    };
    for (let at = 0; at < 8; at += 1)
      await theatre.ask(by({ first_name: phrase('filter of a page') }), { team: 'none', headers: page });
  });
});

describe('trouble', () => {
  test('with Amperity: errors that repeat the question, broken answers, none at all', async () => {
    const { simulator } = theatre.fleet;
    const faults: FaultRule[] = [
      ...[400, 403, 404, 418, 500, 503].map((status): FaultRule => ({ do: 'status', status, body: 'echo' })),
      ...[400, 403, 404, 500].map((status): FaultRule => ({ do: 'status', status, body: 'echo_credential' })),
      { do: 'status', status: 500, body: 'echo', retry_after: word('Retry-After of Amperity') },
      ...['missing', 'null', 'object', 'too_many'].map((data): FaultRule => ({ do: 'malformed', data })),
      { do: 'hang', stage: 'before_headers' },
      { do: 'hang', stage: 'after_headers' },
      { do: 'drip', bytes: 8, every_ms: 100 },
      { do: 'reset', after_bytes: 100 },
      { do: 'truncate', after_bytes: 200 },
      { do: 'close' },
      { do: 'redirect', location: 'trap' },
      { do: 'huge', bytes: 4_000_000 },
      { do: 'bomb', bytes: 50_000_000, encoding: 'gzip' },
      { do: 'bomb', bytes: 50_000_000, encoding: 'br', layers: 2 },
      { do: 'bad_encoding', encoding: 'gzip' },
      { do: 'status', status: 200, body: 'truncated_json' },
      { do: 'status', status: 200, body: 'html' },
    ];
    for (const [at, fault] of faults.entries()) {
      // So that no breaker opens: it would keep the others from happening.
      for (let good = 0; good < 2; good += 1) await theatre.ask(cold('filter that is answered'));
      await simulator.faults([{ ...fault, match: { filters: 1 }, times: 1 }]);
      const { last_name } = theatre.people.single[at % 6] ?? { last_name: '' };
      // Of somebody there is, so that what comes half is about somebody.
      const path = `${by({ last_name })}&limit=${20 + at}`;
      await Promise.all([0, 1].map((replica) => theatre.ask(path, { replica })));
      await simulator.clearFaults();
    }
    await theatre.look();
  }, 90_000);

  test('with the budget: refused by the team, by the fleet, by Amperity, and a quota', async () => {
    const { simulator } = theatre.fleet;
    await simulator.knobs({ 'latency.table': { 0: [400, 400], 1: [400, 400] } });
    const flood = Array.from({ length: 150 }, (_, at) =>
      theatre.ask(cold('filter in a flood'), { team: at % 3 === 0 ? 'brief' : 'all', replica: at % 2 }),
    );
    await sleep(250);
    const hurried = Array.from({ length: 6 }, (_, replica) =>
      theatre.ask(cold('filter of who will not wait'), { replica, headers: { prefer: 'wait=0' } }),
    );
    await Promise.all([...hurried, theatre.look()]);
    await Promise.all(flood);
    await simulator.knobs({ 'latency.preset': 'off', 'latency.table': null });
    await theatre.ask(`${LIST}?limit=5`, { team: 'brief' });
    await theatre.ask(cold('filter beyond a quota'), { team: 'brief' });
    await simulator.faults([{ do: 'status', status: 429, body: 'echo', retry_after: 1, times: 2 }]);
    await Promise.all(
      [0, 1].map((replica) =>
        theatre.ask(cold('filter that Amperity refuses'), { replica, headers: { prefer: 'wait=1' } }),
      ),
    );
    await theatre.ask(cold(), { team: 'brief' });
    await sleep(3000);
  }, 60_000);

  test('with Redis: frozen, empty, killed, back again', async () => {
    const { redis } = theatre.fleet;
    const askAll = (what: string) =>
      Promise.all(
        [0, 1, 0, 1].map((replica, at) =>
          theatre.ask(at < 2 ? by({ last_name: theatre.people.single[at]?.last_name ?? '' }) : cold(what), {
            replica,
            headers: { prefer: 'wait=2' },
          }),
        ),
      );
    const purge = () =>
      theatre.ask('/purge', {
        ...post({ index: 'idx-loyalty', profile: theatre.people.single[0]?.id }),
        admin: true,
      });
    await askAll('filter before Redis freezes');
    redis.freeze();
    await askAll('filter while Redis is frozen');
    await purge();
    redis.thaw();
    await theatre.fleet.until('shared');
    await redis.cli(['FLUSHALL']);
    await askAll('filter after a flush');
    await theatre.look();
    const under = askAll('filter while Redis dies');
    await redis.restart({ keepData: false });
    await under;
    await askAll('filter after the death of Redis');
    await theatre.fleet.until('shared');
    await askAll('filter with a new Redis');
    await theatre.look();
  }, 90_000);

  test('of operators: purges, a key revoked, questions about oneself', async () => {
    const { people } = theatre;
    const admin = (path: string, body: unknown, team = 'all') =>
      theatre.ask(path, { ...post(body), admin: true, team });
    await theatre.ask(`${LIST}/${encodeURIComponent(people.single[1]?.id ?? '')}`);
    expect((await admin('/purge', { index: 'idx-loyalty', profile: people.single[1]?.id })).status).toBe(200);
    await admin('/purge', { index: 'idx-loyalty', profile: phrase('profile nobody has asked for') });
    await admin('/purge', { index: word('index nobody has asked for') });
    await admin('/purge', { index: 'idx-loyalty' });
    await admin('/purge', { index: 'idx-loyalty', profile: people.single[1]?.id }, 'shop');
    await admin('/revoke', { key: theatre.replica(0).key('doomed').split('_')[2] });
    await admin('/revoke', { key: theatre.replica(0).key('shop') });
    await admin('/revoke', { key: word('id of a key').slice(0, 16) });
    await theatre.ask(cold(), { team: 'doomed' });
    for (const team of ['all', 'shop', 'none'])
      await theatre.ask(`/usage?x=${word('query of usage')}`, { team });
    await theatre.look();
  });

  test('of callers who go, and of a replica that is ended in the middle of an export', async () => {
    const { simulator } = theatre.fleet;
    await simulator.knobs({ 'latency.table': { 0: [300, 300], 1: [300, 300] } });
    for (let at = 0; at < 4; at += 1) {
      const gone = new AbortController();
      const asking = theatre
        .ask(cold('filter of who goes'), { replica: at, signal: gone.signal })
        .catch(() => {});
      await sleep(100);
      gone.abort();
      await asking;
    }
    const { first_name } = theatre.people.crowd[0] ?? { first_name: '' };
    const exporting = ['csv', 'ndjson'].map((format) =>
      theatre
        .ask(`${EXPORT}.${format}?filter[first_name]=${encodeURIComponent(first_name)}&limit=1`)
        .catch(() => {}),
    );
    await sleep(1500);
    const { child } = theatre.replica(0);
    child.kill('SIGTERM');
    await Promise.all([once(child, 'exit'), ...exporting]);
    await simulator.knobs({ 'latency.preset': 'off', 'latency.table': null });
    await theatre.replace(0);
  }, 60_000);

  test('of our own making: defects with a page in hand, in a request, behind it, and out of any', async () => {
    const { cursed } = theatre.people;
    const page = (defect: keyof typeof cursed) => by({ last_name: cursed[defect].last_name });
    for (const defect of [
      'Defect-thrown',
      'Defect-reworded',
      'Defect-emptied',
      'Defect-of-a-kind',
      'Defect-text',
      'Defect-hashing',
    ] as const) {
      expect((await theatre.ask(page(defect))).status).toBe(500);
    }
    // A name for the question is made of it, behind which nothing has begun yet.
    const profile = `${LIST}/${encodeURIComponent(cursed['Defect-hashing'].id)}`;
    expect((await theatre.ask(profile)).status).toBe(500);
    // A page that cannot be kept is answered all the same.
    expect((await theatre.ask(page('Defect-storing'))).status).toBe(200);
    for (const defect of ['Defect-uncaught', 'Defect-rejected'] as const) {
      const { child } = theatre.replica(1);
      const ended = once(child, 'exit');
      await theatre.ask(page(defect), { replica: 1 }).catch(() => {});
      expect((await ended)[0]).toBe(1);
      await theatre.replace(1);
    }
    const defects = theatre.printed.split('\n').filter((line) => line.includes('"msg":"defect"'));
    expect(defects.length).toBe(9);
    await theatre.look();
  }, 60_000);

  test('of every kind has come about', () => {
    const kinds = [
      'invalid_parameter upstream_rejected unauthenticated unknown_subject auth_throttled',
      'forbidden_index forbidden_attribute forbidden_limit forbidden_total forbidden_scope forbidden_origin',
      'not_found method_not_allowed cursor_expired team_budget shared_budget upstream_budget address_rate',
      'profile_quota internal upstream_error upstream_auth unavailable not_cached',
    ].flatMap((line) => line.split(' '));
    expect(kinds.filter((kind) => !theatre.codes.has(kind))).toEqual([]);
    expect(theatre.printed).toContain('"code":"client_closed"');
  });
});

describe('the search', () => {
  test('knows every form of a value', () => {
    const canaries = new Canaries();
    const value = canaries.phrase('x');
    const search = new Search(canaries.planted);
    for (const form of formsOf(value)) {
      expect(search.find('log', '', Buffer.from(`…${form}…`, 'latin1'))).not.toEqual([]);
    }
    const odd = [
      JSON.stringify(JSON.stringify({ error: JSON.stringify(value) })),
      [...Buffer.from(value)].map((byte) => `%${byte.toString(16)}`).join(''),
      `/path?q=${encodeURIComponent(value).replaceAll("'", '%27')}`,
    ];
    for (const text of odd) expect(search.find('log', '', Buffer.from(text))).not.toEqual([]);
    const page = Buffer.from(`{"data":[{"last_name":${JSON.stringify(value)}}],"more":"${'x'.repeat(60)}"}`);
    const head = Buffer.from([1, 2, 107, 49, 2]);
    for (const packed of [brotliCompressSync(page), gzipSync(page)]) {
      const stored = Buffer.concat([head, packed, Buffer.alloc(16, 9)]);
      expect(search.find('redis', '', stored)).not.toEqual([]);
      expect(search.find('redis', '', Buffer.from(stored.toString('base64')))).not.toEqual([]);
    }
    expect(search.find('log', '', Buffer.from(value.replace('Quist', 'Quest')))).toEqual([]);
  });

  test('finds everybody in the answers they may stand in', () => {
    const bodies = theatre.permitted.map((bytes) => bytes.toString('utf8')).join('\n');
    expect(bodies.length).toBeGreaterThan(0);
    const found = new Set(
      new Search(theatre.canaries.planted)
        .find('log', '', Buffer.concat(theatre.permitted))
        .map(({ what }) => what),
    );
    for (const what of ['profile id', 'first name', 'last name', 'mail', 'cursor'])
      expect(found).toContain(what);
  });

  test('has seen what it was to look at', () => {
    const redis = Buffer.concat(theatre.bytesOf('redis')).toString('latin1');
    for (const part of [':p:k1:', ':q:1:flight:']) expect(redis).toContain(part);
    for (const place of PLACES) expect(theatre.bytesOf(place).length).toBeGreaterThan(0);
  });

  test.each(PLACES)(
    'finds nothing at all in: %s',
    (place) => {
      expect(theatre.finds(place)).toEqual([]);
    },
    120_000,
  );
});
