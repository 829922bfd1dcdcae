import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '../../src/access/api-key.ts';
import { spawnMain, UPSTREAM_TOKEN } from './spawn-gateway.ts';

/** Something the gateway does not start with. */
export interface Refusal {
  readonly what: string;
  /** gateway.yaml, as text where it is no YAML; by default one that is right. */
  readonly settings?: object | string;
  /** A file of teams beside it, named by `TEAMS_FILE`. */
  readonly teamsFile?: object;
  /** Beside what is right, or instead of it; an empty value takes away. */
  readonly env?: Readonly<Record<string, string>>;
  /** This one names a port that is taken. */
  readonly taken?: 'PORT' | 'ADMIN_PORT';
  /** Part of what it has to say. */
  readonly says: string | RegExp;
  /** How many; one by default. */
  readonly sentences?: number;
  /** 78, EX_CONFIG of sysexits.h, unless it is another one. */
  readonly code?: number;
  /** What must not be repeated, beside the values of the variables that hold secrets. */
  readonly secrets?: readonly string[];
}

const made = createApiKey({ label: 'test' });
const other = createApiKey({ label: 'test' });
const notAfter = new Date(Date.now() + 86_400_000).toISOString();
const key = { id: made.id, sha256: made.sha256, notAfter };
const web = { keys: [key], indexes: ['*'], attributes: '*' };

/** Settings that are right. */
export const FINE = { teams: { web } };

const withKey = (more: object, team: object = {}) => ({
  teams: { web: { ...web, ...team, keys: [{ ...key, ...more }] } },
});
const ISSUER = { issuer: 'https://idp.example', audience: 'gateway' };
const tokens = (jwt: readonly object[], teams: object) => ({ auth: { modes: ['jwt'], jwt }, teams });
const ofSubject = (claims: object) => ({ indexes: ['*'], jwt: [{ issuer: ISSUER.issuer, claims }] });
const shown = (more: object) => ({
  teams: { web: { ...web, attributes: { 'idx-1': { allow: ['city'], ...more } } } },
});
const BROWSER = { kind: 'browser', origins: ['https://app.example'] };
const REDIS_URL = 'redis://:cAnArY7@127.0.0.1:6379';
const CACHE_KEY = Buffer.alloc(32, 7).toString('base64');
const OPEN = { auth: { modes: ['open'] } };
const MAKE = 'npm run cli -- keys create --team';

export const refusals: readonly Refusal[] = [
  { what: 'no auth mode', settings: { ...FINE, auth: { modes: [] } }, says: 'auth.modes: no auth mode set' },
  { what: 'no team', settings: { teams: {} }, says: MAKE },
  { what: 'no key', settings: { teams: { web: { ...web, keys: [] } } }, says: MAKE },
  { what: 'an expired key only', settings: withKey({ notAfter: '2020-01-01' }), says: MAKE },
  { what: 'a revoked key only', settings: withKey({ state: 'revoked' }), says: MAKE },
  {
    what: 'mode jwt without an issuer',
    settings: tokens([], { web: { indexes: ['*'] } }),
    says: 'auth.jwt: auth mode jwt takes the tokens of listed issuers, and there is none',
    sentences: 2,
  },
  {
    what: 'mode jwt without a rule for any team',
    settings: tokens([ISSUER], { web: { indexes: ['*'] } }),
    says: 'no team has a jwt rule',
  },
  {
    what: 'two teams that one token could fit',
    settings: tokens([ISSUER], {
      web: ofSubject({ sub: 'web' }),
      shop: ofSubject({ role: 'shop' }),
    }),
    says: 'a token could fit this team and web',
  },
  {
    what: 'mode open beside another',
    settings: { ...FINE, auth: { modes: ['open', 'apiKey'] } },
    says: 'auth.modes: open cannot stand beside another mode',
  },
  ...(['HOST', 'ADMIN_HOST'] as const).flatMap((name) =>
    ['0.0.0.0', '::'].map((address) => ({
      what: `mode open, ${name} ${address}`,
      settings: OPEN,
      env: { [name]: address },
      says: `${name}: auth mode open lets everybody in, so it must be a loopback address`,
    })),
  ),
  {
    what: 'plain http to Amperity beyond loopback',
    env: { AMPERITY_BASE_URL: 'http://app.amperity.com/api' },
    says: 'AMPERITY_BASE_URL: plain http would send the token unprotected',
  },
  {
    what: 'credentials in the URL of Amperity',
    env: { AMPERITY_BASE_URL: 'https://u:cAnArY7@app.amperity.com/api' },
    says: 'the URL holds credentials',
    secrets: ['cAnArY7'],
  },
  { what: 'no token for Amperity', env: { AMPERITY_TOKEN: '' }, says: 'no token source is set' },
  { what: 'a token that is none', env: { AMPERITY_TOKEN: 'cAnArY7 and more' }, says: 'AMPERITY_TOKEN: ' },
  {
    what: 'two token sources',
    env: { AMPERITY_CLIENT_ID: 'cAnArY7' },
    says: 'two token sources are set',
    secrets: ['cAnArY7'],
  },
  {
    what: 'a token file that is not there',
    env: { AMPERITY_TOKEN: '', AMPERITY_TOKEN_FILE: '/nowhere' },
    says: '/nowhere',
  },
  { what: 'Redis without a cache key', env: { REDIS_URL }, says: 'CACHE_KEYS: is not set' },
  ...Object.entries({
    'too short': `k1:${Buffer.alloc(16, 7).toString('base64')}`,
    'no base64': `k1:${'cAnArY7!'.repeat(5)}cAn=`,
    'without a kid': CACHE_KEY,
    'one kid for two': `k1:${CACHE_KEY},k1:${Buffer.alloc(32, 8).toString('base64')}`,
  }).map(([what, CACHE_KEYS]) => ({
    what: `a cache key that is ${what}`,
    env: { REDIS_URL, CACHE_KEYS },
    says: 'CACHE_KEYS: the value is not allowed (it is not shown here); write kid:<base64 of 32 bytes>',
  })),
  {
    what: 'an hmac mask without a key',
    settings: shown({ mask: ['email'], maskAs: { email: 'hmac' } }),
    says: 'an hmac mask has no key; set MASK_KEY',
  },
  {
    what: 'a mask key that is too short',
    env: { MASK_KEY: Buffer.alloc(16, 9).toString('base64') },
    says: 'MASK_KEY: the value is not allowed (it is not shown here); write base64 of 32 bytes',
  },
  {
    what: 'a filter beyond what is shown',
    settings: { teams: { web: { ...shown({}).teams.web, filters: ['email'] } } },
    says: 'email is not shown, and a filter would tell it',
  },
  {
    what: 'a browser key without origins',
    settings: withKey({ ...BROWSER, origins: [] }, shown({}).teams.web),
    says: 'has no origins, so no page could use it',
  },
  {
    what: 'a browser key that shows everything',
    settings: withKey(BROWSER),
    says: 'would show every attribute to whoever reads the page',
  },
  {
    what: 'a server key with origins',
    settings: withKey({ origins: BROWSER.origins }),
    says: 'is for servers, and has origins or a policy',
  },
  {
    what: 'one key id twice',
    settings: { teams: { web, shop: { ...web, keys: [{ ...key, sha256: other.sha256 }] } } },
    says: /the key id \w+ is used twice/,
    secrets: [other.key, other.sha256],
  },
  {
    what: 'a whole key in the place of its id',
    settings: withKey({ id: other.key }),
    says: 'keys[0].id: the value is not allowed (it is not shown here)',
    secrets: [other.key],
  },
  { what: 'an unknown setting', settings: { ...FINE, budgett: {} }, says: 'did you mean budget?' },
  { what: 'a misspelt variable', env: { AMPERITY_TENNANT: 'acme' }, says: 'did you mean AMPERITY_TENANT?' },
  {
    what: 'broken YAML',
    settings: `teams:\n  web: {keys: [{id: "${made.id}", sha256: ${made.sha256}`,
    says: /line \d+: .*bracket/,
  },
  {
    what: 'a settings file that is not there',
    env: { GATEWAY_CONFIG: '/nowhere/gateway.yaml' },
    says: '/nowhere/gateway.yaml',
  },
  {
    what: 'a file of teams that is not there',
    settings: {},
    env: { TEAMS_FILE: '/nowhere/teams.yaml' },
    says: 'TEAMS_FILE: ',
  },
  { what: 'teams in both files', teamsFile: FINE, says: 'the teams are in TEAMS_FILE' },
  {
    what: 'both listeners on one port',
    env: { PORT: '4999', ADMIN_PORT: '4999' },
    says: 'ADMIN_PORT: is the same as PORT',
  },
  ...(['PORT', 'ADMIN_PORT'] as const).map((taken) => ({
    what: `${taken} is taken`,
    taken,
    says: /^Port \d+ on 127\.0\.0\.1 is taken: stop what listens there or set PORT or ADMIN_PORT\.$/m,
    code: 1,
  })),
];

export interface Refused {
  readonly code: number | null;
  /** Without the lines of the log. */
  readonly lines: readonly string[];
  /** Whatever was secret and has been repeated. */
  readonly repeated: readonly string[];
}

const RIGHT: Readonly<Record<string, string>> = {
  AMPERITY_BASE_URL: 'http://127.0.0.1:9/api',
  AMPERITY_TENANT: 'acme',
  AMPERITY_TOKEN: UPSTREAM_TOKEN,
  PORT: '0',
  ADMIN_PORT: '0',
};

/** Starts the compiled gateway with it, and resolves once that has ended. */
export async function refuse({
  settings = FINE,
  teamsFile,
  taken,
  env = {},
  secrets = [],
}: Refusal): Promise<Refused> {
  const folder = mkdtempSync(join(tmpdir(), 'refusal-'));
  const inFolder = (name: string, content: object | string): string => {
    const path = join(folder, name);
    // JSON is YAML.
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const holder = createServer();
  try {
    const all: Record<string, string> = {
      ...RIGHT,
      GATEWAY_CONFIG: inFolder('gateway.yaml', settings),
      ...(teamsFile && { TEAMS_FILE: inFolder('teams.yaml', teamsFile) }),
      ...(taken && { [taken]: await takePort(holder) }),
      ...env,
    };
    const { child, output } = spawnMain(all);
    const giveUp = setTimeout(() => child.kill('SIGKILL'), 15_000);
    // Not `exit`: what it said may still be under way then.
    const [code] = await once(child, 'close');
    clearTimeout(giveUp);
    const text = output.join('\n');
    const secret = [made.key, made.sha256, ...secrets, ...secretsIn(all)];
    return {
      code,
      lines: output.filter((line) => !line.startsWith('{')).map((line) => line.replaceAll(`${folder}/`, '')),
      repeated: secret.filter((value) => text.includes(value)),
    };
  } finally {
    holder.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const SECRET_VARIABLE =
  /^(AMPERITY_TOKEN|AMPERITY_CLIENT_SECRET|CACHE_KEYS|MASK_KEY|REDIS_URL|REDIS_PASSWORD)$/;

/** The keys and passwords among the variables, without what is no secret about them. */
function secretsIn(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name, value]) => SECRET_VARIABLE.test(name) && value !== '')
    .flatMap(([name, value]) => {
      if (name === 'CACHE_KEYS') return value.split(',').map((part) => part.slice(part.indexOf(':') + 1));
      if (name === 'REDIS_URL') return [new URL(value).password];
      return [value];
    });
}

async function takePort(holder: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  return String((holder.address() as AddressInfo).port);
}

/** As one would write it, with nothing secret in it. */
export function shownRefusal({ settings, teamsFile, taken, env = {} }: Refusal): string[] {
  const inFile = (name: string, content: object | string | undefined): string[] =>
    content === undefined
      ? []
      : [`${name}: ${typeof content === 'string' ? content : JSON.stringify(content)}`];
  const lines = [
    ...inFile('gateway.yaml', settings),
    ...inFile('teams.yaml', teamsFile),
    ...(taken ? [`${taken}=<a port that another process listens on>`] : []),
    ...Object.entries(env).map(([name, value]) =>
      SECRET_VARIABLE.test(name) && value !== ''
        ? `${name}=<${value.length} characters>`
        : `${name}=${value}`,
    ),
  ];
  return lines.map((line) =>
    line
      .replaceAll(/[0-9a-f]{64}/g, '<digest>')
      .replaceAll(/agw_\w+/g, '<key>')
      .replaceAll(/cAnArY7/g, '<secret>'),
  );
}
