import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';
import { changed } from './support/changed.ts';
import { complete } from './support/ci-values.ts';
import { render, type Values } from './support/helm-template.ts';
import { find } from './support/manifest.ts';
import { REPOSITORY } from './support/places.ts';

describe('what helm test runs', () => {
  const settings = parse(find(render({ values: complete }), 'ConfigMap').data?.['gateway.yaml'] ?? '');
  let gateway: GatewayHandle;
  beforeAll(async () => {
    gateway = await spawnGateway('http://127.0.0.1:9/api', { settings });
  });
  afterAll(() => gateway.stop());

  /** The command of the pod, with the Services led to a gateway that runs here. */
  const ran = (changes: Values = {}): Promise<{ failed: boolean; said: string }> => {
    const [{ args = [] } = {}] = find(render({ values: changed(complete, changes) }), 'Pod', '-smoke').spec
      .containers;
    const led = args.map((arg) =>
      arg
        .replace('http://gw-amperity-gateway-admin:9090', gateway.adminUrl)
        .replace('http://gw-amperity-gateway:80', gateway.url),
    );
    return new Promise((resolve) => {
      execFile(process.execPath, led, { cwd: REPOSITORY }, (error, stdout, stderr) =>
        resolve({ failed: error !== null, said: `${stdout}${stderr}`.trim() }),
      );
    });
  };

  test('is content with a gateway that has the settings of the chart', async () => {
    expect(await ran()).toEqual({ failed: false, said: 'The gateway is ready.' });
  });

  test('finds a gateway that knows of fewer pods than there can be', async () => {
    expect(await ran({ fleet: { maxPods: 4 } })).toEqual({
      failed: true,
      said: 'There can be 4 replicas, and budget.maxReplicas is 3; raise it.',
    });
  });

  test('reaches both listeners by their own Services', async () => {
    const { failed, said } = await ran({ fullnameOverride: 'elsewhere' });
    expect(failed).toBe(true);
    expect(said.split('\n')).toEqual([
      'The gateway does not answer at elsewhere-admin:9090.',
      'The gateway does not answer at elsewhere.',
    ]);
  });
});
