import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { complete } from './support/ci-values.ts';
import { helms } from './support/helm-binaries.ts';
import { render } from './support/helm-template.ts';
import { podsOf } from './support/manifest.ts';
import { name, parentChart, version } from './support/parent-chart.ts';
import { CHART } from './support/places.ts';

const parent = parentChart();
cpSync(CHART, join(parent, 'charts', name), { recursive: true });
afterAll(() => rmSync(parent, { recursive: true }));

describe.each(helms())('5 as a part of another chart, with helm $version,', (helm) => {
  const part = (values: Record<string, unknown>) => render({ helm, chart: parent, values });

  test('makes the same kinds of objects as alone', () => {
    const kinds = (manifests: readonly { kind: string }[]) => manifests.map(({ kind }) => kind).toSorted();
    expect(kinds(part({}))).toEqual(kinds(render({ helm, values: complete })));
  });

  test('makes nothing when it is not enabled, whatever else is missing', () => {
    expect(part({ [name]: { enabled: false, upstream: { baseUrl: '' } } })).toEqual([]);
  });

  test('takes registry and pull secrets from the parent', () => {
    const global = { imageRegistry: 'mirror.example/', imagePullSecrets: [{ name: 'mirror' }], zone: 'a' };
    for (const { spec } of podsOf(part({ global }))) {
      expect(spec.containers[0]?.image).toBe(`mirror.example/registry.example/amperity-gateway:${version}`);
      expect(spec.imagePullSecrets).toEqual([{ name: 'mirror' }]);
    }
  });

  test('takes null of a command for a number of pods that somebody else decides', () => {
    const values = { [name]: { replicaCount: null, fleet: { maxPods: 6 } } };
    const deployment = part(values).find(({ kind }) => kind === 'Deployment');
    expect(deployment?.spec).toBeDefined();
    expect(deployment?.spec.replicas).toBeUndefined();
  });
});
