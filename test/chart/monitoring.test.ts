import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type TestRedis, testRedis } from '../support/find-redis.ts';
import { promtool, promtoolOn } from '../support/promtool.ts';
import { stage } from '../support/stage.ts';
import { JOB } from './alert-cases/alert-case.ts';
import { cases } from './alert-cases/all-cases.ts';
import { verdict } from './alert-cases/verdict.ts';
import { dashboard, groups, metricsIn, queries, REPOSITORY, RULES, rules } from './monitoring-files.ts';

/** As Grafana writes a variable. */
const SOURCE = '$' + '{datasource}';

describe('the alerts', () => {
  test('are rules that Prometheus takes', () => {
    expect(promtool(['check', 'rules', RULES])).toEqual({
      code: 0,
      said: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
    });
    expect(groups.map(({ name }) => name)).toEqual(['amperity-gateway']);
  });

  test('ask for nothing but this job, so that a release can put its own there', () => {
    for (const { alert, expr } of rules) {
      const selectors = [...expr.matchAll(/\{[^}]*\}/g)].map(String);
      expect([alert, selectors.filter((text) => !text.startsWith(`{job="${JOB}"`))]).toEqual([alert, []]);
      expect([alert, selectors.length]).toEqual([
        alert,
        (expr.match(/\b(up|gateway_|nodejs_)/g) ?? []).length,
      ]);
    }
  });

  test('each have a case in which they fire and one in which they do not', () => {
    const named = (fire: boolean) =>
      new Set(cases.filter(({ fires }) => (fires !== undefined) === fire).map(({ alert }) => alert));
    const all = new Set(rules.map(({ alert }) => alert));
    expect([named(true), named(false)]).toEqual([all, all]);
  });

  test.each(cases.map((each) => [each.alert, each.fires ? 'fires' : 'is quiet', each.when, each] as const))(
    '%s %s when %s',
    (_alert, _does, _when, each) => {
      expect(verdict({ file: RULES }, [each])).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
    },
  );

  test('each have a runbook in the page of operations', () => {
    const page = readFileSync(join(REPOSITORY, 'docs/operations.md'), 'utf8');
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const { alert, annotations } of rules) {
      const [file, anchor] = annotations.runbook_url?.split('#') ?? [];
      expect([alert, file, anchors.includes(anchor ?? '')]).toEqual([alert, 'docs/operations.md', true]);
    }
  });
});

describe('the dashboard', () => {
  test('has a name that stays, no number of some database, and asks which source and job', () => {
    expect([dashboard.uid, dashboard.id]).toEqual(['amperity-gateway', undefined]);
    expect(dashboard.templating.list).toMatchObject([
      { name: 'datasource', type: 'datasource' },
      { name: 'job', type: 'query', datasource: { uid: SOURCE } },
    ]);
    for (const { datasource, targets = [], title, type } of dashboard.panels) {
      if (type === 'row') continue;
      expect([title, datasource]).toEqual([title, { type: 'prometheus', uid: SOURCE }]);
      expect([title, targets.length > 0]).toEqual([title, true]);
      for (const { expr } of targets)
        expect(expr.match(/\{/g)).toEqual(expr.match(/\{job="\$job"/g)?.map(() => '{'));
    }
  });

  test('asks in words that Prometheus understands', () => {
    const filledIn = queries.map((query) =>
      query.replaceAll('$__rate_interval', '5m').replaceAll('$job', JOB),
    );
    const recorded = filledIn.map((expr, at) => ({ record: `panel_${at}`, expr }));
    const said = promtoolOn(['check', 'rules'], { groups: [{ name: 'panels', rules: recorded }] });
    expect(said).toEqual({
      code: 0,
      said: expect.stringContaining(`SUCCESS: ${queries.length} rules found`),
    });
  });

  test('has its rows in order, and panels that do not overlap', () => {
    const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows).toEqual([
      'Budget',
      'Teams: queue and refusals',
      'Answers: hit, stale, miss',
      'Amperity: latency and codes',
      'Redis and the fleet',
      'Keys, files and queue',
      'Process',
    ]);
    const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('a gateway that works', () => {
  const scene = stage({ preset: 'test', 'rate.kind': 'off' });
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.stop());

  test('has every metric that alerts and dashboard ask for, in a form that Prometheus takes', async () => {
    const gateway = await scene.start({
      settings: { name: `t-${randomUUID()}`, budget: { rate: 2 } },
      env: { REDIS_URL: redis.url, CACHE_KEYS: `k1:${randomBytes(32).toString('base64')}` },
    });
    const asked = Array.from({ length: 8 }, (_, at) =>
      gateway.get(`/api/indexes/idx-loyalty/profiles?limit=${at + 1}`),
    );
    const wanted = [...rules.map(({ expr }) => expr), ...queries].flatMap(metricsIn);
    const names = [...new Set(wanted)].filter((name) => name !== 'up');
    let missing = names;
    const text = await eventually('every metric has a sample', async () => {
      const metrics = String((await gateway.admin('/metrics')).body);
      missing = names.filter((name) => !new RegExp(`^${name}[{ ]`, 'm').test(metrics));
      return missing.length === 0 ? metrics : undefined;
    }).catch(() => '');
    expect(missing).toEqual([]);
    // prom-client itself calls some gauges a total.
    const { said } = promtool(['check', 'metrics'], text);
    const complaints = said
      .split('\n')
      .filter((line) => line !== '' && !/^nodejs_active_\w+_total /.test(line));
    expect(complaints).toEqual([]);
    await Promise.all(asked);
  });
});
