import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type IssuerSettings, TokenVerifier } from '../../../src/access/token-verifier.ts';
import {
  type Signing,
  type SigningAlgorithm,
  signByHmac,
  signingInput,
  TestIssuer,
} from '../../support/issuer.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const AUDIENCE = 'amperity-gateway';
const ALL = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const NOW_S = ManualClock.EPOCH / 1000;

let issuer: TestIssuer;
let clock: ManualClock;
beforeAll(async () => {
  issuer = await TestIssuer.start();
});
afterAll(() => issuer.close());
beforeEach(() => {
  clock = new ManualClock();
});

const good = { aud: AUDIENCE, sub: 'web', exp: NOW_S + 300 };

const verifier = (more: Partial<IssuerSettings> = {}) =>
  new TokenVerifier([{ issuer: issuer.url, audience: AUDIENCE, algorithms: ALL, ...more }], { clock });

const accepts = (token: string, more?: Partial<IssuerSettings>) =>
  expect(verifier(more).verify(token)).resolves.toMatchObject({ issuer: issuer.url });

async function refuses(token: string, cause: string, more?: Partial<IssuerSettings>): Promise<void> {
  const error: unknown = await verifier(more)
    .verify(token)
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'unauthenticated', info: { cause } });
}

const sign = (claims: object, signing?: Signing) => issuer.sign({ ...good, ...claims }, signing);

describe('a good token', () => {
  test.each<SigningAlgorithm>(['RS256', 'PS256', 'ES256', 'EdDSA'])('signed by %s is taken', async (alg) => {
    await accepts(sign({}, { alg }));
  });

  test('gives its claims, its issuer and when it ends', async () => {
    expect(await verifier().verify(sign({ groups: ['a'] }))).toEqual({
      issuer: issuer.url,
      claims: { iss: issuer.url, ...good, groups: ['a'] },
      expiresAtMs: ManualClock.EPOCH + 300_000,
    });
  });

  test('need not say which key signed it', async () => {
    await accepts(sign({}, { kid: null }));
    issuer.rotate();
    await accepts(sign({}, { kid: null }));
  });

  test('may be for others too', async () => {
    await accepts(sign({ aud: ['other', AUDIENCE] }));
  });
});

describe('the issuer', () => {
  test.each([
    ['another', (url: string) => url.replace('127.0.0.1', 'localhost')],
    ['ours with a slash', (url: string) => `${url}/`],
    ['ours in capitals', (url: string) => url.toUpperCase()],
    ['nobody', () => ''],
  ])('%s is not listed', async (_what, iss) => {
    await refuses(sign({ iss: iss(issuer.url) }), 'unknown_issuer');
  });

  test.each([[undefined], [null], [7], [['https://a.example']]])('%j is none', async (iss) => {
    await refuses(sign({ iss }), 'malformed_token');
  });

  test('is never asked for a token of somebody else', async () => {
    const before = issuer.asked;
    await refuses(sign({ iss: 'https://a.example' }), 'unknown_issuer');
    expect(issuer.asked).toBe(before);
  });

  test('may sign only for itself: keys of one are not keys of another', async () => {
    const other = await TestIssuer.start();
    const both = new TokenVerifier(
      [issuer, other].map(({ url }) => ({ issuer: url, audience: AUDIENCE, algorithms: ALL })),
      { clock },
    );
    try {
      await expect(both.verify(sign({}))).resolves.toMatchObject({ issuer: issuer.url });
      await expect(both.verify(other.sign(good))).resolves.toMatchObject({ issuer: other.url });
      await expect(both.verify(other.sign({ ...good, iss: issuer.url }))).rejects.toMatchObject({
        info: { cause: expect.stringMatching(/^(bad_signature|unknown_signing_key)$/), issuer: issuer.url },
      });
    } finally {
      await other.close();
    }
  });
});

describe('the signature', () => {
  test('by a key that is not published is bad', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await refuses(sign({}, { by: privateKey }), 'bad_signature');
    await refuses(sign({}, { by: privateKey, kid: null }), 'bad_signature');
  });

  test.each<SigningAlgorithm>([...ALL])('of %s over other claims is bad', async (alg) => {
    const [header, , signature] = sign({}, { alg }).split('.');
    const [, claims] = sign({ sub: 'admin' }, { alg }).split('.');
    await refuses([header, claims, signature].join('.'), 'bad_signature');
  });

  test('that is cut short is bad', async () => {
    await refuses(sign({}).slice(0, -20), 'bad_signature');
  });

  test('by a key that is published for another algorithm is not looked at', async () => {
    await refuses(sign({}, { alg: 'RS256', kid: 'PS256-1' }), 'unknown_signing_key');
  });

  test('under an unknown key id is of no key', async () => {
    await refuses(sign({}, { kid: 'another' }), 'unknown_signing_key');
  });
});

describe('the algorithm', () => {
  test('is never none, in any spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const input = signingInput({ alg }, { iss: issuer.url, ...good });
      await refuses(`${input}.e30`, 'wrong_algorithm');
      await refuses(`${input}.`, 'malformed_token');
    }
  });

  test.each(['HS256', 'HS384', 'HS512'])('is never %s, with the public key as secret', async (alg) => {
    const key = issuer.publicKey('RS256');
    const claims = { iss: issuer.url, ...good };
    for (const secret of [
      key.export({ format: 'pem', type: 'spki' }),
      key.export({ format: 'der', type: 'spki' }),
      JSON.stringify(issuer.jwks().keys[0]),
    ]) {
      await refuses(signByHmac({ alg, kid: 'RS256-1' }, claims, secret), 'wrong_algorithm');
      await refuses(signByHmac({ alg: 'RS256', kid: 'RS256-1' }, claims, secret), 'bad_signature');
    }
  });

  test.each(['RS512', 'ES384', 'rs256', 'Ed25519', '__proto__', 7, undefined])(
    '%p is not on the list',
    async (alg) => {
      await refuses(sign({}, { header: { alg } }), 'wrong_algorithm');
    },
  );

  test('is one of those of the issuer', async () => {
    await accepts(sign({}, { alg: 'ES256' }), { algorithms: ['ES256', 'EdDSA'] });
    await refuses(sign({}, { alg: 'RS256' }), 'wrong_algorithm', { algorithms: ['ES256', 'EdDSA'] });
  });
});

describe('the header', () => {
  test('chooses no key by itself: jku, x5u, jwk and x5c are passed over', async () => {
    const attacker = await TestIssuer.start();
    const [jwk] = attacker.jwks().keys;
    const header = { jku: attacker.jwksUri, x5u: attacker.jwksUri, jwk, x5c: ['MIIB'] };
    try {
      await accepts(sign({}, { header }));
      await refuses(attacker.sign({ ...good, iss: issuer.url }, { header }), 'bad_signature');
      expect(attacker.fetches).toEqual({ discovery: 0, jwks: 0, elsewhere: 0 });
    } finally {
      await attacker.close();
    }
  });

  test.each([[['b64']], [['exp']], [[]], [null]])('with crit %j is refused', async (crit) => {
    await refuses(sign({}, { header: { crit, b64: true, exp: 1 } }), 'unsupported_header');
  });

  test.each([[7], [null], [['RS256-1']]])('with the key id %j is malformed', async (kid) => {
    await refuses(sign({}, { header: { kid } }), 'malformed_token');
  });
});

describe('typ', () => {
  test.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'AT+JWT'])(
    '%s is right where none is asked for',
    async (typ) => {
      await accepts(sign({}, typ === undefined ? {} : { typ }));
    },
  );

  test.each(['logout+jwt', 'dpop+jwt', 'id_token', 'application/x/jwt', ''])('%j is not', async (typ) => {
    await refuses(sign({}, { typ }), 'wrong_type');
  });

  test.each([
    ['at+jwt', 'at+jwt'],
    ['at+jwt', 'application/AT+JWT'],
    ['application/at+jwt', 'at+jwt'],
    ['JWT', 'jwt'],
  ])('%s asks for %s', async (wanted, typ) => {
    await accepts(sign({}, { typ }), { typ: wanted });
  });

  test.each([undefined, 'JWT', 'x+at+jwt'])('at+jwt does not ask for %s', async (typ) => {
    await refuses(sign({}, typ === undefined ? {} : { typ }), 'wrong_type', { typ: 'at+jwt' });
  });

  test('that is no text is wrong', async () => {
    await refuses(sign({}, { header: { typ: ['JWT'] } }), 'wrong_type');
  });
});

describe('the claims', () => {
  test.each([['another'], [['another']], [[]], [undefined], [null], [{ [AUDIENCE]: 1 }], [`${AUDIENCE} `]])(
    'the audience %j is wrong',
    async (aud) => {
      await refuses(sign({ aud }), 'wrong_audience');
    },
  );

  test.each([{ exp: undefined }, { sub: undefined }, { sub: '' }, { sub: 7 }])(
    'with %p one is missing',
    async (claims) => {
      await refuses(sign(claims), 'missing_claim');
    },
  );

  test.each([{ exp: '2030' }, { nbf: 'now' }, { exp: null }])('%j is malformed', async (claims) => {
    await refuses(sign(claims), 'malformed_token');
  });

  test('end with exp by our clock, give or take 30 s', async () => {
    const token = sign({ exp: NOW_S + 10 });
    await clock.advance(39_000);
    await accepts(token);
    await clock.advance(1000);
    await refuses(token, 'token_expired');
  });

  test('begin with nbf by our clock, give or take 30 s', async () => {
    const token = sign({ nbf: NOW_S + 40 });
    await clock.advance(9000);
    await refuses(token, 'token_not_yet_valid');
    await clock.advance(1000);
    await accepts(token);
  });
});

describe('what is no JWT is malformed', () => {
  const text = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  test.each([
    ['nothing', ''],
    ['a word', 'token'],
    ['two parts', 'e30.e30'],
    ['an encrypted one', 'e30.e30.e30.e30.e30'],
    ['padding', `${text({ alg: 'RS256' })}=.${text(good)}.e30`],
    ['a space', `${text({ alg: 'RS256' })}.${text(good)}.e30 `],
    ['a header that is no object', `${text([])}.${text(good)}.e30`],
    ['a header that is no JSON', `e3.${text(good)}.e30`],
    ['claims that are no object', `${text({ alg: 'RS256' })}.${text('x')}.e30`],
  ])('%s', async (_what, token) => {
    await refuses(token, 'malformed_token');
  });

  test('more than 8 KiB', async () => {
    const size = (padding: number) => sign({ padding: 'x'.repeat(padding) });
    const fits = size(5700);
    expect(fits.length).toBeLessThanOrEqual(8192);
    await accepts(fits);
    const before = issuer.asked;
    const long = size(6000);
    expect(long.length).toBeGreaterThan(8192);
    await refuses(long, 'malformed_token');
    expect(issuer.asked).toBe(before);
  });
});

describe('a refusal', () => {
  const refusal = async (token: string): Promise<Error> =>
    verifier()
      .verify(token)
      .then(
        () => new Error('was taken'),
        (reason: Error) => reason,
      );

  test('tells the caller the same for every cause', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const messages = await Promise.all(
      [
        'token',
        sign({ iss: 'https://a.example' }),
        sign({}, { by: privateKey }),
        sign({}, { kid: 'another' }),
        sign({}, { typ: 'other' }),
        sign({}, { header: { alg: 'HS256' } }),
        sign({}, { header: { crit: ['a'] } }),
        sign({ aud: 'other' }),
        sign({ sub: undefined }),
        sign({ exp: NOW_S - 100 }),
        sign({ nbf: NOW_S + 100 }),
      ].map(async (token) => (await refusal(token)).message),
    );
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toMatch(/^A valid credential is needed/);
  });

  test('names a listed issuer to the audit, and holds nothing else of the token', async () => {
    for (const claims of [{ aud: 'canary' }, { exp: NOW_S - 100 }, { nbf: NOW_S + 100 }, { sub: '' }]) {
      const error = await refusal(
        sign({ ...claims, email: 'canary@a.example' }, { header: { x: 'canary' } }),
      );
      expect(error).toMatchObject({ info: { issuer: issuer.url } });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('canary');
    }
    const unlisted = await refusal(sign({ iss: 'https://canary.example' }));
    expect(unlisted).toMatchObject({ info: { cause: 'unknown_issuer' } });
    expect(inspect(unlisted, { depth: 20, showHidden: true })).not.toContain('canary');
  });
});
