import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { usage } from '../../../src/cli/usage.ts';
import { runVerb } from '../cli/run-verb.ts';
import { accessLine } from './access-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = (...args: string[]) => runVerb(['plan', ...args], { cwd: folder });

let logs = 0;

function logOf(lines: readonly string[]): string {
  logs += 1;
  const name = `log-${logs}.json`;
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  return name;
}

/** Each second the same two questions, recorded as if nothing were ever kept. */
const minute = logOf([
  'starting',
  accessLine({ fp: undefined, status: 401, code: 'unauthenticated' }),
  ...Array.from({ length: 60 }, (_, second) => [
    accessLine({ endedMs: second * 1000, team: 'web', fp: 'Xy1-secretfp' }),
    accessLine({
      endedMs: second * 1000 + 500,
      team: 'batch',
      fp: 'Xy2-secretfp',
      status: 429,
      code: 'team_budget',
      cache: 'none',
    }),
  ]).flat(),
]);

describe('plan --log', () => {
  test('prints a row for each team and for all, and how much of the budget is used', async () => {
    const { code, printed, complained } = await plan('--log', minute, '--fresh-ms', '600000');
    expect([code, complained]).toEqual([0, '']);
    expect(printed.split('\n')).toEqual([
      '120 requests in 60 s; left out: without a question 1, other lines 1',
      '',
      'team   requests  hits  stale  shared  missed  refused  timed out  other  calls  wait p50  p95  p99 ms',
      'batch        60    59      0       0       1        0          0      0      1         0    0       0',
      'web          60    59      0       0       1        0          0      0      1         0    0       0',
      'all         120   118      0       0       2        0          0      0      2         0    0       0',
      '',
      '0.03 of 10 calls/s used (0 %)',
    ]);
  });

  test('--compare puts what was recorded above what would be', async () => {
    const { printed } = await plan('--log', minute, '--compare', '--fresh-ms', '0', '--stale-ms', '0');
    const cells = printed.split('\n').map((line) => line.split(/ {2,}/));
    expect(cells.slice(2, 6).map((row) => row.slice(0, 8))).toEqual([
      ['team', 'settings', 'requests', 'hits', 'stale', 'shared', 'missed', 'refused'],
      ['batch', 'recorded', '60', '0', '0', '0', '0', '60'],
      ['', 'changed', '60', '0', '0', '0', '60', '0'],
      ['web', 'recorded', '60', '0', '0', '0', '60', '0'],
    ]);
  });

  test('--json prints one object with the same figures, and fingerprints never come out', async () => {
    const { printed } = await plan('--log', minute, '--json', '--rate', '20', '--weights', 'web=2,batch=0.5');
    const { load, settings, scenarios } = JSON.parse(printed);
    expect(load).toEqual({ requests: 120, otherLines: 1, withoutQuestion: 1 });
    expect(settings).toMatchObject({
      budget: { rate: 20, pacing: 'adaptive', maxInFlight: 64 },
      cache: { freshMs: 60_000 },
      queue: { perTeam: 200, total: 1000, maxWaitMs: 10_000 },
      weights: { web: 2, batch: 0.5 },
    });
    expect(scenarios).toHaveLength(1);
    expect(scenarios[0]).toMatchObject({ name: 'changed', budget: { allowedPerSecond: 20 } });
    expect(scenarios[0].teams.map(({ team }: { team: string }) => team)).toEqual(['batch', 'web']);
    expect(printed).not.toContain('secretfp');
  });

  test('answers calls after the time that misses took in the log, or after --upstream-ms', async () => {
    // The second asks while the call for the first is under way.
    const lines = [
      accessLine({ endedMs: 800, durationMs: 800 }),
      accessLine({ endedMs: 801, durationMs: 301, cache: 'shared' }),
    ];
    const shared = async (...more: string[]) =>
      JSON.parse((await plan('--log', logOf(lines), '--json', ...more)).printed).scenarios[0].total.shared;
    expect(await shared()).toBe(1);
    expect(await shared('--upstream-ms', '20')).toBe(0);
  });

  test.each(['nowhere.json', '.'])('%s cannot be read, which takes one sentence', async (path) => {
    const { code, printed, complained } = await plan('--log', path);
    expect([code, printed]).toEqual([66, '']);
    expect(complained).toBe('The log named by --log cannot be read; check the path and who may read it.');
  });

  test('says so when the log has no requests in it', async () => {
    const { code, complained } = await plan('--log', logOf(['{"msg":"listening"}']));
    expect(code).toBe(65);
    expect(complained).toMatch(/^The log holds no request/);
  });
});

describe('plan --generate', () => {
  const small = ['--generate', '--requests', '3000', '--seconds', '60', '--teams', 'web:3,batch'];

  test('prints the same for the same seed, and something else for another', async () => {
    const first = await plan(...small);
    expect(first.code).toBe(0);
    expect(await plan(...small)).toEqual(first);
    expect((await plan(...small, '--seed', '2')).printed).not.toBe(first.printed);
  });

  test('--compare sets the defaults beside the changes', async () => {
    const { printed } = await plan(...small, '--compare', '--json', '--rate', '40', '--zipf', '0.5');
    const [before, after] = JSON.parse(printed).scenarios;
    expect([before.name, after.name]).toEqual(['defaults', 'changed']);
    expect([before.budget.allowedPerSecond, after.budget.allowedPerSecond]).toEqual([10, 40]);
    expect(after.total.wait.p95).toBeLessThan(before.total.wait.p95);
  });

  test('takes every setting from its flag', async () => {
    const flags = {
      rate: '7',
      pacing: 'even',
      'max-in-flight': '5',
      'fresh-ms': '1000',
      'stale-ms': '2000',
      'stale-if-error-ms': '3000',
      'memory-bytes': '50000',
      'max-wait-ms': '4000',
      'per-team': '6',
      total: '8',
    };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const { printed } = await plan(...small, '--json', ...args);
    expect(JSON.parse(printed).settings).toMatchObject({
      budget: { rate: 7, pacing: 'even', maxInFlight: 5 },
      cache: { freshMs: 1000, staleMs: 2000, staleIfErrorMs: 3000, memory: { maxBytes: 50_000 } },
      queue: { maxWaitMs: 4000, perTeam: 6, total: 8 },
    });
  });
});

describe('a wrong flag', () => {
  const generate = ['--generate', '--requests', '10'];
  test.each([
    ['--log', []],
    ['--log', ['--log', 'a', '--generate']],
    ['--log', ['--log']],
    ['--rate', [...generate, '--rate']],
    ['--rate', [...generate, '--rate', '0']],
    ['--rate', [...generate, '--rate', '-1']],
    ['--rate', [...generate, '--rate', '10/s']],
    ['--pacing', [...generate, '--pacing', 'smooth']],
    ['--max-in-flight', [...generate, '--max-in-flight', '0']],
    ['--fresh-ms', [...generate, '--fresh-ms', '1.5']],
    ['--memory-bytes', [...generate, '--memory-bytes', '10']],
    ['--max-wait-ms', [...generate, '--max-wait-ms', '0']],
    ['--per-team', [...generate, '--per-team', 'many']],
    ['--total', [...generate, '--total', '0']],
    ['--weights', [...generate, '--weights', 'web']],
    ['--weights', [...generate, '--weights', 'web=0']],
    ['--weights', [...generate, '--weights', 'web=1,web=2']],
    ['--weights', [...generate, '--weights', 'webb=2']],
    ['--teams', [...generate, '--teams', 'Web:1']],
    ['--teams', [...generate, '--teams', '']],
    ['--requests', ['--generate', '--requests', '0']],
    ['--seconds', [...generate, '--seconds', 'ten']],
    ['--questions', [...generate, '--questions', '0']],
    ['--zipf', [...generate, '--zipf', '-1']],
    ['--zipf', [...generate, '--zipf', '11']],
    ['--seed', [...generate, '--seed', 'x']],
    ['--upstream-ms', [...generate, '--upstream-ms', 'x']],
    ['--teams', ['--log', minute, '--teams', 'web:1']],
    ['--json', [...generate, '--json=yes']],
  ])('%s in %j is named, with the usage and exit code 64', async (name, args) => {
    const { code, printed, complained } = await plan(...args);
    expect([code, printed]).toEqual([64, '']);
    expect(complained.split('\n')[0]).toContain(name);
    expect(complained).toContain(usage);
  });
});
