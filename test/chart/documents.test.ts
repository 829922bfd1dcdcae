import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { expectOutcome } from '../support/documents/outcome.ts';
import { commandsFor } from '../support/documents/rules.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { COMPOSE, service, services } from './support/compose-file.ts';
import { DOCKERFILE, stagesOf } from './support/dockerfile.ts';
import { helms, kubectls } from './support/helm-binaries.ts';
import { find } from './support/manifest.ts';
import { REPOSITORY } from './support/places.ts';

// Each new object is judged for half a second, on a machine that is not busy.
jest.setTimeout(120_000);
const rows = commandsFor('chart/documents.test.ts');
const those = (pattern: RegExp) => rows.filter(([, { command }]) => pattern.test(command.text));
const kubectl = kubectls().at(-1)?.path ?? 'kubectl';

describe.each(helms())('on a cluster that is played, with helm $version,', ({ path }) => {
  let cluster: Cluster;
  let programs: string;
  beforeAll(async () => {
    programs = mkdtempSync(join(tmpdir(), 'programs-'));
    symlinkSync(path, join(programs, 'helm'));
    symlinkSync(kubectl, join(programs, 'kubectl'));
    cluster = await startCluster();
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(programs, { recursive: true });
  });

  /** As it is written; the files that it names are there. */
  const run = async (written: string): Promise<string> => {
    const release = /^helm (test|get values)$/.test(written) ? ' gateway' : '';
    const place = written.startsWith('helm install') ? `cd "${REPOSITORY}"` : 'true';
    const files = 'for file in token teams.yaml redis-password; do echo secret >"$file"; done';
    const script = `PATH="${programs}:$PATH"\n${files}\n${place}\n${written}${release}`;
    return cluster.run('bash', ['-ec', script]);
  };
  // In this order: what is made is used.
  const steps = [/^kubectl create secret/, /^helm install/, /^helm (test|get values)/].flatMap(those);

  test.each(steps)('is right: %s', async (_, { command, rule }) => {
    const stdout = await run(command.written);
    expectOutcome(rule, { exitCode: 0, stdout: stdout.trimEnd(), stderr: '' });
  });

  test('the Secrets that are made hold what the release looks for', () => {
    const data = (name: string) =>
      cluster.objects().find(({ kind, metadata }) => kind === 'Secret' && metadata.name === name)?.data ?? {};
    const { volumes = [] } = find(cluster.objects(), 'Deployment').spec.template.spec;
    const sources = volumes
      .flatMap(({ projected }) => projected?.sources ?? [])
      .flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
    expect(new Set(sources.map(({ name }) => name))).toEqual(
      new Set(['amperity', 'amperity-gateway', 'redis']),
    );
    for (const { name = '', items = [] } of sources) {
      expect(items).not.toEqual([]);
      expect(Object.keys(data(name))).toEqual(expect.arrayContaining(items.map(({ key }) => key)));
    }
  });

  test.each(those(/^kubectl port-forward/))('names what is installed then: %s', (_, { command }) => {
    const [, , target = '', port] = command.text.split(' ');
    const { metadata, spec } = find(cluster.objects(), 'Deployment');
    expect(target).toBe(`deployment/${metadata.name}`);
    const ports = spec.template.spec.containers.flatMap((container) => container.ports ?? []);
    expect(ports.map(({ containerPort }) => String(containerPort))).toContain(port);
  });
});

// There is no Docker: what these name is there, and their options are those that the rule for them lists.

test.each(those(/^docker build/))('names a stage of the Dockerfile: %s', (_, { command }) => {
  const [, target = ''] = /--target (\w+)$/.exec(command.text) ?? [];
  expect([...stagesOf(DOCKERFILE).keys()]).toContain(target);
});

test.each(those(/^docker compose .*up /))('starts services that there are: %s', (_, { command }) => {
  const [, profile] = /--profile (\S+)/.exec(command.text) ?? [];
  const started = Object.keys(services).filter((name) => {
    const { profiles } = service(name);
    return profile === undefined ? profiles === undefined : profiles?.includes(profile);
  });
  expect(started.length).toBeGreaterThan(1);
});

test.each(those(/^docker compose down --volumes$/))('forgets the volume in which the key lies: %s', () => {
  expect(Object.keys(parse(COMPOSE).volumes)).toEqual(['secrets']);
  expect(service('init').volumes).toEqual([expect.stringMatching(/^secrets:/)]);
});

test('each of these commands is looked at', () => {
  const looked =
    /^(kubectl (create secret|port-forward)|helm (install|test|get values)|docker (build|compose .*up|compose down)) ?/;
  expect(rows.filter(([, { command }]) => !looked.test(command.text))).toEqual([]);
});
