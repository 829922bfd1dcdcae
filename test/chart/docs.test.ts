import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { changed } from './support/changed.ts';
import { ciFile, ciNames, complete } from './support/ci-values.ts';
import { helms } from './support/helm-binaries.ts';
import { parseManifests, render, type Values } from './support/helm-template.ts';
import { podsOf } from './support/manifest.ts';
import { CHART, REPOSITORY, TOOLS } from './support/places.ts';

const read = (...path: string[]) => readFileSync(join(REPOSITORY, ...path), 'utf8');
const readme = read('helm/amperity-gateway/README.md');
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]+?)\`\`\``, 'g'))].map(([, text = '']) => text);

describe('what is generated', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chart-'));
  const fresh = (name: string) => readFileSync(join(folder, name), 'utf8');
  beforeAll(() => {
    cpSync(CHART, folder, { recursive: true });
    execFileSync(process.execPath, [join(TOOLS, 'generate.mjs'), folder], { stdio: 'pipe' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('README.md describes the values as they are (npm run chart:generate)', () => {
    expect(fresh('README.md')).toBe(readme);
  });

  test('the schema holds the settings of the gateway as they are (npm run chart:generate)', () => {
    const schema = JSON.parse(read('helm/amperity-gateway/values.schema.json'));
    expect(JSON.parse(fresh('values.schema.json'))).toEqual(schema);
    expect(schema.properties.config.properties.budget.properties.rate.default).toBe(10);
  });
});

describe.each(helms())('the README, with helm $version,', ({ path }) => {
  const [command = ''] = blocks('sh').filter((text) => text.startsWith('helm install'));

  test.each([
    ['installs in one command', command],
    [
      'installs with the bundled Redis',
      command.replace(/--set redis[\s\S]+/, '--set bundledRedis.enabled=true'),
    ],
  ])('%s', (_, text) => {
    const line = text.replace('helm install', `"${path}" template`);
    const rendered = spawnSync('sh', ['-c', line], { cwd: REPOSITORY, encoding: 'utf8' });
    expect(rendered.stderr).toBe('');
    expect(podsOf(parseManifests(rendered.stdout)).length).toBeGreaterThan(1);
  });

  test('names the Secrets that the command needs', () => {
    const made = [...readme.matchAll(/create secret generic (\S+)/g)].map(([, name]) => name);
    const named = [...command.matchAll(/existingSecret=(\S+)/g)].map(([, name]) => name);
    expect(new Set(made)).toEqual(new Set(named));
  });
});

test.each(blocks('yaml').map((text) => [text]))('an example of the README renders: %.40j', (text) => {
  const example: Values = parse(text);
  const before = render({ values: complete }).length;
  const { extraObjects } = example;
  const added = Array.isArray(extraObjects) ? extraObjects.length : 0;
  const manifests = render({ values: changed(complete, example) });
  expect(manifests).toHaveLength(before + added);
  expect(JSON.stringify(manifests)).not.toContain('{{');
});

test('version, license, images and changes in Chart.yaml are those of the rest', () => {
  const { version, license } = JSON.parse(read('package.json'));
  const chart = parse(read('helm/amperity-gateway/Chart.yaml'));
  expect(chart).toMatchObject({ version, appVersion: version });
  expect(chart.annotations['artifacthub.io/license']).toBe(license);
  const { repository, tag } = parse(read('helm/amperity-gateway/values.yaml')).bundledRedis.image;
  expect(parse(chart.annotations['artifacthub.io/images'])).toEqual([
    { name: 'valkey', image: `${repository}:${tag}` },
  ]);
  const changes = parse(chart.annotations['artifacthub.io/changes']);
  expect(changes.length).toBeGreaterThan(0);
  for (const { kind, description } of changes) {
    expect(read('CHANGELOG.md').toLowerCase()).toContain(`- ${kind}: ${description}`.toLowerCase());
  }
});

describe('the notes after an installation', () => {
  // Helm 3 asks a cluster even for a dry run of an installation.
  const helm4 = helms().find(({ version }) => version.startsWith('v4.'));
  const notes = (...given: string[]) => {
    const args = ['install', 'gw', CHART, '--dry-run=client', ...given];
    return (
      execFileSync(helm4?.path ?? 'helm', args, { encoding: 'utf8', stdio: 'pipe' }).split('\nNOTES:\n')[1] ??
      ''
    );
  };
  const of = (name: string) => notes('--values', ciFile(name));

  test.each(ciNames)('say how to ask the release of ci/%s, and nothing secret', (name) => {
    expect(of(name)).toMatch(/port-forward service\/gw-amperity-gateway 8080:\d+/);
    expect(of(name)).not.toMatch(/amperity-token|pass'word|<no value>|%!/);
  });

  test.each([
    ['default', '10 calls per 1000 ms for at most 3 pods; while Redis is lost each has 3 of them'],
    ['default', 'networkPolicy is off'],
    ['default', 'metrics.serviceMonitor is off'],
    ['existing-secret', 'gateway-settings has to say budget.maxReplicas: 3'],
    ['bundled', 'for demonstrations'],
    ['single', 'Without Redis there is one pod'],
  ])('of ci/%s say: %s', (name, text) => {
    expect(of(name)).toContain(text);
  });

  test('warn when there can be more pods than calls', () => {
    expect(notes('--values', ciFile('default'), '--set', 'fleet.maxPods=11')).toContain(
      'WARNING: there can be more pods',
    );
    expect(of('default')).not.toContain('WARNING');
  });

  test('tell of the label that many installations of Prometheus look for', () => {
    const monitor = ['--set', 'metrics.serviceMonitor.enabled=true'];
    expect(notes('--values', ciFile('default'), ...monitor)).toContain('metrics.serviceMonitor.labels');
    expect(of('monitoring')).not.toContain('metrics.serviceMonitor');
  });
});
