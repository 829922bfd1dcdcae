import { describe, expect, test } from '@jest/globals';
import { settingsSchema } from '../../../src/config/schema.ts';
import type { PlanSettings } from '../../../src/plan/compose-plan.ts';
import { generatedLoad } from '../../../src/plan/generated-load.ts';
import { type Arrival, type Load, type Question, questionRequest } from '../../../src/plan/load.ts';
import { replay } from '../../../src/plan/replay.ts';

const DEFAULTS = settingsSchema.parse({});

type Changes = { readonly [Block in keyof PlanSettings]?: Partial<PlanSettings[Block]> };

const changed = ({ budget, cache, queue }: Changes): PlanSettings => ({
  ...DEFAULTS,
  budget: { ...DEFAULTS.budget, ...budget },
  cache: { ...DEFAULTS.cache, ...cache },
  queue: { ...DEFAULTS.queue, ...queue },
});

const question = (name: string, rest: Partial<Question> = {}): Question => ({
  request: questionRequest('profiles', name),
  bytes: 1000,
  kind: 'page',
  ...rest,
});

const loadOf = (arrivals: readonly Arrival[], latencyMs = 100): Load => ({
  arrivals,
  latenciesMs: [latencyMs],
});

/** One question after another, none asked twice, `everyMs` apart. */
const cold = (team: string, count: number, everyMs = 0): Arrival[] =>
  Array.from({ length: count }, (_, number) => ({
    at: number * everyMs,
    team,
    question: question(`${team}-${number}`),
  }));

const merged = (...streams: Arrival[][]): Arrival[] => streams.flat().toSorted((a, b) => a.at - b.at);

async function outcome(load: Load, changes: Changes = {}, weights: Record<string, number> = {}, seed = 1) {
  const { tally, calls, seconds } = await replay(
    load,
    changed(changes),
    new Map(Object.entries(weights)),
    seed,
  );
  const teams = Object.fromEntries(tally.teams());
  return { all: tally.total(), teams, seconds, calls: Object.fromEntries(calls) };
}

describe('the cache', () => {
  const popular = question('popular');
  const everySecond = loadOf(
    Array.from({ length: 100 }, (_, s) => ({ at: s * 1000, team: 'web', question: popular })),
  );
  const fresh = (freshMs: number) => ({ cache: { freshMs, staleMs: 0, staleIfErrorMs: 0 } });

  test('asks as often as pages expire', async () => {
    const { all, calls } = await outcome(everySecond, fresh(10_000));
    // A life of 9 to 11 s, so one request in 10 to 12 finds nothing.
    expect(calls.web).toBe(all.miss);
    expect(all.miss).toBeGreaterThanOrEqual(9);
    expect(all.miss).toBeLessThanOrEqual(11);
    expect(all.hit).toBe(100 - all.miss);
    expect(all.wait).toEqual({ p50: 0, p95: 0, p99: 0 });
  });

  test('asks less often when pages live longer, and always when they do not live', async () => {
    const longer = await outcome(everySecond, fresh(30_000));
    expect(longer.all.miss).toBeLessThanOrEqual(4);
    expect((await outcome(everySecond, fresh(0))).all).toMatchObject({ miss: 100, hit: 0 });
  });

  test('answers stale and refreshes behind', async () => {
    const { all, calls } = await outcome(everySecond, { cache: { freshMs: 10_000, staleMs: 60_000 } });
    expect(all).toMatchObject({ miss: 1, hit: 99 - all.stale });
    expect(calls.web).toBe(1 + all.stale);
  });

  test('makes room, so that a smaller one hits less often', async () => {
    const questions = Array.from({ length: 20 }, (_, number) => question(`q${number}`, { bytes: 10_000 }));
    const rounds = loadOf(
      questions.flatMap((_, round) =>
        questions.map((asked, place) => ({
          at: (round * 20 + place) * 150,
          team: 'web',
          question: asked,
        })),
      ),
    );
    const memory = (maxBytes: number) => ({
      cache: { memory: { maxBytes, maxEntryBytes: maxBytes, preparedBytes: 0 } },
    });
    expect((await outcome(rounds, memory(1_000_000))).all.miss).toBe(20);
    expect((await outcome(rounds, memory(100_000))).all.hit).toBe(0);
  });

  test('keeps that there is no such page for half a minute at most, and shares a refusal for a moment', async () => {
    const at = (kind: Question['kind'], ...times: number[]) => {
      const asked = question('odd', { kind });
      return loadOf(times.map((time) => ({ at: time, team: 'web', question: asked })));
    };
    const absent = await outcome(at('absent', 0, 20_000, 40_000), { cache: { freshMs: 600_000 } });
    expect(absent.all).toMatchObject({ miss: 2, hit: 1 });
    const refused = await outcome(at('refused', 0, 500, 2000));
    expect([refused.all.other, refused.calls.web]).toEqual([3, 2]);
  });
});

describe('the budget', () => {
  test('lets a burst out at once and the rest a window later, as the real one does', async () => {
    const burst = { budget: { pacing: 'burst' as const } };
    const { all, calls, seconds } = await outcome(loadOf(cold('web', 20)), burst);
    expect(all).toMatchObject({ miss: 20, wait: { p50: 0 } });
    expect(all.wait.p99).toBe(1025);
    expect(calls.web).toBe(20);
    expect(seconds).toBeCloseTo(1.125);
    // Their wait is not taken to be longer than that either.
    const hasty = { ...burst, queue: { maxWaitMs: 1100 } };
    expect((await outcome(loadOf(cold('web', 20)), hasty)).all.refused).toBe(0);
    // By default what has waited for a window is spread over the next one.
    expect((await outcome(loadOf(cold('web', 20)))).all.wait.p99).toBe(1025 + 8 * 102);
  });

  test('makes waits half as long at twice the rate', async () => {
    const backlog = loadOf(cold('web', 150));
    const longWait = { queue: { maxWaitMs: 60_000 } };
    const slow = (await outcome(backlog, longWait)).all.wait;
    const fast = (await outcome(backlog, { ...longWait, budget: { rate: 20 } })).all.wait;
    expect(slow.p95).toBeGreaterThan(13_000);
    expect(fast.p95 / slow.p95).toBeGreaterThan(0.42);
    expect(fast.p95 / slow.p95).toBeLessThan(0.52);
  });

  test('is shared by weight while both wait', async () => {
    const both = loadOf(merged(cold('a', 90, 1), cold('b', 90, 1)));
    const longWait = { queue: { maxWaitMs: 60_000 } };
    const equal = (await outcome(both, longWait)).teams;
    const weighted = (await outcome(both, longWait, { a: 3 })).teams;
    expect(Math.abs((equal.a?.wait.p50 ?? 0) - (equal.b?.wait.p50 ?? 0))).toBeLessThan(500);
    expect(weighted.a?.wait.p50).toBeLessThan((equal.a?.wait.p50 ?? 0) * 0.75);
    expect(weighted.b?.wait.p50).toBeGreaterThan((equal.b?.wait.p50 ?? 0) * 1.2);
  });

  test('is asked once for what many want at the same time', async () => {
    const popular = question('popular');
    const { all, calls } = await outcome(
      loadOf(['a', 'a', 'b', 'b', 'b'].map((team) => ({ at: 0, team, question: popular }))),
    );
    expect(all).toMatchObject({ miss: 1, shared: 4 });
    expect(calls).toEqual({ a: 1, b: 0 });
  });

  test('turns away who would wait too long or finds the queue full', async () => {
    const late = await outcome(loadOf(cold('web', 200)), { queue: { maxWaitMs: 3000 } });
    expect(late.all.refused).toBeGreaterThan(150);
    expect(late.all.wait.p99).toBeLessThanOrEqual(3000);
    expect(late.all.miss + late.all.refused + late.all.timedOut).toBe(200);
    // Ten fly at once, twenty wait.
    const full = await outcome(loadOf(cold('web', 200)), { queue: { perTeam: 20 } });
    expect(full.all).toMatchObject({ miss: 30, refused: 170 });
  });

  test('is not spent on who has gone', async () => {
    const arrivals = cold('web', 30).map((arrival) => ({ ...arrival, patienceMs: 500 }));
    const { all, calls } = await outcome(loadOf(arrivals));
    expect(all).toMatchObject({ miss: 10, other: 20 });
    expect(calls.web).toBe(10);
  });

  test('knows no more calls under way than it may', async () => {
    const few = { budget: { maxInFlight: 2 }, queue: { maxWaitMs: 60_000 } };
    expect((await outcome(loadOf(cold('web', 8), 5000), few)).seconds).toBe(20);
  });
});

describe('a replay', () => {
  const traffic = {
    requests: 5000,
    seconds: 60,
    teams: new Map([
      ['a', 1],
      ['b', 2],
    ]),
    questions: 600,
    zipf: 0.8,
    latencyMs: 100,
  };

  test('of the same seed has the same outcome; another seed is another draw', async () => {
    const load = generatedLoad(traffic, 7);
    const short = { cache: { freshMs: 5000, staleMs: 0 } };
    expect(await outcome(load, short)).toEqual(await outcome(load, short));
    expect(await outcome(load, short, {}, 2)).not.toEqual(await outcome(load, short));
  });

  test('leaves no request without an outcome', async () => {
    const { all } = await outcome(generatedLoad(traffic, 7), {
      budget: { rate: 2 },
      queue: { maxWaitMs: 500 },
    });
    expect(all.requests).toBe(5000);
    expect(all.refused).toBeGreaterThan(0);
  });
});
