import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ciFile } from './support/ci-values.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { createValidation } from './support/fake-api-server/validation.ts';
import { helms } from './support/helm-binaries.ts';
import { find } from './support/manifest.ts';
import { name, parentChart, version } from './support/parent-chart.ts';
import { CHART } from './support/places.ts';
import { type SigningKey, signingKey } from './support/signing-key.ts';

// Each new object is judged for half a second, on a machine that is not busy.
jest.setTimeout(120_000);
const validation = createValidation();

describe.each(helms())('a package, made with helm $version,', (helm) => {
  let cluster: Cluster;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'package-'));
    cluster = await startCluster(validation);
  });
  afterEach(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true });
  });

  const run = (...args: string[]) => cluster.run(helm.path, args);
  const pack = async (as = version, ...args: string[]) => {
    await run('package', CHART, '--destination', folder, '--version', as, '--app-version', as, ...args);
    return join(folder, `${name}-${as}.tgz`);
  };
  const deployment = () => find(cluster.objects(), 'Deployment').spec;

  test('holds the files that objects are made of, and no values of tests', async () => {
    const held = execFileSync('tar', ['--list', '--file', await pack()], { encoding: 'utf8' });
    const files = ['README.md', 'values.schema.json', 'files/alerts.yaml', 'templates/tests/smoke.yaml'];
    expect(held.split('\n')).toEqual(expect.arrayContaining(files.map((file) => `${name}/${file}`)));
    expect(held).not.toContain('ci/');
  });

  test('takes the place of the version before it, by new pods under the same selectors', async () => {
    const put = async (verb: string, as: string) =>
      run(verb, 'gw', await pack(as), '--values', ciFile('default'), '--wait', '--timeout', '60s');
    await put('install', '0.0.9');
    const before = deployment();
    await put('upgrade', version);
    expect(deployment().selector).toEqual(before.selector);
    const images = [before, deployment()].map(({ template }) => template.spec.containers[0]?.image);
    expect(images).toEqual(['0.0.9', version].map((tag) => `registry.example/amperity-gateway:${tag}`));
    const releases: unknown = JSON.parse(await run('list', '--output', 'json'));
    expect(releases).toMatchObject([{ chart: `${name}-${version}`, revision: '2', status: 'deployed' }]);
  });

  test('is installed as a part of another chart, tested, and goes with it', async () => {
    const parent = parentChart();
    copyFileSync(await pack(), join(parent, 'charts', `${name}-${version}.tgz`));
    expect(await run('dependency', 'list', parent)).toMatch(/amperity-gateway\t.*\tok/);
    await run('install', 'shop', parent, '--wait', '--timeout', '60s');
    rmSync(parent, { recursive: true });
    expect(deployment().replicas).toBe(2);
    expect(await run('test', 'shop')).toMatch(/TEST SUITE: +shop-amperity-gateway-smoke\n/);
    await run('uninstall', 'shop');
    expect(cluster.objects()).toEqual([]);
  });

  describe('when it is signed', () => {
    let key: SigningKey;
    beforeAll(() => {
      key = signingKey();
    });
    afterAll(() => key.remove());

    test('is verified, and is not after a change', async () => {
      const file = await pack(version, '--sign', '--key', key.owner, '--keyring', key.secretKey);
      const verify = () => run('verify', file, '--keyring', key.publicKey);
      expect(await verify()).toContain(`Signed by: ${key.owner}`);
      appendFileSync(file, 'more');
      await expect(verify()).rejects.toThrow('sha256 sum does not match');
    });
  });
});
