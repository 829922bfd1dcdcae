import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { settingsSchema } from '../../src/config/schema.ts';
import { changed } from './support/changed.ts';
import { complete } from './support/ci-values.ts';
import { helms } from './support/helm-binaries.ts';
import { render, type Values } from './support/helm-template.ts';
import { find } from './support/manifest.ts';

const surge = (replicaCount: number, maxSurge: number | string) => ({ replicaCount, strategy: { maxSurge } });

describe.each(helms())('helm $version', (helm) => {
  const rendered = (changes: Values) => {
    const manifests = render({ helm, values: changed(complete, changes) });
    const { 'gateway.yaml': settings = '' } = find(manifests, 'ConfigMap').data ?? {};
    const smoke = find(manifests, 'Pod', '-smoke').spec.containers[0]?.args ?? [];
    return {
      pods: parse(settings).budget.maxReplicas,
      compared: Number(smoke.at(-1)?.replace('--replicas=', '')),
      grace: find(manifests, 'Deployment').spec.template.spec.terminationGracePeriodSeconds,
    };
  };

  test.each([
    ['2 and 1', surge(2, 1), 3],
    ['4 and 25 %', surge(4, '25%'), 5],
    ['7 and 25 %', surge(7, '25%'), 9],
    ['7 and 30 %', surge(7, '30%'), 10],
    ['3 and none', { replicaCount: 3, strategy: { maxSurge: 0, maxUnavailable: 1 } }, 3],
    ['3, all taken away first', { replicaCount: 3, strategy: { type: 'Recreate' } }, 3],
    ['at most 5 of an autoscaler and 1', { autoscaling: { enabled: true, maxReplicas: 5 } }, 6],
    ['none', { replicaCount: 0, strategy: { type: 'Recreate' } }, 1],
    ['2 and 1 where 8 are told of', { fleet: { maxPods: 8 } }, 8],
    ['an unknown number where 6 are told of', { replicaCount: null, fleet: { maxPods: 6 } }, 6],
    ['1000', { replicaCount: 1000, strategy: { type: 'Recreate' } }, 1000],
  ])('divides the budget by all pods there can be: %s', (_, changes, expected) => {
    const { pods, compared } = rendered(changes);
    expect({ pods, compared }).toEqual({ pods: expected, compared: expected });
  });

  test.each([
    ['by default', {}, 40],
    ['rounded up', { config: { drain: { delayMs: 10_001, timeoutMs: 30_000 } } }, 51],
    ['of large numbers', { config: { drain: { delayMs: 600_000, timeoutMs: 600_000 } } }, 1210],
    ['beside a hook', { lifecycle: { preStop: { sleep: { seconds: 7 } } } }, 47],
    ['raised', { terminationGracePeriodSeconds: 120 }, 120],
  ])('gives pods the time to drain, %s', (_, changes, expected) => {
    expect(rendered(changes).grace).toBe(expected);
  });
});

test('the grace period by default is that of the defaults of the gateway', () => {
  const { drain, queue } = settingsSchema.parse({});
  expect((drain.delayMs + drain.timeoutMs) / 1000 + 10).toBe(40);
  expect(drain.timeoutMs).toBe(25_000);
  expect(queue.maxWaitMs).toBe(10_000);
});

describe('a change of', () => {
  const podOf = (changes: Values) =>
    find(render({ values: changed(complete, changes) }), 'Deployment').spec.template;
  const before = podOf({});

  test.each([
    ['a setting', { config: { cache: { freshMs: 1 } } }],
    ['the number of pods', { replicaCount: 4 }],
  ])('%s rolls the pods', (_, changes) => {
    const { metadata, ...rest } = podOf(changes);
    expect(rest).toEqual({ spec: before.spec });
    expect(metadata.annotations?.['checksum/config']).toMatch(/^[0-9a-f]{64}$/);
    expect(metadata).not.toEqual(before.metadata);
  });

  test('secrets in clear does not, for they are followed', () => {
    const inClear = (value: string) => podOf({ upstream: { token: { value, existingSecret: '' } } });
    expect(inClear('one')).toEqual(inClear('two'));
  });
});
