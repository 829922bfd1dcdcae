import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { changed } from './support/changed.ts';
import { ciFile, complete } from './support/ci-values.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { createValidation } from './support/fake-api-server/validation.ts';
import { helms } from './support/helm-binaries.ts';
import type { Values } from './support/helm-template.ts';
import { find } from './support/manifest.ts';
import { CHART } from './support/places.ts';

// Each new object is judged for half a second, on a machine that is not busy.
jest.setTimeout(120_000);
const validation = createValidation();
const everything = ['hpa', 'ingress', 'httproute', 'monitoring', 'netpol'].flatMap((name) => [
  '--values',
  ciFile(name),
]);
const inClear = ['--values', ciFile('default')];
/** The API server refuses it, after the Deployment was changed. */
const refused = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'refused' },
  spec: { rules: [{ http: { paths: [{ pathType: 'Sometimes', backend: {} }] } }] },
};

describe.each(helms())('a release, with helm $version,', ({ path, version }) => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await startCluster(validation);
  });
  afterEach(() => cluster.stop());

  const helm = (...args: string[]) => cluster.run(path, args);
  const put = (verb: 'install' | 'upgrade', ...args: string[]) =>
    helm(verb, 'gw', CHART, '--wait', '--timeout', '60s', ...args);
  const history = async (): Promise<unknown> => JSON.parse(await helm('history', 'gw', '--output', 'json'));
  const names = () => cluster.objects().map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  const rollouts = () => cluster.objects().filter(({ kind }) => kind === 'ReplicaSet').length;
  const deployment = () => find(cluster.objects(), 'Deployment').spec;
  const checksum = () => deployment().template.metadata.annotations?.['checksum/config'];
  const token = () => find(cluster.objects(), 'Secret', '-gateway').data?.['amperity-token'];

  test('comes with everything that can be switched on, and goes without a trace', async () => {
    await put('install', ...everything);
    const made = new Set(cluster.objects().map(({ kind }) => kind));
    const kinds = ['HTTPRoute', 'HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy', 'PrometheusRule'];
    expect([...made]).toEqual(expect.arrayContaining(kinds));
    await helm('uninstall', 'gw', '--wait');
    expect(names()).toEqual([]);
  });

  test('rolls its pods for a change of settings', async () => {
    await put('install', ...inClear);
    const before = checksum();
    await put('upgrade', ...inClear, '--set', 'config.cache.freshMs=1000');
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(checksum()).not.toBe(before);
    expect(rollouts()).toBe(2);
  });

  test('7 leaves its pods alone for a change of secrets and teams', async () => {
    await put('install', ...inClear);
    const before = token();
    await put(
      'upgrade',
      ...inClear,
      '--set',
      'upstream.token.value=another,teams.value.web.profilesPerDay=1',
    );
    expect([before, token()]).toEqual([expect.any(String), Buffer.from('another').toString('base64')]);
    expect(before).not.toBe(token());
    expect(rollouts()).toBe(1);
  });

  test('is tested by a pod that goes when it has succeeded', async () => {
    await put('install', ...inClear);
    const said = await helm('test', 'gw', '--logs');
    expect(said).toMatch(/TEST SUITE: +gw-amperity-gateway-smoke\n/);
    expect(said).toMatch(/Phase: +Succeeded\n/);
    expect(said).toContain('The log of a pod.');
    expect(names().filter((name) => name.startsWith('Pod/'))).toEqual([]);
  });

  test('goes back to what it was', async () => {
    await put('install', ...inClear);
    const before = deployment();
    await put('upgrade', ...inClear, '--set', 'replicaCount=5,image.tag=9.9.9');
    expect(deployment()).toMatchObject({ replicas: 5 });
    await helm('rollback', 'gw', '1', '--wait');
    expect(deployment()).toEqual(before);
    expect(await history()).toMatchObject([
      { revision: 1, status: 'superseded' },
      { revision: 2, status: 'superseded' },
      { revision: 3, status: 'deployed', description: 'Rollback to 1' },
    ]);
  });

  test('goes back by itself when the cluster refuses a part of an upgrade', async () => {
    await put('install', ...inClear);
    const before = deployment();
    const atomic = version.startsWith('v3.') ? '--atomic' : '--rollback-on-failure';
    const upgrade = put(
      'upgrade',
      ...inClear,
      atomic,
      '--set',
      'replicaCount=5',
      '--set-json',
      `extraObjects=${JSON.stringify([refused])}`,
    );
    await expect(upgrade).rejects.toThrow(/Sometimes|pathType/);
    expect(rollouts()).toBe(2);
    expect(deployment()).toEqual(before);
    expect(names()).not.toContain('Ingress/refused');
    expect(await history()).toMatchObject([
      { status: 'superseded' },
      { status: 'failed' },
      { status: 'deployed', description: 'Rollback to 1' },
    ]);
  });

  const bring = (object: object) => {
    const values: Values = changed(complete, { extraObjects: [object] });
    return cluster.run(path, ['install', 'gw', CHART, '--values', '-'], values);
  };

  test('does not come with an object that the cluster refuses', async () => {
    await expect(bring(refused)).rejects.toThrow('Ingress refused');
  });

  test('does not come with members that nobody knows, which helm 3 lets pass', async () => {
    const install = bring({ ...refused, spec: {}, spek: {} });
    if (version.startsWith('v3.')) await install;
    else await expect(install).rejects.toThrow(/spek.* does not exist/);
  });

  test('tells how to ask it, what its budget is and what it lacks, and nothing secret', async () => {
    await put('install', ...inClear);
    const notes = await helm('get', 'notes', 'gw');
    expect(notes).toContain('kubectl -n shop port-forward service/gw-amperity-gateway 8080:80');
    expect(notes).toContain('curl -H "X-API-Key: $GATEWAY_KEY" http://127.0.0.1:8080/api/indexes');
    expect(notes).toContain('Budget: 10 calls per 1000 ms for at most 3 pods');
    expect(notes).toContain('while Redis is lost each has 3');
    expect(notes).toContain('networkPolicy is off');
    expect(notes).toContain('metrics.serviceMonitor is off');
    expect(notes).not.toMatch(/amperity-token|MDEyMzQ1|pass'word|5f0f6a1c|<no value>|%!/);
  });
});
