import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { changed } from './support/changed.ts';
import { ciFile, ciNames, complete } from './support/ci-values.ts';
import { gatewayPod } from './support/config-check.ts';
import { helms } from './support/helm-binaries.ts';
import { render, type Values } from './support/helm-template.ts';
import { containersOf, find, type Manifest, podsOf } from './support/manifest.ts';
import { CHART } from './support/places.ts';

const templates = readdirSync(join(CHART, 'templates'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(yaml|tpl|txt)$/.test(name))
  .map((name) => readFileSync(join(CHART, 'templates', name), 'utf8'))
  .join('\n');

// Numbered as the complaints about other charts that they answer; 5, 8, 12 and 14 are in files of their own.
describe.each(helms())('helm $version', (helm) => {
  const all = ciNames.map((name) => render({ helm, files: [ciFile(name)] }));
  const pods = all.flatMap(podsOf).map(({ spec }) => spec);
  const containers = pods.flatMap(containersOf);
  const rendered = (changes: Values) => render({ helm, values: changed(complete, changes) });
  const of = (name: string): Manifest[] => all[ciNames.indexOf(name)] ?? [];

  test('1 a disruption budget lets the pods of a single replica go, and never says both', () => {
    const budgets = all.flatMap((manifests) =>
      manifests.filter(({ kind }) => kind === 'PodDisruptionBudget'),
    );
    expect(budgets).toHaveLength(ciNames.length);
    for (const { spec } of budgets) {
      expect([1, undefined]).toContain(spec.maxUnavailable);
      expect((spec.maxUnavailable === undefined) !== (spec.minAvailable === undefined)).toBe(true);
    }
    expect(find(of('hpa'), 'PodDisruptionBudget').spec.minAvailable).toBe('50%');
  });

  test('2 two renders are equal', () => {
    expect(all).toEqual(ciNames.map((name) => render({ helm, files: [ciFile(name)] })));
    expect(templates).not.toMatch(/\b(lookup|rand\w+|uuidv4|genCA|genSignedCert|genSelfSignedCert|now)\b/);
  });

  test('3 what is enabled is there, whatever the cluster says it knows', () => {
    const kinds = of('monitoring').map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['ServiceMonitor', 'PrometheusRule']));
    expect(find(of('httproute'), 'HTTPRoute').apiVersion).toBe('gateway.networking.k8s.io/v1');
    expect(templates).not.toContain('Capabilities');
  });

  test('4 labels by which others look are on monitor, rule and dashboard', () => {
    const manifests = of('monitoring');
    for (const kind of ['ServiceMonitor', 'PrometheusRule']) {
      expect(find(manifests, kind).metadata.labels).toMatchObject({
        release: 'monitoring',
        team: 'platform',
      });
    }
    const { metadata } = find(manifests, 'ConfigMap', '-dashboard');
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(metadata.annotations).toEqual({ grafana_folder: 'Gateways' });
  });

  test('4 the monitor selects the admin Service and no other', () => {
    const manifests = of('monitoring');
    const wanted = Object.entries(find(manifests, 'ServiceMonitor').spec.selector.matchLabels ?? {});
    const selected = manifests.filter(
      ({ kind, metadata }) =>
        kind === 'Service' && wanted.every(([name, value]) => metadata.labels?.[name] === value),
    );
    expect(selected.map(({ metadata }) => metadata.name)).toEqual(['gw-amperity-gateway-admin']);
  });

  test('6 sources of variables are emitted once, beside unique variables', () => {
    const manifests = rendered({
      extraEnv: [{ name: 'TZ', value: 'UTC' }],
      extraEnvFrom: [{ secretRef: { name: 'more' } }],
    });
    const { container } = gatewayPod(manifests);
    const names = container.env?.map(({ name }) => name) ?? [];
    expect(names).toContain('TZ');
    expect(new Set(names).size).toBe(names.length);
    expect(container).toMatchObject({ envFrom: [{ secretRef: { name: 'more' } }] });
  });

  test('9 nothing waits for Redis in front of the gateway', () => {
    expect(pods.length).toBeGreaterThan(ciNames.length);
    for (const pod of pods) expect(pod).not.toHaveProperty('initContainers');
  });

  test('10 probes ask the gateway about itself alone', () => {
    for (const manifests of all) {
      const asked = (path: string) => ({ httpGet: { path, port: 'admin' } });
      expect(gatewayPod(manifests).container).toMatchObject({
        startupProbe: asked('/livez'),
        livenessProbe: asked('/livez'),
        readinessProbe: asked('/readyz'),
      });
    }
  });

  test('11 the number of replicas is left to whoever decides it', () => {
    for (const manifests of [of('hpa'), rendered({ replicaCount: null, fleet: { maxPods: 5 } })]) {
      expect(find(manifests, 'Deployment').spec).not.toHaveProperty('replicas');
    }
    expect(find(of('single'), 'Deployment').spec.replicas).toBe(1);
    expect(find(of('hpa'), 'HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: find(of('hpa'), 'Deployment').metadata.name },
      minReplicas: 2,
      maxReplicas: 7,
    });
  });

  test('13 no image comes from where images were withdrawn', () => {
    expect(containers.filter(({ image }) => /bitnami/i.test(image))).toEqual([]);
  });

  test('15 nothing is floating, left to be filled in, or mounted in a way that never updates', () => {
    for (const { image, volumeMounts = [] } of containers) {
      expect(image).toMatch(/(:\d+\.\d+\.\d+|@sha256:[0-9a-f]{64})$/);
      for (const mount of volumeMounts) expect(mount).not.toHaveProperty('subPath');
    }
    expect(JSON.stringify(all)).not.toMatch(/change.?me|placeholder|todo|xxx/i);
  });

  test('16 where the cluster chooses users and groups, no pod names any', () => {
    for (const manifests of [of('openshift'), rendered({ podSecurityContext: null })]) {
      for (const { spec } of podsOf(manifests)) {
        const { runAsUser, runAsGroup, fsGroup } = spec.securityContext ?? {};
        expect([runAsUser, runAsGroup, fsGroup]).toEqual([undefined, undefined, undefined]);
      }
    }
  });
});
