import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { changed } from './support/changed.ts';
import { complete } from './support/ci-values.ts';
import { helms } from './support/helm-binaries.ts';
import { helmTemplate, type Values } from './support/helm-template.ts';
import { CHART } from './support/places.ts';

const defaults: Values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'));
const map = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Maps whose members are somebody else's: labels, parts of a pod, the gateway's own settings. */
const open =
  /^(global|config|commonLabels|commonAnnotations|lifecycle|podSecurityContext|securityContext|resources|nodeSelector|affinity|podAnnotations|podLabels|teams\.value|bundledRedis\.resources|probes\.\w+|serviceAccount\.annotations|service\.annotations|ingress\.annotations|httpRoute\.timeouts|autoscaling\.behavior|metrics\.\w+\.(labels|overrides))$/;

function* closed(values: Values, path: readonly string[] = []): Generator<readonly string[]> {
  yield path;
  for (const [key, value] of Object.entries(values)) {
    const below = [...path, key];
    if (map(value) && !open.test(below.join('.'))) yield* closed(value, below);
  }
}

const nested = (path: readonly string[], value: unknown): Values =>
  Object.fromEntries([[path[0], path.length > 1 ? nested(path.slice(1), value) : value]]);

/** What a pod can do without, and the number of replicas, which somebody else may hold. */
const free =
  /^(global|config|replicaCount|podSecurityContext|securityContext|lifecycle|topologySpreadConstraints|nodeSelector|tolerations|affinity|priorityClassName|autoscaling\.behavior|(.+\.)?resources)$/;

/** Keys of that map which cannot be nulled away. */
function membersOf(path: readonly string[]): string[] {
  const held = path.reduce<unknown>((value, key) => (map(value) ? value[key] : undefined), defaults);
  const keys = Object.keys(map(held) ? held : {}).map((key) => [...path, key].join('.'));
  return keys.filter((key) => !free.test(key));
}

const wrong: [string, unknown][] = [
  ['replicaCount', '2'],
  ['replicaCount', 1.5],
  ['strategy.type', 'OnDelete'],
  ['strategy.maxSurge', '30'],
  ['fleet.maxPods', -1],
  ['terminationGracePeriodSeconds', '40'],
  ['image.digest', 'sha256:short'],
  ['image.pullPolicy', 'Sometimes'],
  ['image.pullSecrets', ['name']],
  ['logLevel', 'verbose'],
  ['listenHost', ''],
  ['redis.url', 'http://redis'],
  ['redis.tls.caKey', 'a/b'],
  ['bundledRedis.enabled', 'yes'],
  ['bundledRedis.maxmemory', '256Mi'],
  ['platform', 'nomad'],
  ['clusterIdentity.expirationSeconds', 599],
  ['extraEnv', [{ value: 'nameless' }]],
  ['extraVolumeMounts', [{ name: 'a' }]],
  ['topologySpreadConstraints', [{ maxSkew: 1 }]],
  ['extraObjects', [1]],
  ['autoscaling.minReplicas', 0],
  ['podDisruptionBudget.minAvailable', '50'],
  ['podDisruptionBudget.unhealthyPodEvictionPolicy', 'Never'],
  ['service.type', 'ExternalName'],
  ['service.port', 65_536],
  ['ingress.hosts', [{ name: 'a.example' }]],
  ['httpRoute.parentRefs', [{}]],
  ['networkPolicy.egress.dns.ports', []],
  ['networkPolicy.egress.redis', [{ ports: [] }]],
  ['metrics.serviceMonitor.interval', '15'],
  ['metrics.prometheusRule.overrides', { GatewayAbsent: { four: '5m' } }],
  ['commonLabels', { a: 1 }],
  ['global', { imageRegistry: 1 }],
  ['config.budget.rate', 0],
  ['config.budget.rat', 10],
  ['config.cache.freshMs', '60s'],
  ['teams.value', { web: { maxLimit: 0 } }],
  ['teams.value', { Web: {} }],
];

describe.each(helms())('the schema, in helm $version,', (helm) => {
  const refusal = (path: readonly string[], value: unknown) => {
    const { status, said } = helmTemplate({ helm, values: changed(complete, nested(path, value)) });
    expect(status).not.toBe(0);
    expect(said).toContain("don't meet the specifications of the schema");
    return said;
  };

  test.each([...closed(defaults)].map((path) => [path.join('.') || 'the root', path] as const))(
    'knows every key of %s',
    (_, path) => {
      expect(refusal([...path, 'mistyped'], 'x')).toContain('mistyped');
    },
  );

  test.each(wrong)('refuses %s: %j', (path, value) => {
    const keys = path.split('.');
    expect(refusal(keys, value)).toContain(keys.at(-1));
  });

  test.each([...closed(defaults)].flatMap((path) => membersOf(path)))(
    'misses %s when it is nulled away',
    (path) => {
      const keys = path.split('.');
      expect(refusal(keys, null)).toContain(keys.at(-1));
    },
  );

  test('takes whatever a parent chart passes on', () => {
    const values = {
      ...complete,
      enabled: true,
      global: { imageRegistry: 'mirror', somebody: { elses: 1 } },
    };
    expect(helmTemplate({ helm, values }).said).toBe('');
  });

  test('has a default for every key of its own', () => {
    expect(helmTemplate({ helm, values: complete }).said).toBe('');
    const { properties } = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'));
    // Set by parent charts alone.
    expect(
      Object.keys(properties)
        .filter((key) => key !== 'enabled')
        .toSorted(),
    ).toEqual(Object.keys(defaults).toSorted());
  });
});
