import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { settingsSchema } from '../../src/config/schema.ts';
import { ciFile, ciNames } from './support/ci-values.ts';
import { incoherences } from './support/coherence.ts';
import { configCheck } from './support/config-check.ts';
import { existingObjects } from './support/existing-objects.ts';
import { helms } from './support/helm-binaries.ts';
import { parseManifests, render } from './support/helm-template.ts';
import { complaints, judge } from './support/judge-manifests.ts';
import { find, type Manifest, podsOf } from './support/manifest.ts';
import { CHART } from './support/places.ts';
import { insecurities } from './support/pod-security.ts';

const existing = existingObjects();
const [first, ...others] = helms();
const sorted = (manifests: Manifest[]) =>
  manifests.toSorted((a, b) => `${a.kind}/${a.metadata.name}`.localeCompare(`${b.kind}/${b.metadata.name}`));

describe.each(ciNames)('the values of ci/%s', (name) => {
  const files = [ciFile(name)];
  const manifests = sorted(render({ helm: first, files }));

  test.each(others)('render the same with helm $version', (helm) => {
    expect(sorted(render({ helm, files }))).toEqual(manifests);
  });

  test.each([first, ...others])('pass the lint of helm $version', ({ path }) => {
    const { status, stdout } = spawnSync(path, ['lint', '--strict', CHART, '--values', ...files], {
      encoding: 'utf8',
    });
    expect({ status, said: /\[\w+\].*/.exec(stdout)?.[0] }).toEqual({ status: 0, said: undefined });
  });

  test('make objects that Kubernetes takes', async () => {
    expect(await complaints(manifests)).toEqual([]);
  });

  test('make objects that fit together', () => {
    expect([...incoherences(manifests, new Set(existing.keys()))]).toEqual([]);
  });

  test('make pods that may run where the level "restricted" is enforced', () => {
    expect(podsOf(manifests).flatMap(({ spec }) => [...insecurities(spec)])).toEqual([]);
    const accounts = manifests.filter(({ kind }) => kind === 'ServiceAccount');
    expect(accounts.filter((account) => account.automountServiceAccountToken !== false)).toEqual([]);
  });

  test('make settings that the gateway accepts', () => {
    expect(configCheck(manifests, existing)).toBe('ok');
  });
});

test('no way from outside leads to the admin listener', () => {
  const manifests = ['ingress', 'httproute', 'netpol'].flatMap((name) => render({ files: [ciFile(name)] }));
  const open = manifests.filter(
    ({ kind, metadata }) => kind === 'Service' && !metadata.name.endsWith('-admin'),
  );
  expect(open.flatMap(({ spec }) => spec.ports.map(({ targetPort }) => targetPort))).toEqual([
    'http',
    'http',
    'http',
  ]);
  const ways = manifests.filter(({ kind }) => kind === 'Ingress' || kind === 'HTTPRoute');
  expect(ways).toHaveLength(2);
  const text = JSON.stringify(ways.map(({ spec }) => spec));
  expect(text).not.toMatch(/admin|9090/);
  expect(text.match(/"service":\{"name":"gw-amperity-gateway","port":\{"name":"http"\}\}/g)).toHaveLength(2);
});

test('an HTTPRoute cuts no export, and no answer that may still come', () => {
  const { rules } = find(render({ files: [ciFile('httproute')] }), 'HTTPRoute').spec;
  const backendRefs = [{ name: 'gw-amperity-gateway', port: 80 }];
  const { queue, upstream } = settingsSchema.parse({});
  expect(150_000).toBeGreaterThan(queue.maxWaitMs + upstream.timeoutMs);
  expect(rules).toEqual([
    {
      matches: [{ path: { type: 'PathPrefix', value: '/exports' } }],
      timeouts: { request: '0s' },
      backendRefs,
    },
    { timeouts: { request: '150s' }, backendRefs },
  ]);
});

describe('names', () => {
  const release = 'r'.repeat(53);

  test('of a long release are short enough, and still fit together', () => {
    const manifests = render({ files: [ciFile('bundled')], release });
    expect([...incoherences(manifests, new Set(existing.keys()))]).toEqual([]);
  });

  test('by which pods are selected stay as they are, for they cannot be changed', () => {
    const theirs = { 'app.kubernetes.io/name': 'theirs', 'app.kubernetes.io/component': 'theirs' };
    const values = { commonLabels: theirs, podLabels: theirs };
    const manifests = render({ files: [ciFile('single')], values });
    const { selector, template } = find(manifests, 'Deployment').spec;
    expect(selector.matchLabels).toEqual({
      'app.kubernetes.io/name': 'amperity-gateway',
      'app.kubernetes.io/instance': 'gw',
      'app.kubernetes.io/component': 'gateway',
    });
    expect(template.metadata.labels).toMatchObject(selector.matchLabels ?? {});
  });
});

describe('the judges', () => {
  const [deployment] = render({ files: [ciFile('single')] }).filter(({ kind }) => kind === 'Deployment');
  const [container] = deployment?.spec.template.spec.containers ?? [];
  const withContainer = (changes: object) => ({
    ...deployment,
    spec: {
      ...deployment?.spec,
      template: { ...deployment?.spec.template, spec: { containers: [{ ...container, ...changes }] } },
    },
  });

  test.each([
    ['an unknown member', { readynessProbe: {} }],
    ['a value of the wrong type', { env: [{ name: 'A', value: 1 }] }],
    ['a value that is not in the list', { imagePullPolicy: 'Sometimes' }],
  ])('find %s', async (_, changes) => {
    expect(await judge([withContainer({}), withContainer(changes)])).toEqual([
      [],
      expect.arrayContaining([expect.any(String)]),
    ]);
  });

  test.each([
    ['a key that stands there twice', 'a: 1\na: 2'],
    ['a text that YAML 1.1 takes for something else', 'a: no'],
    ['a number that YAML 1.1 takes for another', 'a: 0440'],
  ])('refuse %s', (_, text) => {
    expect(() => parseManifests(text)).toThrow();
  });

  test('find what a pod may not do, and what does not fit', () => {
    const spec = { containers: [{ name: 'x', image: 'x', env: [{ name: 'A' }, { name: 'A' }] }] };
    expect([...insecurities(spec)]).toHaveLength(8);
    const pod = { kind: 'Pod', metadata: { name: 'x' }, spec };
    // Only what incoherences looks at; the rest of a manifest plays no part.
    expect([...incoherences([pod as unknown as Manifest], new Set())]).toEqual(['A stands there twice']);
  });
});
