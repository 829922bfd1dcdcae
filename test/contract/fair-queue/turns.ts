import { describe, expect, test } from '@jest/globals';
import { type CreateQueue, keys, team, teams, turnsOf, withLine } from './line.ts';
import { allowedUnfairness, unfairness } from './unfairness.ts';

export function turns(create: CreateQueue): void {
  describe('turns', () => {
    test(
      'go to teams that have something waiting by their weights, never apart by more than one turn each',
      withLine(create, async (line) => {
        const [a, b, c] = [team('a', 1), team('b', 2), team('c', 4)];
        await line.flood('a', a, 20);
        await line.flood('b', b, 40);
        await line.flood('c', c, 80);
        const served = await line.serve(130);
        for (const [one, other] of [
          [a, b],
          [a, c],
          [b, c],
        ] as const) {
          expect(unfairness(teams(served), one, other)).toBeLessThanOrEqual(allowedUnfairness(one, other));
        }
        const first70 = served.slice(0, 70);
        expect(Math.abs(turnsOf(a, first70) - 10)).toBeLessThanOrEqual(1);
        expect(Math.abs(turnsOf(b, first70) - 20)).toBeLessThanOrEqual(1);
        expect(Math.abs(turnsOf(c, first70) - 40)).toBeLessThanOrEqual(1);
      }),
    );

    test(
      'of one team go to its flights in the order they were entered',
      withLine(create, async (line) => {
        const a = team('a');
        await line.flood('a', a, 12);
        expect(keys(await line.serve())).toEqual(Array.from({ length: 12 }, (_, at) => `a${at + 1}`));
      }),
    );

    test(
      'end when nothing waits',
      withLine(create, async (line) => {
        expect(await line.claim()).toBeUndefined();
        await line.enter('k', team('a'));
        expect((await line.claimed()).key).toBe('k');
        expect(await line.claim()).toBeUndefined();
      }),
    );

    test(
      'give a light team beside a flood the very next one',
      withLine(create, async (line) => {
        const [flood, light] = [team('flood'), team('light')];
        await line.flood('f', flood, 100);
        await line.serve(30);
        await line.enter('l', light);
        expect((await line.claimed()).team).toBe('light');
      }),
    );

    test(
      'give a light team that asks again at once every other one',
      withLine(create, async (line) => {
        const [flood, light] = [team('flood'), team('light')];
        await line.flood('f', flood, 60);
        for (let round = 1; round <= 20; round += 1) {
          await line.enter(`l${round}`, light);
          expect(teams(await line.serve(2))).toContain('light');
        }
      }),
    );

    test(
      'are not saved up by a team that has nothing waiting',
      withLine(create, async (line) => {
        const [busy, back] = [team('busy'), team('back')];
        await line.enter('before', back);
        await line.flood('x', busy, 40);
        await line.serve(25);
        await line.flood('y', back, 15);
        const served = await line.serve(12);
        expect(unfairness(teams(served), busy, back)).toBeLessThanOrEqual(allowedUnfairness(busy, back));
        expect(turnsOf(busy, served)).toBeGreaterThanOrEqual(5);
      }),
    );

    test(
      'that nobody else wanted are not held against a team',
      withLine(create, async (line) => {
        const [alone, late] = [team('alone'), team('late')];
        await line.flood('x', alone, 60);
        await line.serve(40);
        await line.flood('y', late, 20);
        const served = await line.serve(12);
        expect(turnsOf(alone, served)).toBeGreaterThanOrEqual(5);
      }),
    );

    test(
      'are owed by a team that went idle for no more than its last one',
      withLine(create, async (line) => {
        const [a, b] = [team('a'), team('b')];
        await line.flood('x', a, 20);
        await line.serve();
        await line.flood('y', b, 5);
        await line.flood('z', a, 5);
        expect(turnsOf(a, await line.serve(3))).toBeGreaterThanOrEqual(1);
      }),
    );

    test(
      'follow a weight as soon as it is changed',
      withLine(create, async (line) => {
        const [a, b] = [team('a'), team('b')];
        await line.flood('x', a, 60);
        await line.flood('y', b, 60);
        await line.serve(10);
        const heavier = team('b', 3);
        await line.enter('changed', heavier);
        const served = await line.serve(40);
        expect(turnsOf(heavier, served)).toBeGreaterThanOrEqual(28);
      }),
    );
  });
}
