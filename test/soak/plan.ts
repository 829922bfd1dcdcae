import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnSimulator } from '../../simulator/client.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { generatedLoad } from '../../src/plan/generated-load.ts';
import type { Row, Scenario } from '../../src/plan/scenario.ts';
import { httpGet } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';
import type { Soak } from './soak.ts';

/** Short lives, so that minutes see pages grow old several times; few places, so that some are turned away. */
const CACHE = { freshMs: 15_000, staleMs: 5000, staleIfErrorMs: 20_000 };
const QUEUE = { perTeam: 30, total: 50, maxWaitMs: 4000 };
const WEIGHTS = { batch: 1, mobile: 1, web: 2 };

interface Span {
  readonly seconds: number;
  readonly seed: number;
}

interface Call {
  readonly at: number;
  readonly team: string;
  readonly path: string;
}

const stream = (
  { seconds, seed }: Span,
  team: string,
  perSecond: number,
  questions: number,
  zipf: number,
  lane: number,
): Call[] =>
  generatedLoad(
    {
      requests: Math.round(perSecond * seconds),
      seconds,
      teams: new Map([[team, 1]]),
      questions,
      zipf,
      latencyMs: 0,
    },
    seed * 10 + lane,
  ).arrivals.map(({ at, question }) => ({ at, team, path: pathOf(question.request.index ?? '', lane) }));

/** Popular questions are of different sizes and shared between teams; a lane of its own is shared with nobody. */
function pathOf(name: string, lane: number): string {
  const number = Number(name.slice(1));
  const filter = encodeURIComponent(`nowhere-${lane > 2 ? lane : 0}-${number}`);
  return number < 100 && lane <= 2
    ? `/api/indexes/idx-loyalty/profiles?limit=${number + 1}`
    : `/api/indexes/idx-loyalty/profiles?limit=25&filter%5Bcity%5D=${filter}`;
}

/** The third team comes in floods of 20 s with as long between them: waits rise and fall. */
const floods = (calls: readonly Call[]): Call[] => calls.filter(({ at }) => (at / 20_000) % 2 >= 1);

const loadOf = (span: Span): Call[] =>
  [
    ...stream(span, 'web', 15, 250, 1, 1),
    ...stream(span, 'mobile', 6, 250, 0.8, 2),
    ...floods(stream(span, 'batch', 14, 100_000, 0, 3)),
  ].sort((a, b) => a.at - b.at);

/** Does the what-if tell what really happens? A load is played in real time; its log is then planned. */
export const plan: Soak = async ({ seconds = 300, seed }, say) => {
  const calls = loadOf({ seconds, seed });
  const simulator = await spawnSimulator({ preset: 'test', 'latency.preset': '1m' });
  const gateway = await spawnGateway(simulator.dataUrl, {
    settings: { cache: CACHE, queue: QUEUE },
    teams: Object.fromEntries(Object.entries(WEIGHTS).map(([team, weight]) => [team, { weight }])),
  });
  const folder = mkdtempSync(join(tmpdir(), 'soak-plan-'));
  try {
    say(`${calls.length} requests in ${seconds} s`);
    await play(calls, gateway);
    const upstream = (await simulator.journal({ limit: 1_000_000 })).length;
    await gateway.stop();
    const log = join(folder, 'access.log');
    writeFileSync(log, gateway.output.join('\n'));
    return compare(await planned(log, seed, say), upstream, say);
  } finally {
    await gateway.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

async function play(schedule: readonly Call[], gateway: GatewayHandle): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const answers = schedule.map(async ({ at, team, path }) => {
    await sleep(at);
    await httpGet(gateway.url, path, { agent, headers: { 'x-api-key': gateway.key(team) } });
  });
  await Promise.all(answers);
  agent.destroy();
}

async function planned(log: string, seed: number, say: (line: string) => void): Promise<Scenario[]> {
  const flags = {
    log,
    seed,
    'fresh-ms': CACHE.freshMs,
    'stale-ms': CACHE.staleMs,
    'stale-if-error-ms': CACHE.staleIfErrorMs,
    'per-team': QUEUE.perTeam,
    total: QUEUE.total,
    'max-wait-ms': QUEUE.maxWaitMs,
    weights: Object.entries(WEIGHTS)
      .map(([team, weight]) => `${team}=${weight}`)
      .join(','),
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const run = async (more: string): Promise<string> => {
    const printed: string[] = [];
    await runCli(['plan', ...args, '--compare', ...more.split(' ').filter(Boolean)], {
      env: {},
      cwd: dirname(log),
      now: Date.now,
      readInput: async () => '',
      print: (line) => printed.push(line),
      complain: say,
      progress: () => {},
    });
    return printed.join('\n');
  };
  say(await run(''));
  return JSON.parse(await run('--json')).scenarios;
}

/** Whether hits, refusals and p95 wait of all teams together came out within a tenth of what was planned. */
function compare([real, plan]: readonly Scenario[], upstream: number, say: (line: string) => void): boolean {
  const measures: readonly (readonly [string, (row: Omit<Row, 'team'>) => number])[] = [
    ['hits', (row) => row.hit],
    ['hits + stale', (row) => row.hit + row.stale],
    ['missed + shared', (row) => row.miss + row.shared],
    ['refused', (row) => row.refused],
    ['timed out', (row) => row.timedOut],
    ['wait p50', (row) => row.wait.p50],
    ['wait p95', (row) => row.wait.p95],
  ];
  if (real === undefined || plan === undefined) throw new Error('there is nothing to compare');
  say('');
  for (const team of ['all', ...real.teams.map((row) => row.team)]) {
    const rows = [real, plan].map((side) =>
      team === 'all' ? side.total : side.teams.find((row) => row.team === team),
    );
    for (const [title, read] of measures) {
      const [was = 0, told = 0] = rows.map((row) => (row === undefined ? 0 : read(row)));
      say(line(team, title, was, told));
    }
  }
  say(line('all', 'calls', upstream, plan.total.calls ?? 0));
  const required = measures.filter(([title]) => ['hits', 'refused', 'wait p95'].includes(title));
  return required.every(
    ([, read]) => Math.abs(read(plan.total) - read(real.total)) <= 0.1 * read(real.total),
  );
}

function line(team: string, title: string, real: number, plan: number): string {
  const deviation = real === plan ? 0 : (100 * (plan - real)) / real;
  const figures = [real, plan].map((value) => String(Math.round(value)).padStart(8)).join('');
  const percent = Number.isFinite(deviation) ? `${deviation.toFixed(1)} %` : '-';
  return `${team.padEnd(8)}${title.padEnd(18)}${figures}${percent.padStart(11)}`;
}
