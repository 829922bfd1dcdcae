import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Certificate } from './redis-tls.ts';

export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
const ALGORITHMS: readonly SigningAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** What goes wrong from now on, at discovery and JWKS alike. */
export type IssuerTrouble = 'none' | 'down' | 'hang' | 'error' | 'redirect';

export interface IssuerOptions {
  /** Of an https server; without one it is http. */
  readonly certificate?: Certificate;
  /** Of its keys; all by default, of which RSA takes its time to make. */
  readonly algorithms?: readonly SigningAlgorithm[];
}

export interface Signing {
  readonly alg?: SigningAlgorithm;
  /** `null` leaves it out; by default that of the newest key. */
  readonly kid?: string | null;
  readonly typ?: string;
  /** Further members of the header, or other values of its own. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs by this one instead. */
  readonly by?: KeyObject;
}

interface Pair {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/**
 * An OpenID issuer on loopback. It signs by Node's own crypto, so that a
 * mistake of the library that verifies cannot hide itself.
 */
export class TestIssuer {
  /** Requests received. */
  readonly fetches = { discovery: 0, jwks: 0, elsewhere: 0 };
  /** The `authorization` of every request, in order. */
  readonly authorizations: (string | undefined)[] = [];
  trouble: IssuerTrouble = 'none';
  /** Sent instead of the JWKS. */
  jwksBody: string | undefined;
  /** Members that stand in the discovery document instead of the right ones. */
  discovery: Readonly<Record<string, unknown>> = {};
  /** Answers 401 to whoever does not bring this one, as the endpoints of a Kubernetes API server do. */
  bearer: string | undefined;
  readonly #server: http.Server | https.Server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: 'http' | 'https';
  readonly #hung: ServerResponse[] = [];
  readonly #algorithms: readonly SigningAlgorithm[];
  #pairs: readonly Pair[];
  #generation = 1;

  private constructor({ certificate, algorithms = ALGORITHMS }: IssuerOptions) {
    this.#algorithms = algorithms;
    this.#pairs = newPairs(algorithms, 1);
    const answer = (req: IncomingMessage, res: ServerResponse) => this.#answer(req, res);
    this.#scheme = certificate === undefined ? 'http' : 'https';
    this.#server =
      certificate === undefined
        ? http.createServer(answer)
        : https.createServer(
            { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
            answer,
          );
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: IssuerOptions = {}): Promise<TestIssuer> {
    const issuer = new TestIssuer(options);
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get jwksUri(): string {
    return `${this.url}/keys`;
  }

  /** Of the newest key for an algorithm. */
  publicKey(alg: SigningAlgorithm): KeyObject {
    return this.#newest(alg).publicKey;
  }

  /** Requests received, all of them. */
  get asked(): number {
    return this.fetches.discovery + this.fetches.jwks;
  }

  /** Signs by new keys from now on. @param keepOld publishes the former ones too */
  rotate({ keepOld = true }: { keepOld?: boolean } = {}): void {
    this.#generation += 1;
    this.#pairs = [...(keepOld ? this.#pairs : []), ...newPairs(this.#algorithms, this.#generation)];
  }

  /** The set as it is published, one key for each algorithm and generation. */
  jwks(): { keys: Record<string, unknown>[] } {
    const keys = this.#pairs.map(({ kid, alg, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg,
      use: 'sig',
    }));
    return { keys };
  }

  /** A JWT with these claims and nothing added but `iss`. */
  sign(claims: Readonly<Record<string, unknown>>, signing: Signing = {}): string {
    const { alg = 'RS256', kid, typ, header, by } = signing;
    const pair = this.#newest(alg);
    const named = kid === undefined ? pair.kid : kid;
    const input = signingInput(
      { alg, ...(named !== null && { kid: named }), ...(typ !== undefined && { typ }), ...header },
      { iss: this.url, ...claims },
    );
    return `${input}.${signature(alg, input, by ?? pair.privateKey).toString('base64url')}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #newest(alg: SigningAlgorithm): Pair {
    const pair = this.#pairs.findLast((candidate) => candidate.alg === alg);
    if (pair === undefined) throw new Error(`no key for ${alg}`);
    return pair;
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    const what =
      req.url === '/.well-known/openid-configuration'
        ? 'discovery'
        : req.url === '/keys'
          ? 'jwks'
          : 'elsewhere';
    this.fetches[what] += 1;
    this.authorizations.push(req.headers.authorization);
    if (this.trouble === 'down') res.destroy();
    else if (this.trouble === 'hang') this.#hung.push(res);
    else if (this.trouble === 'error') res.writeHead(503).end('{}');
    else if (this.trouble === 'redirect' && what !== 'elsewhere') {
      res.writeHead(302, { location: `/elsewhere?${what}` }).end();
    } else if (this.bearer !== undefined && req.headers.authorization !== `Bearer ${this.bearer}`) {
      res.writeHead(401).end('{}');
    } else if (what === 'discovery') {
      res.end(JSON.stringify({ issuer: this.url, jwks_uri: this.jwksUri, ...this.discovery }));
    } else {
      res.end(this.jwksBody ?? JSON.stringify(this.jwks()));
    }
  }
}

/** Header and claims of a JWS, ready to be signed (RFC 7515 §5.1). */
export const signingInput = (header: object, claims: object): string =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

/** A token whose signature is an HMAC over `secret`, whatever its header says. */
export function signByHmac(header: object, claims: object, secret: string | Buffer): string {
  const input = signingInput(header, claims);
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

function signature(alg: SigningAlgorithm, input: string, key: KeyObject): Buffer {
  const data = Buffer.from(input);
  switch (alg) {
    case 'RS256':
      return sign('sha256', data, key);
    case 'PS256':
      return sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'ES256':
      return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
    case 'EdDSA':
      return sign(null, data, key);
  }
}

const newPairs = (algorithms: readonly SigningAlgorithm[], generation: number): Pair[] =>
  algorithms.map((alg) => ({ kid: `${alg}-${generation}`, alg, ...newPair(alg) }));

function newPair(alg: SigningAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}
