import { expect, test } from '@jest/globals';
import { environmentVariables, fromFile } from '../../src/config/environment.ts';
import { changed } from './support/changed.ts';
import { complete } from './support/ci-values.ts';
import { filesOf, gatewayPod } from './support/config-check.ts';
import { render, type Values } from './support/helm-template.ts';

const SECRET = { existingSecret: 'mine', key: 'its-key' };
const OAUTH = {
  upstream: {
    token: { existingSecret: '' },
    oauth: { clientId: 'client-4', tokenUrl: 'https://login.example/4', ...SECRET },
  },
};
const SENTINELS = 'rediss+sentinel://s1.example,s2.example/main';
const BUNDLED = {
  bundledRedis: { enabled: true, existingSecret: 'mine' },
  redis: { url: '', existingSecret: '' },
};
const TLS = { redis: { tls: { caSecret: 'mine', caKey: 'its-key', certSecret: 'another' } } };
const inRedisSecret = (url: string, key: string) => ({
  redis: { url, existingSecret: 'mine', keys: { [key]: 'its-key' } },
});

const inClear: [variable: string, value: string, changes: Values][] = [
  ['GATEWAY_CONFIG', '/etc/amperity-gateway/gateway.yaml', {}],
  ['HOST', '::', { listenHost: '::' }],
  ['ADMIN_HOST', '::', { listenHost: '::' }],
  ['PORT', '8080', {}],
  ['ADMIN_PORT', '9090', {}],
  ['LOG_LEVEL', 'debug', { logLevel: 'debug' }],
  ['AMPERITY_BASE_URL', 'https://amp.example/4', { upstream: { baseUrl: 'https://amp.example/4' } }],
  ['AMPERITY_TENANT', 'tenant-4', { upstream: { tenant: 'tenant-4' } }],
  ['AMPERITY_API_VERSION', '2024-04-04', { upstream: { apiVersion: '2024-04-04' } }],
  ['AMPERITY_CLIENT_ID', 'client-4', OAUTH],
  ['AMPERITY_TOKEN_URL', 'https://login.example/4', OAUTH],
  ['REDIS_URL', 'rediss://redis.example:4', { redis: { url: 'rediss://redis.example:4' } }],
  ['REDIS_URL', 'redis://gw-amperity-gateway-redis:6379', BUNDLED],
  ['REDIS_USERNAME', 'user-4', { redis: { username: 'user-4' } }],
];

const inFiles: [variable: string, key: string, secret: string, changes: Values][] = [
  ['AMPERITY_TOKEN_FILE', 'its-key', 'mine', { upstream: { token: SECRET } }],
  ['AMPERITY_CLIENT_SECRET_FILE', 'its-key', 'mine', OAUTH],
  ['TEAMS_FILE', 'its-key', 'mine', { teams: SECRET }],
  ['CACHE_KEYS_FILE', 'its-key', 'mine', { cacheKeys: SECRET }],
  ['MASK_KEY_FILE', 'its-key', 'mine', { maskKey: SECRET }],
  ['REDIS_URL_FILE', 'its-key', 'mine', inRedisSecret('', 'url')],
  ['REDIS_PASSWORD_FILE', 'its-key', 'mine', inRedisSecret('rediss://redis.example', 'password')],
  ['REDIS_PASSWORD_FILE', 'redis-password', 'mine', BUNDLED],
  ['REDIS_SENTINEL_PASSWORD_FILE', 'its-key', 'mine', inRedisSecret(SENTINELS, 'sentinelPassword')],
  ['REDIS_CA_FILE', 'its-key', 'mine', TLS],
  ['REDIS_CERT_FILE', 'tls.crt', 'another', TLS],
  ['REDIS_KEY_FILE', 'tls.key', 'another', TLS],
];

const podWith = (changes: Values) => gatewayPod(render({ values: changed(complete, changes) }));
const inPod = ({ container }: ReturnType<typeof podWith>, variable: string) =>
  container.env?.find(({ name }) => name === variable)?.value;

test.each(inClear)('the pod has the variable %s as the values say it: %s', (variable, value, changes) => {
  expect(inPod(podWith(changes), variable)).toBe(value);
});

test.each(inFiles)('the variable %s names the file that is %s of the Secret %s', (...row) => {
  const [variable, key, secret, changes] = row;
  const pod = podWith(changes);
  const held = new Map([[`Secret/${secret}`, { [key]: 'of the Secret' }]]);
  const files = (pod.container.volumeMounts ?? []).flatMap(({ mountPath, name }) =>
    (pod.volumes ?? [])
      .filter((volume) => volume.name === name)
      .flatMap((volume) => filesOf(volume, held).map(([path, text]) => [`${mountPath}/${path}`, text])),
  );
  expect(files).toContainEqual([inPod(pod, variable), 'of the Secret']);
});

test('every variable of the gateway is one of these, or left to extraEnv', () => {
  const set = new Set([...inClear, ...inFiles].map(([variable]) => variable));
  const secrets: readonly string[] = fromFile;
  const isSet = (name: string) => set.has(name) || (secrets.includes(name) && set.has(`${name}_FILE`));
  const left = Object.keys(environmentVariables).filter((name) => !isSet(name));
  expect(left).toEqual(['AMPERITY_ALLOW_HTTP', 'WORKERS', 'LOG_PRETTY']);
});
