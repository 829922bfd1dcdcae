import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { ciFile } from './support/ci-values.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { createValidation } from './support/fake-api-server/validation.ts';
import { kubectls } from './support/helm-binaries.ts';
import { render, type Values } from './support/helm-template.ts';
import { find, type Manifest } from './support/manifest.ts';

// Each new object is judged for half a second, on a machine that is not busy.
jest.setTimeout(120_000);
const validation = createValidation();
const metrics = { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } };
const of = (values: Values = {}) =>
  render({
    files: [ciFile('default')],
    values: { metrics, ...values },
    args: ['--namespace', 'shop', '--skip-tests'],
  });
const inOneText = (manifests: readonly Manifest[]) => manifests.map((each) => stringify(each)).join('---\n');

describe.each(kubectls())('what is rendered, with kubectl $version,', ({ path }) => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await startCluster(validation);
  });
  afterEach(() => cluster.stop());
  const kubectl = (manifests: readonly Manifest[], ...args: string[]) =>
    cluster.run(path, [...args, '--filename', '-'], inOneText(manifests));
  const lines = (manifests: readonly Manifest[], ending: string) =>
    manifests.map(({ metadata }) => expect.stringMatching(`/${metadata.name} ${ending}$`));

  test.each([
    ['server', 'created \\(server dry run\\)'],
    ['client', 'created \\(dry run\\)'],
  ])('passes a dry run of the %s, which keeps nothing', async (kind, outcome) => {
    const manifests = of();
    const said = await kubectl(manifests, 'apply', `--dry-run=${kind}`);
    expect(said.trim().split('\n')).toEqual(lines(manifests, outcome));
    expect(cluster.objects()).toEqual([]);
  });

  test('is applied by the server, as often as one likes, and deleted', async () => {
    const manifests = of();
    for (const _ of [1, 2]) {
      const said = await kubectl(manifests, 'apply', '--server-side');
      expect(said.trim().split('\n')).toEqual(lines(manifests, 'serverside-applied'));
    }
    const { spec } = find(manifests, 'Deployment');
    expect(find(cluster.objects(), 'Deployment').spec).toEqual(spec);
    expect(cluster.objects()).toHaveLength(manifests.length + 1); // and a ReplicaSet
    await kubectl(manifests, 'delete');
    expect(cluster.objects()).toEqual([]);
  });

  test('is changed by patches into what is rendered now', async () => {
    const volume = (content: object) => ({ extraVolumes: [{ name: 'more', ...content }] });
    const steps = [
      { extraEnv: [{ name: 'TZ', value: 'UTC' }], ...volume({ emptyDir: {} }) },
      { replicaCount: 3, strategy: { type: 'Recreate' }, ...volume({ configMap: { name: 'more' } }) },
    ];
    for (const values of steps) {
      const manifests = of(values);
      await kubectl(manifests, 'apply');
      expect(find(cluster.objects(), 'Deployment').spec).toEqual(find(manifests, 'Deployment').spec);
    }
  });

  test.each([
    ['a member that there is not', { lifecycle: { postStrat: {} } }, 'postStrat'],
    [
      'a variable that stands there twice',
      { extraContainers: [{ name: 'x', image: 'x', env: [{ name: 'A' }, { name: 'A' }] }] },
      'A stands there twice',
    ],
  ])('is refused for %s', async (_, values, complaint) => {
    const deployment = find(of(values), 'Deployment');
    await expect(kubectl([deployment], 'apply', '--dry-run=server')).rejects.toThrow(complaint);
    await expect(kubectl([deployment], 'apply', '--server-side')).rejects.toThrow(complaint);
    await kubectl([deployment], 'apply', '--validate=ignore');
  });
});
