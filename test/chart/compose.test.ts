import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { promtool } from '../support/promtool.ts';
import { runVerb } from '../unit/cli/run-verb.ts';
import { rules } from './monitoring-files.ts';
import { ciFile } from './support/ci-values.ts';
import {
  COMPOSE,
  composeFile,
  isOneShot,
  mounts,
  type Service,
  service,
  services,
} from './support/compose-file.ts';
import { said } from './support/dockerfile.ts';
import { render } from './support/helm-template.ts';
import { find } from './support/manifest.ts';
import { REPOSITORY } from './support/places.ts';

const each = Object.entries(services);
const failing = (isRight: (service: Service, name: string) => boolean): string[] =>
  each.filter(([name, it]) => !isRight(it, name)).map(([name]) => name);

describe('docker-compose.yml', () => {
  test('has every service that it is described by', () => {
    expect(Object.keys(services)).toEqual([
      'init',
      'redis',
      'simulator',
      'gateway',
      'proxy',
      'prometheus',
      'grafana',
    ]);
    expect(failing(({ profiles }, name) => !profiles === !/^(prometheus|grafana)$/.test(name))).toEqual([]);
  });

  test('names a version of every image that it does not build', () => {
    expect(
      failing(({ build, image = '' }) => (build ? image === '' : /:v?\d+\.\d+[\w.-]*$/.test(image))),
    ).toEqual([]);
    expect(failing(({ build }) => !build || said(build.target, 'FROM').length === 1)).toEqual([]);
  });

  test('runs the Redis of the chart', () => {
    const redis = find(render({ files: [ciFile('bundled')] }), 'Deployment', '-redis');
    const [{ image = '', args = [] } = {}] = redis.spec.template.spec.containers;
    const { command = [], image: own } = service('redis');
    expect([own, command.slice(1)]).toEqual([image, args.slice(1)]);
  });

  test('gives no service a root that it can write to, or a way to more rights', () => {
    const hardened = { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] };
    for (const [name, it] of each) expect([name, it]).toEqual([name, expect.objectContaining(hardened)]);
    expect(service('gateway')).toMatchObject({ init: true, tmpfs: ['/tmp'] });
    expect(failing(({ user }, name) => user !== '0:0' || name === 'init')).toEqual([]);
    expect(service('init').network_mode).toBe('none');
  });

  test('lets each service say whether it is well, or ends it before others begin', () => {
    const inImage = ({ build }: Service) => said(build?.target ?? '', 'HEALTHCHECK').length > 0;
    expect(failing((it, name) => isOneShot(name) || it.healthcheck !== undefined || inImage(it))).toEqual([]);
    expect(service('gateway').depends_on).toEqual({
      init: { condition: 'service_completed_successfully' },
      redis: { condition: 'service_healthy' },
      simulator: { condition: 'service_healthy' },
    });
  });

  test('publishes the proxy and what looks on, on loopback alone', () => {
    expect(each.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual([
      'proxy',
      'prometheus',
      'grafana',
    ]);
    expect(failing(({ ports = [] }) => ports.every((port) => /^127\.0\.0\.1:\d+:\d+$/.test(port)))).toEqual(
      [],
    );
  });

  test('mounts files that are there, and lets nobody but init write', () => {
    const all = each.flatMap(([, it]) => mounts(it).map(({ source }) => source));
    const missing = all.filter((source) => source !== 'secrets' && !existsSync(join(REPOSITORY, source)));
    expect(missing).toEqual([]);
    const writable = each.filter(
      ([, { volumes = [] }]) => !volumes.every((volume) => volume.endsWith(':ro')),
    );
    expect(writable.map(([name]) => name)).toEqual(['init']);
  });

  test('holds no key of anybody', () => {
    expect(COMPOSE).not.toMatch(/agw_\w|CACHE_KEYS:|sha256|[A-Za-z0-9+/]{43}=/);
    const { environment = {} } = service('gateway');
    expect(Object.keys(environment).filter((name) => /TOKEN|SECRET|KEY|PASSWORD/.test(name))).toEqual([
      'AMPERITY_TOKEN',
      'CACHE_KEYS_FILE',
    ]);
    expect(environment.AMPERITY_TOKEN).toBe('sim-token');
  });

  test('gives gateways settings that they start with, as many as are counted on, and time to drain', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'compose-'));
    try {
      await runVerb(['init', '--folder', folder], { now: () => Date.now() });
      const [settings, secrets] = mounts(service('gateway'));
      const env = {
        ...service('gateway').environment,
        GATEWAY_CONFIG: join(REPOSITORY, settings?.source ?? ''),
      };
      const moved = Object.entries(env).map(([name, value]) => [
        name,
        value.replace(secrets?.target ?? '', folder),
      ]);
      const loaded = loadConfig(Object.fromEntries(moved), { cwd: folder, now: Date.now() });
      if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
      const { budget, drain, redis } = loaded.config;
      expect(redis?.servers).toMatchObject({ kind: 'standalone', address: { host: 'redis' } });
      expect(budget.maxReplicas).toBe(service('gateway').deploy?.replicas);
      const graceMs = drain.delayMs + drain.timeoutMs + 10_000;
      expect(service('gateway').stop_grace_period).toBe(`${graceMs / 1000}s`);
      expect(said('gateway', 'ENV').join(' ')).toContain(`GATEWAY_CONFIG=${settings?.target}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('what looks on', () => {
  test('is a Prometheus that takes its configuration, with the rules of the chart', () => {
    const root = mkdtempSync(join(tmpdir(), 'prometheus-'));
    try {
      for (const { source, target } of mounts(service('prometheus')))
        cpSync(join(REPOSITORY, source), join(root, target));
      expect(promtool(['check', 'config', join(root, 'etc/prometheus/prometheus.yml')])).toEqual({
        code: 0,
        said: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
      });
    } finally {
      rmSync(root, { recursive: true });
    }
    const { scrape_configs } = parse(composeFile('prometheus.yml'));
    expect(scrape_configs).toMatchObject([
      { job_name: 'amperity-gateway', dns_sd_configs: [{ names: ['gateway'], type: 'A', port: 9090 }] },
    ]);
  });

  test('is a Grafana that asks it, shows the dashboard of the chart and lets nobody in', () => {
    const grafana = service('grafana');
    expect(parse(composeFile('grafana/datasource.yaml')).datasources).toMatchObject([
      { type: 'prometheus', url: `http://prometheus:${service('prometheus').ports?.[0]?.split(':').at(-1)}` },
    ]);
    const { providers } = parse(composeFile('grafana/dashboards.yaml'));
    const mounted = mounts(grafana).find(({ target }) => target === providers[0].options.path);
    expect(existsSync(join(REPOSITORY, mounted?.source ?? '', 'amperity-gateway.json'))).toBe(true);
    expect(grafana.environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_AUTH_BASIC_ENABLED: 'false',
      GF_AUTH_DISABLE_LOGIN_FORM: 'true',
    });
    expect(grafana.environment).not.toHaveProperty('GF_AUTH_ANONYMOUS_ORG_ROLE');
  });
});
