import { expect, test } from '@jest/globals';
import { generatedLoad, type Traffic } from '../../../src/plan/generated-load.ts';

const TRAFFIC: Traffic = {
  requests: 20_000,
  seconds: 100,
  teams: new Map([
    ['a', 3],
    ['b', 1],
  ]),
  questions: 50,
  zipf: 1,
  latencyMs: 10,
};

const told = (traffic: Partial<Traffic> = {}, seed = 1) =>
  generatedLoad({ ...TRAFFIC, ...traffic }, seed).arrivals.map(
    ({ at, team, question }) => [at, team, question.request.index ?? ''] as const,
  );

const count = (names: readonly string[], name: string): number =>
  names.filter((other) => other === name).length;

test('the same seed makes the same load, another seed another one', () => {
  expect(told()).toEqual(told());
  expect(told({}, 2)).not.toEqual(told());
});

test('so many requests fill so many seconds, in order, evenly on the whole and unevenly in detail', () => {
  const times = told().map(([at]) => at);
  expect(times).toHaveLength(20_000);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeGreaterThan(99_900);
  expect(times.at(-1)).toBeLessThanOrEqual(100_000);
  const perSecond = Array.from(
    { length: 100 },
    (_, second) => times.filter((at) => Math.floor(at / 1000) === second).length,
  );
  const variance = perSecond.reduce((sum, here) => sum + (here - 200) ** 2, 0) / 100;
  // Of a Poisson process the variance is the mean, 200.
  expect(variance).toBeGreaterThan(100);
  expect(variance).toBeLessThan(400);
});

test('teams ask by their shares, and questions are asked by their rank', () => {
  const load = told();
  expect(
    count(
      load.map(([, team]) => team),
      'a',
    ) / 20_000,
  ).toBeCloseTo(0.75, 1);
  const names = load.map(([, , name]) => name);
  expect(count(names, 'q0') / count(names, 'q1')).toBeCloseTo(2, 0);
  expect(count(names, 'q0') / count(names, 'q9')).toBeGreaterThan(7);
  expect(new Set(names).size).toBe(50);
  const alike = told({ zipf: 0 }).map(([, , name]) => name);
  expect(count(alike, 'q0')).toBeGreaterThan(300);
  expect(count(alike, 'q0')).toBeLessThan(500);
});
