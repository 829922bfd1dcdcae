import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cases } from './alert-cases/all-cases.ts';
import { verdict } from './alert-cases/verdict.ts';
import { changed } from './support/changed.ts';
import { complete } from './support/ci-values.ts';
import { helms } from './support/helm-binaries.ts';
import { render } from './support/helm-template.ts';
import { find } from './support/manifest.ts';

describe.each(helms())('the alerts, with helm $version,', (helm) => {
  const groups = (prometheusRule: object = {}) => {
    const values = changed(complete, { metrics: { prometheusRule: { enabled: true, ...prometheusRule } } });
    return find(render({ helm, values }), 'PrometheusRule').spec.groups;
  };
  const rules = (given?: object) => groups(given).flatMap((group) => group.rules);
  const absent = (given?: object) => rules(given).find(({ alert }) => alert === 'GatewayAbsent');

  test('are about this release alone', () => {
    const text = JSON.stringify(groups());
    expect(text).toContain('job=\\"gw-amperity-gateway-admin\\"');
    expect(text).not.toContain('job=\\"amperity-gateway\\"');
  });

  test.each(['', 'https://git.example/blob/main/'])(
    'fire and are quiet as those of the file do, with runbooks below "%s"',
    (runbooks) => {
      const folder = mkdtempSync(join(tmpdir(), 'rules-'));
      const file = join(folder, 'rules.yaml');
      writeFileSync(file, JSON.stringify({ groups: groups({ runbookBaseUrl: runbooks }) }));
      const said = verdict({ file, job: 'gw-amperity-gateway-admin', runbooks }, cases);
      rmSync(folder, { recursive: true });
      expect(said).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
    },
  );

  test('are left out by name', () => {
    const others = rules().filter(({ alert }) => alert !== 'GatewayAbsent');
    expect(absent()).toBeDefined();
    expect(rules({ disabled: ['GatewayAbsent'] })).toEqual(others);
  });

  test('are changed by name, and stay as they are otherwise', () => {
    const before = absent();
    const overrides = { GatewayAbsent: { for: '10m', severity: 'warning' } };
    expect(absent({ overrides })).toEqual({
      ...before,
      for: '10m',
      labels: { ...before?.labels, severity: 'warning' },
    });
    expect(absent({ overrides: { GatewayAbsent: { expr: 'vector(1)' } } })?.expr).toBe('vector(1)');
  });

  test('have those of somebody else behind them', () => {
    const extra = { alert: 'Own', expr: 'up == 0', annotations: { summary: '{{ $value }}' } };
    expect(groups({ extraRules: [extra] })).toEqual([
      ...groups(),
      { name: 'amperity-gateway-extra', rules: [extra] },
    ]);
  });
});
