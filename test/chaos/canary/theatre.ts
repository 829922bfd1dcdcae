import { randomBytes, randomUUID } from 'node:crypto';
import { createApiKey } from '../../../src/access/api-key.ts';
import { Canaries, type Place } from '../../support/canary/canaries.ts';
import { RedisWatch } from '../../support/canary/redis-watch.ts';
import { type Find, Search } from '../../support/canary/search.ts';
import { type GetOptions, httpGet, type Reply } from '../../support/http-get.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { rawHttp } from '../../support/raw-http.ts';
import { type GatewayHandle, spawnGateway, UPSTREAM_TOKEN } from '../../support/spawn-gateway.ts';
import { Fleet, newCacheKey } from '../fleet.ts';
import { type People, plantPeople } from './people.ts';

export const LIST = '/api/indexes/idx-loyalty/profiles';

const SCOPES = ['purge:profile', 'purge:index', 'purge:all', 'status:read', 'keys:revoke'];
/** Sees first names, masks of mail, and no last name. */
const SHOP = {
  indexes: ['idx-loyalty'],
  attributes: { 'idx-loyalty': { allow: ['first_name'], mask: ['email'], maskAs: { email: 'hmac' } } },
  filters: ['first_name'],
  filterOnly: ['last_name'],
  withTotal: false,
  maxLimit: 100,
  maxFilters: 2,
  export: true,
};

export interface Asked extends GetOptions {
  readonly replica?: number;
  /** `none`: without a credential. */
  readonly team?: string;
  /** Instead of the public listener. */
  readonly admin?: boolean;
}

interface ReplicaOptions {
  readonly settings: Record<string, unknown>;
  readonly env: Readonly<Record<string, string>>;
}

/** Two replicas whose every way out is watched. */
export class Theatre {
  /** Of team `shop`, for pages of `PAGE_ORIGIN`. */
  readonly pageKey: string;
  readonly canaries: Canaries;
  readonly people: People;
  readonly fleet: Fleet;
  readonly issuer: TestIssuer;
  readonly redisWatch: RedisWatch;
  /** Codes of all problems answered so far. */
  readonly codes = new Set<string>();
  /** Bodies for teams that are shown everything. */
  readonly permitted: Buffer[] = [];
  readonly #seen: { place: Place; source: string; bytes: Buffer }[] = [];
  readonly #gateways: GatewayHandle[] = [];
  readonly #options: ReplicaOptions;

  private constructor(parts: {
    pageKey: string;
    canaries: Canaries;
    people: People;
    fleet: Fleet;
    issuer: TestIssuer;
    redisWatch: RedisWatch;
    options: ReplicaOptions;
  }) {
    this.pageKey = parts.pageKey;
    this.canaries = parts.canaries;
    this.people = parts.people;
    this.fleet = parts.fleet;
    this.issuer = parts.issuer;
    this.redisWatch = parts.redisWatch;
    this.#options = parts.options;
    this.#gateways.push(...parts.fleet.gateways);
    for (const key of Object.values(this.#first.keys)) this.canaries.adopt('gateway key', key);
  }

  static async open(): Promise<Theatre> {
    const canaries = new Canaries();
    const people = plantPeople(canaries);
    const issuer = await TestIssuer.start({ algorithms: ['ES256'] });
    const cacheKey = newCacheKey();
    const maskKey = randomBytes(32).toString('base64');
    canaries.adopt('cache key', cacheKey.slice('k1:'.length));
    canaries.adopt('mask key', maskKey);
    canaries.adopt('token for Amperity', UPSTREAM_TOKEN);
    const page = pageKey();
    canaries.adopt('key of a page', page.key);
    const subject = canaries.word('subject of a token');
    const options = {
      settings: {
        name: `t-${randomUUID().slice(0, 8)}`,
        budget: { rate: 40 },
        cache: { freshMs: 700, staleMs: 700, staleIfErrorMs: 60_000 },
        upstream: { attempts: 1, timeoutMs: 1500, maxBodyBytes: 1_000_000 },
        auth: { modes: ['apiKey', 'jwt'], jwt: [{ issuer: issuer.url, audience: 'gateway' }] },
        http: { trustProxy: 1, extraQueryParams: ['segment'] },
        drain: { delayMs: 100, timeoutMs: 1000 },
      },
      env: {
        LOG_LEVEL: 'trace',
        CACHE_KEYS: cacheKey,
        MASK_KEY: maskKey,
        NODE_OPTIONS: `--import=${new URL('../../support/canary/defects.mjs', import.meta.url)}`,
      },
    };
    const rows = [...people.single, ...people.crowd, ...Object.values(people.cursed)];
    const fleet = await Fleet.start({
      replicas: 2,
      ...options,
      teams: {
        all: {
          export: true,
          bypassCache: true,
          scopes: SCOPES,
          jwt: [{ issuer: issuer.url, claims: { sub: subject } }],
        },
        shop: { ...SHOP, keys: [page.record] },
        brief: { maxWaitMs: 300, queue: 3, maxLimit: 10, maxFilters: 1, withTotal: false, profilesPerDay: 5 },
        doomed: {},
      },
      knobs: { 'rate.kind': 'off', 'data.planted': rows, 'headers.extra': headersOfAmperity(canaries) },
    });
    const redisWatch = await RedisWatch.on(fleet.redis);
    return new Theatre({ pageKey: page.key, canaries, people, fleet, issuer, redisWatch, options });
  }

  get subject(): string {
    return this.canaries.planted.find(({ what }) => what === 'subject of a token')?.value ?? '';
  }

  replica(at: number): GatewayHandle {
    const gateway = this.fleet.gateways[at % this.fleet.gateways.length];
    if (gateway === undefined) throw new Error('the fleet is empty');
    return gateway;
  }

  /** Starts another replica in the place of one that has ended. */
  async replace(at: number): Promise<void> {
    const env = {
      ...this.#options.env,
      REDIS_URL: this.fleet.ways[at]?.url().replace('http:', 'redis:') ?? '',
    };
    const { settings } = this.#options;
    const gateway = await spawnGateway(this.fleet.simulator.dataUrl, { settings, env, twin: this.#first });
    this.fleet.gateways[at] = gateway;
    this.#gateways.push(gateway);
    await this.fleet.until('shared', [gateway]);
  }

  /** Rejects where no answer comes; what comes is kept for the search. */
  async ask(
    path: string,
    { replica = 0, team = 'all', admin, headers, ...options }: Asked = {},
  ): Promise<Reply> {
    const gateway = this.replica(replica);
    const key = team === 'none' ? {} : { 'x-api-key': gateway.key(team) };
    const origin = admin ? gateway.adminUrl : gateway.url;
    const reply = await httpGet(origin, path, { ...options, headers: { ...key, ...headers } });
    this.#answered(reply, team, `${options.method ?? 'GET'}, ${reply.status}`);
    return reply;
  }

  /** Bytes that no client would send. */
  async send(bytes: string | Buffer, replica = 0): Promise<void> {
    const { text, ...reply } = await rawHttp(this.replica(replica).url, bytes, 300);
    if (text !== '') this.#answered(reply, 'none', `raw bytes, ${reply.status}`);
  }

  /** Takes in all that is shown at this moment. */
  async look(): Promise<void> {
    for (const at of [0, 1]) {
      for (const place of ['metrics', 'status'] as const) {
        const { body } = await this.replica(at).admin(`/${place}`);
        this.#seen.push({ place, source: `replica ${at}`, bytes: body });
      }
    }
    await this.redisWatch.look();
  }

  /** Everything that any replica has printed. */
  get printed(): string {
    return this.#gateways.map(({ output }) => output.join('\n')).join('\n');
  }

  /** All that has come out in this place, each piece once. */
  bytesOf(place: Place): Buffer[] {
    return this.#all(place).map(({ bytes }) => bytes);
  }

  finds(place: Place): Find[] {
    const search = new Search(this.canaries.planted);
    return this.#all(place).flatMap(({ source, bytes }) => search.find(place, source, bytes));
  }

  async close(): Promise<void> {
    this.redisWatch.close();
    await this.fleet.stop();
    await this.issuer.close();
  }

  #all(place: Place): { readonly source: string; readonly bytes: Buffer }[] {
    if (place === 'log') return [{ source: 'all replicas', bytes: Buffer.from(this.printed) }];
    if (place !== 'redis') return this.#seen.filter((seen) => seen.place === place);
    return [
      ...this.redisWatch.told.map((bytes) => ({ source: 'MONITOR', bytes })),
      ...this.redisWatch.found.map((bytes) => ({ source: 'names and values', bytes })),
    ];
  }

  get #first(): GatewayHandle {
    const [first] = this.#gateways;
    if (first === undefined) throw new Error('the fleet is empty');
    return first;
  }

  #answered(
    { status, headers, body }: Pick<Reply, 'status' | 'headers' | 'body'>,
    team: string,
    source: string,
  ): void {
    const problem = status >= 400 ? codeOf(body) : undefined;
    if (problem !== undefined) this.codes.add(problem);
    // Its own question without the cursor is what the caller is given to begin again with: docs/problems.md.
    const { link, ...others } = headers;
    const head = problem === 'cursor_expired' ? others : headers;
    this.#seen.push({ place: 'head', source, bytes: Buffer.from(JSON.stringify(head)) });
    if (status >= 400) this.#seen.push({ place: 'problem', source, bytes: body });
    else if (team === 'shop') this.#seen.push({ place: 'restricted', source, bytes: body });
    else this.permitted.push(body);
  }
}

export const PAGE_ORIGIN = 'https://shop.example';

function pageKey(): { key: string; record: object } {
  const { key, id, sha256 } = createApiKey({ label: 'test' });
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  return { key, record: { id, sha256, notAfter, kind: 'browser', origins: [PAGE_ORIGIN] } };
}

const headersOfAmperity = (canaries: Canaries) => ({
  'x-person': canaries.word('header of Amperity'),
  'x-request-id': canaries.word('header of Amperity'),
  etag: `"${canaries.word('header of Amperity')}"`,
  'set-cookie': `session=${canaries.word('header of Amperity')}`,
});

function codeOf(body: Buffer): string | undefined {
  try {
    return JSON.parse(body.toString('utf8')).code;
  } catch {
    return undefined;
  }
}
