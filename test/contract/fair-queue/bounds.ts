import { describe, expect, test } from '@jest/globals';
import type { FlightClass } from '../../../src/budget/fair-queue.ts';
import { CONTRACT_LIMITS, type CreateQueue, type Line, team, withLine } from './line.ts';

const aboard = { state: 'aboard', created: true, flying: false };

/** How many flights of a lower class are taken before one is refused. */
async function fill(line: Line, flightClass: FlightClass): Promise<number> {
  for (let taken = 0; taken < 1000; taken += 1) {
    const { state } = await line.enter(`${flightClass}-${taken}`, team('filler'), { class: flightClass });
    if (state === 'refused') return taken;
  }
  throw new Error(`${flightClass} flights are not bounded`);
}

export function bounds(create: CreateQueue): void {
  describe('bounds', () => {
    test(
      'a team has no more flights waiting than it may have',
      withLine(create, async (line) => {
        const small = team('small', 1, 2);
        await line.flood('k', small, 2);
        expect(await line.enter('k3', small)).toEqual({ state: 'refused', bound: 'team' });
        expect(await line.enter('other', team('b'))).toEqual(aboard);
        expect(await line.depth(small)).toBe(2);
      }),
    );

    test(
      'a team that has left, been served or taken off may enter again',
      withLine(create, async (line) => {
        const small = team('small', 1, 1);
        await line.enter('k1', small);
        await line.leave('k1', small);
        expect(await line.enter('k2', small)).toEqual(aboard);
        await line.claimed();
        expect(await line.enter('k3', small)).toEqual(aboard);
      }),
    );

    test(
      'all teams together have no more flights waiting than may wait',
      withLine(create, async (line) => {
        for (let number = 0; number < CONTRACT_LIMITS.total; number += 1) {
          expect(await line.enter(`k${number}`, team(`t${number % 7}`))).toEqual(aboard);
        }
        expect(await line.enter('more', team('t1'))).toEqual({ state: 'refused', bound: 'total' });
        await line.claimed();
        expect(await line.enter('more', team('t1'))).toEqual(aboard);
      }),
    );

    test(
      'a flight counts once in the total, however many teams wait for it',
      withLine(create, async (line) => {
        const waiting = CONTRACT_LIMITS.total - 1;
        await line.flood('k', team('a'), waiting);
        for (let number = 1; number <= waiting; number += 1) await line.enter(`k${number}`, team('b'));
        expect(await line.enter('last', team('c'))).toEqual(aboard);
        expect(await line.enter('more', team('c'))).toEqual({ state: 'refused', bound: 'total' });
      }),
    );

    test(
      'a flight counts in the total until the last of its teams has left',
      withLine(create, async (line) => {
        const waiting = CONTRACT_LIMITS.total;
        await line.flood('k', team('a'), waiting);
        for (let number = 1; number <= waiting; number += 1) await line.enter(`k${number}`, team('b'));
        await line.leave('k1', team('a'));
        expect(await line.enter('more', team('c'))).toEqual({ state: 'refused', bound: 'total' });
        await line.leave('k1', team('b'));
        expect(await line.enter('more', team('c'))).toEqual(aboard);
      }),
    );

    test(
      'joining a flight that is there is never refused',
      withLine(create, async (line) => {
        await line.flood('k', team('a'), CONTRACT_LIMITS.total);
        const full = team('b', 1, 0);
        expect(await line.enter('new', full)).toEqual({ state: 'refused', bound: 'team' });
        expect(await line.enter('k1', full)).toEqual({ state: 'aboard', created: false, flying: false });
        const flying = await line.claimed();
        expect(await line.enter(flying.key, team('c', 1, 0))).toEqual({
          state: 'aboard',
          created: false,
          flying: true,
        });
      }),
    );

    test.each(['refresh', 'export', 'idle'] as const)(
      '%s flights are bounded by themselves and take no place from callers',
      (flightClass) =>
        withLine(create, async (line) => {
          const taken = await fill(line, flightClass);
          expect(taken).toBeGreaterThan(0);
          const caller = team('caller', 1, 1);
          expect(await line.enter('asked', caller)).toEqual(aboard);
          const other = flightClass === 'refresh' ? 'idle' : 'refresh';
          expect(await line.enter('lower', caller, { class: other })).toEqual(aboard);
        })(),
    );

    test(
      'callers that fill the queue take no place from lower classes',
      withLine(create, async (line) => {
        await line.flood('k', team('a'), CONTRACT_LIMITS.total);
        expect(await line.enter('refresh', team('a'), { class: 'refresh' })).toEqual(aboard);
      }),
    );

    test(
      'a flight that was put back is there even when the queue is full',
      withLine(create, async (line) => {
        const small = team('small', 1, 1);
        await line.enter('k1', small);
        const claim = await line.claimed();
        await line.enter('k2', small);
        expect(await line.requeue(claim)).toBe(true);
        expect((await line.serve()).map(({ key }) => key)).toEqual(['k1', 'k2']);
      }),
    );
  });
}
