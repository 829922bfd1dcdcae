import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { KeyFetchOutcome } from '../../../src/access/issuer-keys.ts';
import { type IssuerSettings, TokenVerifier } from '../../../src/access/token-verifier.ts';
import { eventually } from '../../support/eventually.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { TestAuthority } from '../../support/redis-tls.ts';

const AUDIENCE = 'amperity-gateway';
const ALL = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let issuer: TestIssuer;
let clock: ManualClock;
let outcomes: KeyFetchOutcome[];
beforeEach(async () => {
  issuer = await TestIssuer.start({ algorithms: ['ES256'] });
  clock = new ManualClock();
  outcomes = [];
});
afterEach(() => issuer.close());

const verifier = (more: Partial<IssuerSettings> = {}) =>
  new TokenVerifier([{ issuer: issuer.url, audience: AUDIENCE, algorithms: ALL, ...more }], {
    clock,
    onKeyFetch: (_issuer, outcome) => outcomes.push(outcome),
  });

/** Lives for two days, so that it is the keys that end. */
const sign = (signing?: Parameters<TestIssuer['sign']>[1], from = issuer) =>
  from.sign(
    { aud: AUDIENCE, sub: 'web', exp: ManualClock.EPOCH / 1000 + 172_800 },
    { alg: 'ES256', ...signing },
  );

const taken = expect.objectContaining({ claims: expect.objectContaining({ sub: 'web' }) });
const unavailable = {
  code: 'unavailable',
  info: { retryAfterMs: 5000, cause: 'issuer_unreachable' },
};
const unknownKey = { code: 'unauthenticated', info: { cause: 'unknown_signing_key' } };

const afterFetches = (count: number) => eventually(`${count} fetches`, () => outcomes.length === count);

describe('the keys of an issuer', () => {
  test('are found by discovery, once', async () => {
    const tokens = verifier();
    expect(await tokens.verify(sign())).toEqual(taken);
    expect(issuer.fetches).toEqual({ discovery: 1, jwks: 1, elsewhere: 0 });
    await clock.advance(10 * MINUTE_MS);
    await tokens.verify(sign());
    await afterFetches(2);
    expect(issuer.fetches).toEqual({ discovery: 1, jwks: 2, elsewhere: 0 });
  });

  test('are fetched where it is configured, without discovery', async () => {
    expect(await verifier({ jwksUri: issuer.jwksUri }).verify(sign())).toEqual(taken);
    expect(issuer.fetches).toEqual({ discovery: 0, jwks: 1, elsewhere: 0 });
  });

  test('are fetched once for all who come at the same time', async () => {
    const tokens = verifier();
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.verify(sign())));
    expect(all).toHaveLength(50);
    expect(issuer.fetches).toEqual({ discovery: 1, jwks: 1, elsewhere: 0 });
    expect(clock.pending).toBe(0);
  });

  test('are refreshed after 10 min, behind the caller, once', async () => {
    const tokens = verifier();
    await tokens.verify(sign());
    await clock.advance(10 * MINUTE_MS - 1);
    await tokens.verify(sign());
    expect(issuer.asked).toBe(2);
    await clock.advance(1);
    issuer.trouble = 'hang';
    for (let call = 0; call < 5; call += 1) expect(await tokens.verify(sign())).toEqual(taken);
    await eventually('the refresh is asked', () => issuer.asked === 3);
    await clock.advance(3000);
    await afterFetches(2);
    expect(outcomes).toEqual(['ok', 'timeout']);
    expect(issuer.asked).toBe(3);
  });
});

describe('discovery is not believed', () => {
  test.each<[string, (issuer: TestIssuer) => Record<string, unknown>]>([
    ['another issuer', () => ({ issuer: 'https://a.example' })],
    ['the issuer with a slash', ({ url }) => ({ issuer: `${url}/` })],
    ['no issuer', () => ({ issuer: undefined })],
    ['no keys', () => ({ jwks_uri: undefined })],
    ['keys by plain http elsewhere', () => ({ jwks_uri: 'http://192.0.2.1/keys' })],
    ['keys in a file', () => ({ jwks_uri: 'file:///etc/passwd' })],
    ['keys at no URL', () => ({ jwks_uri: '/keys' })],
    ['keys behind a password', ({ url }) => ({ jwks_uri: url.replace('//', '//u:p@') })],
  ])('with %s', async (_what, discovery) => {
    issuer.discovery = discovery(issuer);
    await expect(verifier().verify(sign())).rejects.toMatchObject(unavailable);
    expect(outcomes).toEqual(['wrong_discovery']);
    expect(issuer.fetches).toEqual({ discovery: 1, jwks: 0, elsewhere: 0 });
  });

  test('for ever: keys that moved are found again', async () => {
    const tokens = verifier();
    issuer.discovery = { jwks_uri: `${issuer.url}/elsewhere` };
    issuer.jwksBody = '{}';
    await expect(tokens.verify(sign())).rejects.toMatchObject(unavailable);
    issuer.discovery = {};
    issuer.jwksBody = undefined;
    await clock.advance(5000);
    expect(await tokens.verify(sign())).toEqual(taken);
    expect(issuer.fetches).toEqual({ discovery: 2, jwks: 1, elsewhere: 1 });
  });

  test('at an issuer that ends with a slash it is asked below that slash', async () => {
    const url = `${issuer.url}/`;
    issuer.discovery = { issuer: url };
    const token = issuer.sign(
      { iss: url, aud: AUDIENCE, sub: 'web', exp: ManualClock.EPOCH / 1000 + 60 },
      { alg: 'ES256' },
    );
    expect(await verifier({ issuer: url }).verify(token)).toEqual(taken);
  });
});

describe('a key id that is unknown', () => {
  test('causes no fetch soon after the last one, 200 of them neither', async () => {
    const tokens = verifier();
    await tokens.verify(sign());
    for (let id = 0; id < 200; id += 1) {
      await expect(tokens.verify(sign({ kid: `flood-${id}` }))).rejects.toMatchObject(unknownKey);
    }
    expect(issuer.asked).toBe(2);
  });

  test('causes one each 30 s, for all of them together', async () => {
    const tokens = verifier();
    await tokens.verify(sign());
    const flood = () =>
      Promise.all(
        Array.from({ length: 50 }, (_, id) =>
          expect(tokens.verify(sign({ kid: `flood-${id}` }))).rejects.toMatchObject(unknownKey),
        ),
      );
    await clock.advance(29_999);
    await flood();
    expect(issuer.fetches.jwks).toBe(1);
    await clock.advance(1);
    await flood();
    await flood();
    expect(issuer.fetches.jwks).toBe(2);
  });

  test('is found after a rotation', async () => {
    const tokens = verifier();
    await tokens.verify(sign());
    const old = sign();
    issuer.rotate();
    await expect(tokens.verify(sign())).rejects.toMatchObject(unknownKey);
    await clock.advance(30_000);
    expect(await tokens.verify(sign())).toEqual(taken);
    expect(await tokens.verify(old)).toEqual(taken);
  });

  test('was withdrawn: its tokens are refused from the next refresh on', async () => {
    const tokens = verifier();
    const old = sign();
    await tokens.verify(old);
    issuer.rotate({ keepOld: false });
    await clock.advance(10 * MINUTE_MS);
    await tokens.verify(old);
    await afterFetches(2);
    await expect(tokens.verify(old)).rejects.toMatchObject(unknownKey);
  });

  test('is not called bad while the issuer cannot be asked', async () => {
    const tokens = verifier();
    await tokens.verify(sign());
    issuer.trouble = 'down';
    await clock.advance(30_000);
    await expect(tokens.verify(sign({ kid: 'new' }))).rejects.toMatchObject(unavailable);
    await expect(tokens.verify(sign({ kid: 'new' }))).rejects.toMatchObject(unavailable);
    expect(await tokens.verify(sign())).toEqual(taken);
    expect(outcomes).toEqual(['ok', 'unreachable']);
  });
});

describe('while the issuer is down', () => {
  test('its last keys are used for 24 h and not longer', async () => {
    const tokens = verifier();
    await tokens.verify(sign());
    issuer.trouble = 'down';
    for (let hour = 1; hour <= 23; hour += 1) {
      await clock.advance(HOUR_MS);
      expect(await tokens.verify(sign())).toEqual(taken);
      await afterFetches(hour + 1);
    }
    await clock.advance(HOUR_MS - 1);
    expect(await tokens.verify(sign())).toEqual(taken);
    await afterFetches(25);
    await clock.advance(HOUR_MS);
    await expect(tokens.verify(sign())).rejects.toMatchObject(unavailable);
    issuer.trouble = 'none';
    await clock.advance(5000);
    expect(await tokens.verify(sign())).toEqual(taken);
  });

  test('it is asked once each 30 s, at whatever pace callers come', async () => {
    const tokens = verifier();
    await tokens.verify(sign());
    issuer.trouble = 'down';
    await clock.advance(10 * MINUTE_MS);
    for (let second = 0; second < 60; second += 1) {
      await tokens.verify(sign());
      await clock.advance(1000);
      await eventually('no fetch is under way', () => clock.pending === 0);
    }
    expect(outcomes).toEqual(['ok', 'unreachable', 'unreachable']);
  });

  test('from the start, its tokens are not called bad, and it is asked once each 5 s', async () => {
    const tokens = verifier();
    issuer.trouble = 'down';
    for (const count of [1, 2, 3]) {
      for (let call = 0; call < 20; call += 1) {
        await expect(tokens.verify(sign())).rejects.toMatchObject(unavailable);
      }
      expect(outcomes).toHaveLength(count);
      await clock.advance(5000);
    }
    issuer.trouble = 'none';
    expect(await tokens.verify(sign())).toEqual(taken);
  });

  test('callers wait for 3 s together at most, discovery and keys in one', async () => {
    const tokens = verifier();
    issuer.trouble = 'hang';
    const answers = [tokens.verify(sign()), tokens.verify(sign())].map((answer) =>
      answer.catch((reason: unknown) => reason),
    );
    await eventually('the issuer is asked', () => issuer.asked === 1);
    await clock.advance(3000);
    for (const answer of answers) expect(await answer).toMatchObject(unavailable);
    expect(outcomes).toEqual(['timeout']);
    expect(clock.pending).toBe(0);
  });
});

describe('what leaves the last good keys in force:', () => {
  const rsa = { kty: 'RSA', n: 'AQAB', e: 'AQAB' };
  const hmac = { kty: 'oct', k: Buffer.from('secret').toString('base64url'), alg: 'HS256', kid: 'h' };
  test.each<[string, KeyFetchOutcome, string]>([
    ['HTML', 'not_json', '<html>'],
    ['nothing', 'not_json', ''],
    ['null', 'no_usable_key', 'null'],
    ['another document', 'no_usable_key', '{"issuer":"x"}'],
    ['keys that are no list', 'no_usable_key', '{"keys":{}}'],
    ['keys that are no keys', 'no_usable_key', '{"keys":[null,7]}'],
    ['no key', 'no_usable_key', '{"keys":[]}'],
    ['shared secrets alone', 'no_usable_key', JSON.stringify({ keys: [hmac] })],
    ['keys to encrypt with alone', 'no_usable_key', JSON.stringify({ keys: [{ ...rsa, use: 'enc' }] })],
    ['keys that cannot be read', 'no_usable_key', '{"keys":[{"kty":"RSA"},{"kty":"EC","crv":"P-256"}]}'],
    ['more than 256 KiB', 'unreachable', JSON.stringify({ keys: [], padding: 'x'.repeat(262_144) })],
  ])('%s', async (_what, outcome, body) => {
    const tokens = verifier();
    await tokens.verify(sign());
    issuer.jwksBody = body;
    await clock.advance(10 * MINUTE_MS);
    await tokens.verify(sign());
    await afterFetches(2);
    expect(outcomes).toEqual(['ok', outcome]);
    expect(await tokens.verify(sign())).toEqual(taken);
  });

  test.each<[TestIssuer['trouble'], KeyFetchOutcome]>([
    ['error', 'bad_status'],
    ['redirect', 'bad_status'],
    ['down', 'unreachable'],
  ])('the trouble %s', async (trouble, outcome) => {
    const tokens = verifier();
    await tokens.verify(sign());
    issuer.trouble = trouble;
    await clock.advance(10 * MINUTE_MS);
    await tokens.verify(sign());
    await afterFetches(2);
    expect(outcomes).toEqual(['ok', outcome]);
    expect(await tokens.verify(sign())).toEqual(taken);
    expect(issuer.fetches.elsewhere).toBe(0);
  });

  test('beside good keys, bad ones do not matter', async () => {
    issuer.jwksBody = JSON.stringify({ keys: [hmac, { kty: 'RSA' }, { kty: 'new' }, ...issuer.jwks().keys] });
    expect(await verifier().verify(sign())).toEqual(taken);
  });
});

describe('at the endpoint of a Kubernetes cluster', () => {
  let authority: TestAuthority;
  let folder: string;
  let cluster: TestIssuer;
  const caFile = () => join(folder, 'ca.crt');
  const tokenFile = () => join(folder, 'token');

  beforeAll(async () => {
    authority = new TestAuthority();
    folder = mkdtempSync(join(tmpdir(), 'service-account-'));
    cluster = await TestIssuer.start({ certificate: authority.issue('cluster') });
  });

  beforeEach(() => {
    cluster.bearer = 'own-token-1';
    cluster.authorizations.length = 0;
    writeFileSync(caFile(), readFileSync(authority.cert));
    writeFileSync(tokenFile(), 'own-token-1\n');
  });

  afterAll(async () => {
    await cluster.close();
    authority.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const inCluster = (more: Partial<IssuerSettings> = {}) =>
    verifier({ issuer: cluster.url, jwksCaFile: caFile(), jwksTokenFile: tokenFile(), ...more });

  /** As the projected token of a ServiceAccount: no `typ`, several audiences. */
  const serviceAccountToken = () =>
    cluster.sign({
      aud: [AUDIENCE],
      sub: 'system:serviceaccount:shop:web',
      exp: ManualClock.EPOCH / 1000 + 86_400,
      nbf: ManualClock.EPOCH / 1000,
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'web', uid: 'x' } },
    });

  test('the own authority is trusted and the own token sent, to discovery and keys', async () => {
    expect(await inCluster().verify(serviceAccountToken())).toMatchObject({
      claims: { sub: 'system:serviceaccount:shop:web' },
    });
    expect(cluster.authorizations).toEqual(['Bearer own-token-1', 'Bearer own-token-1']);
  });

  test('both files are read at every fetch', async () => {
    const tokens = inCluster();
    writeFileSync(caFile(), 'no certificate');
    await expect(tokens.verify(serviceAccountToken())).rejects.toMatchObject(unavailable);
    writeFileSync(caFile(), readFileSync(authority.cert));
    await clock.advance(5000);
    await tokens.verify(serviceAccountToken());
    cluster.bearer = 'own-token-2';
    writeFileSync(tokenFile(), 'own-token-2\n');
    await clock.advance(10 * MINUTE_MS);
    await tokens.verify(serviceAccountToken());
    await afterFetches(3);
    expect(outcomes).toEqual(['unreachable', 'ok', 'ok']);
    expect(cluster.authorizations.at(-1)).toBe('Bearer own-token-2');
  });

  test('without the authority nothing is asked', async () => {
    await expect(inCluster({ jwksCaFile: undefined }).verify(serviceAccountToken())).rejects.toMatchObject(
      unavailable,
    );
    expect(cluster.authorizations).toEqual([]);
  });

  test.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['holds two lines', 'a\nb'],
  ])('a token file that %s is said to be unreadable', async (_what, content) => {
    if (content === undefined) rmSync(tokenFile());
    else writeFileSync(tokenFile(), content);
    await expect(inCluster().verify(serviceAccountToken())).rejects.toMatchObject(unavailable);
    expect(outcomes).toEqual(['unreadable_file']);
    expect(cluster.authorizations).toEqual([]);
  });

  test('an authority file that is missing is said to be unreadable', async () => {
    rmSync(caFile());
    await expect(inCluster().verify(serviceAccountToken())).rejects.toMatchObject(unavailable);
    expect(outcomes).toEqual(['unreadable_file']);
  });

  test('another issuer is never sent the token', async () => {
    const both = new TokenVerifier(
      [
        { issuer: issuer.url, audience: AUDIENCE, algorithms: ALL },
        {
          issuer: cluster.url,
          audience: AUDIENCE,
          algorithms: ALL,
          jwksCaFile: caFile(),
          jwksTokenFile: tokenFile(),
        },
      ],
      { clock },
    );
    await both.verify(sign());
    await both.verify(serviceAccountToken());
    expect(issuer.authorizations).toEqual([undefined, undefined]);
  });
});
