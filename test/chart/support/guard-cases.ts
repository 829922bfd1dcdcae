import { changed } from './changed.ts';
import { single } from './ci-values.ts';
import type { Values } from './helm-template.ts';

const twoPods = { ...single, replicaCount: 2 };
const drain = (timeoutMs: number) => ({ config: { drain: { timeoutMs } } });

/** What is changed in values that are accepted, and the keys of the lines that refuse it. */
export const guards: [string, Values, ...string[]][] = [
  ['no image', { image: { repository: '' } }, 'image.repository'],
  ['no base URL', { upstream: { baseUrl: '' } }, 'upstream.baseUrl'],
  ['no tenant', { upstream: { tenant: '' } }, 'upstream.tenant'],
  [
    'no credential for Amperity',
    { upstream: { token: { existingSecret: '' } } },
    'upstream.token.existingSecret',
  ],
  [
    'two credentials for Amperity',
    { upstream: { oauth: { clientId: 'a', tokenUrl: 'https://a', existingSecret: 'a' } } },
    'upstream.token, upstream.oauth',
  ],
  [
    'half of the client credentials',
    { upstream: { token: { existingSecret: '' }, oauth: { clientId: 'a' } } },
    'upstream.oauth.tokenUrl',
    'upstream.oauth.existingSecret',
  ],
  [
    'client credentials without a client',
    { upstream: { token: { existingSecret: '' }, oauth: { tokenUrl: 'https://a', clientSecret: 'a' } } },
    'upstream.oauth.clientId',
  ],
  ['a token twice', { upstream: { token: { value: 'a' } } }, 'upstream.token'],
  [
    'a client secret twice',
    {
      upstream: {
        token: { existingSecret: '' },
        oauth: { clientId: 'a', tokenUrl: 'https://a', clientSecret: 'a', existingSecret: 'a' },
      },
    },
    'upstream.oauth',
  ],
  ['no teams', { teams: { existingSecret: '' } }, 'teams.existingSecret'],
  ['teams twice', { teams: { value: { web: {} } } }, 'teams'],
  ['cache keys twice', { cacheKeys: { value: 'k1:a' } }, 'cacheKeys'],
  ['a mask key twice', { maskKey: { value: 'a', existingSecret: 'a' } }, 'maskKey'],
  ['mode open', { config: { auth: { modes: ['open'] } } }, 'config.auth.modes'],
  ['Redis without cache keys', { cacheKeys: { existingSecret: '' } }, 'cacheKeys.existingSecret'],
  ['a password in the URL', { redis: { url: 'rediss://agw:secret@redis:6379' } }, 'redis.url'],
  ['a password without a user in the URL', { redis: { url: 'rediss://:secret@redis' } }, 'redis.url'],
  ['a password with a slash in the URL', { redis: { url: 'rediss://:se/cret@redis' } }, 'redis.url'],
  ['parameters in the URL', { redis: { url: 'rediss://redis?password=secret' } }, 'redis.url'],
  ['a credential in the base URL', { upstream: { baseUrl: 'https://u:p@a.example' } }, 'upstream'],
  ['loopback alone', { listenHost: '127.0.0.1' }, 'listenHost'],
  [
    'alerts that there are not',
    { metrics: { prometheusRule: { disabled: ['Nope'], overrides: { Neither: { for: '1m' } } } } },
    'metrics.prometheusRule',
  ],
  [
    'a rollout in which two pods overlap, without Redis',
    { ...single, strategy: { type: 'RollingUpdate', maxSurge: 0, maxUnavailable: 1 } },
    'redis.url',
  ],
  [
    'a team that waits longer than the drain',
    { teams: { existingSecret: '', value: { web: { maxWaitMs: 25_001 } } } },
    'config.drain.timeoutMs',
  ],
  ['a URL twice', { redis: { keys: { url: 'url' } } }, 'redis.url'],
  ['parts of Redis without the rest', changed(single, { redis: { tls: { caSecret: 'a' } } }), 'redis.url'],
  [
    'a key of the URL without its Secret',
    { redis: { existingSecret: '', keys: { url: 'url' } } },
    'redis.existingSecret',
  ],
  [
    "a key of the Sentinels' password without its Secret",
    { redis: { url: 'redis+sentinel://a/b', existingSecret: '', keys: { sentinelPassword: 'a' } } },
    'redis.existingSecret',
  ],
  ['a password of Redis twice', { redis: { password: 'a' } }, 'redis.password'],
  [
    "a Sentinels' password twice",
    { redis: { url: 'redis+sentinel://a/b', sentinelPassword: 'a', keys: { sentinelPassword: 'a' } } },
    'redis.sentinelPassword',
  ],
  ['a user without a password', { redis: { username: 'agw', keys: { password: '' } } }, 'redis.username'],
  [
    "a Sentinels' password without Sentinels",
    { redis: { keys: { sentinelPassword: 'a' } } },
    'redis.keys.sentinelPassword',
  ],
  [
    'certificates for a Redis without TLS',
    { redis: { url: 'redis://redis', tls: { caSecret: 'a' } } },
    'redis.tls',
  ],
  ['two pods without Redis', twoPods, 'redis.url'],
  [
    'a second pod during rollouts without Redis',
    { ...single, strategy: { type: 'RollingUpdate' } },
    'redis.url',
  ],
  ['an autoscaler without Redis', { ...single, autoscaling: { enabled: true, maxReplicas: 2 } }, 'redis.url'],
  ['more pods to come without Redis', { ...single, fleet: { maxPods: 2 } }, 'redis.url'],
  ['a bundled Redis beside another', { bundledRedis: { enabled: true } }, 'bundledRedis.enabled'],
  ['two sources of gateway.yaml', { existingConfigMap: 'a', config: { name: 'a' } }, 'config'],
  ['teams in the config', { config: { teams: { web: {} } } }, 'config.teams'],
  [
    'the number of replicas in the config',
    { config: { budget: { maxReplicas: 9 } } },
    'config.budget.maxReplicas',
  ],
  ['a drain that is shorter than the queue', drain(9999), 'config.drain.timeoutMs'],
  [
    'a queue that is longer than the drain',
    { config: { queue: { maxWaitMs: 25_001 } } },
    'config.drain.timeoutMs',
  ],
  ['fewer pods than there are', { fleet: { maxPods: 2 } }, 'fleet.maxPods'],
  ['an unknown number of pods', { replicaCount: null }, 'fleet.maxPods'],
  ['a grace period below the drain', { terminationGracePeriodSeconds: 39 }, 'terminationGracePeriodSeconds'],
  [
    'fewest pods above most pods',
    { autoscaling: { enabled: true, minReplicas: 5 } },
    'autoscaling.minReplicas',
  ],
  [
    'a rollout that could not begin',
    { strategy: { maxSurge: '0%' } },
    'strategy.maxSurge, strategy.maxUnavailable',
  ],
  ['a network policy without Redis', { networkPolicy: { enabled: true } }, 'networkPolicy.egress.redis'],
  ['an Ingress without hosts', { ingress: { enabled: true } }, 'ingress.hosts'],
  ['an HTTPRoute without Gateways', { httpRoute: { enabled: true } }, 'httpRoute.parentRefs'],
  ['a variable twice', { extraEnv: [{ name: 'A' }, { name: 'A' }] }, 'extraEnv'],
  ['a volume of a name that is taken', { extraVolumes: [{ name: 'tmp' }] }, 'extraVolumes'],
  [
    'a mount in the place of another',
    { extraVolumeMounts: [{ name: 'a', mountPath: '/tmp/' }] },
    'extraVolumeMounts',
  ],
  [
    'a container of a name that is taken',
    { extraInitContainers: [{ name: 'gateway' }], extraContainers: [{ name: 'a' }, { name: 'a' }] },
    'extraContainers',
    'extraContainers',
  ],
];
