import { describe, expect, test } from '@jest/globals';
import { CONTRACT_LIMITS, type CreateQueue, keys, type Line, team, teams, withLine } from './line.ts';

const [a, b] = [team('a'), team('b')];

/** Claims whatever may be flown, and leaves it in the air. */
async function takeOffAll(line: Line) {
  const flying = [];
  for (let claim = await line.claim(); claim !== undefined; claim = await line.claim()) flying.push(claim);
  return flying;
}

export function claims(create: CreateQueue): void {
  describe('a claim for callers only', () => {
    test(
      'leaves the classes below where they are',
      withLine(create, async (line) => {
        await line.enter('r', a, { class: 'refresh' });
        await line.enter('i', a, { class: 'idle' });
        expect(await line.claim('first', true)).toBeUndefined();
        await line.enter('k', b);
        expect((await line.claim('second', true))?.key).toBe('k');
        expect(await line.claim('third', true)).toBeUndefined();
        expect(keys(await line.serve())).toEqual(['r', 'i']);
      }),
    );

    test(
      'takes a refresh that a caller has joined',
      withLine(create, async (line) => {
        await line.enter('r', a, { class: 'refresh' });
        await line.enter('r', b);
        expect(await line.claim('first', true)).toMatchObject({ key: 'r', class: 'caller', team: 'b' });
      }),
    );
  });

  test(
    'a claim tells how many flights wait after it, of every class',
    withLine(create, async (line) => {
      expect(await line.claimAndCount()).toBe(0);
      await line.flood('k', a, 3);
      await line.enter('k2', b);
      await line.enter('r', b, { class: 'refresh' });
      const counts = [];
      for (let claim = 0; claim < 3; claim += 1) counts.push(await line.claimAndCount());
      expect(counts).toEqual([3, 2, 1]);
      expect([await line.claimAndCount(true), await line.claimAndCount()]).toEqual([1, 0]);
    }),
  );

  describe('slots for calls under way', () => {
    const slots = (maxInFlight: number, ofTeams: number) => ({
      ...CONTRACT_LIMITS,
      maxInFlight,
      teams: ofTeams,
    });

    test(
      'are never more than there are, and come free when a flight ends or is put back',
      withLine(
        create,
        async (line) => {
          await line.flood('k', a, 6);
          const [first, second, ...more] = await takeOffAll(line);
          expect(more.map(({ key }) => key)).toEqual(['k3']);
          if (first !== undefined) await line.settle(first);
          expect((await line.claimed()).key).toBe('k4');
          expect(await line.claim()).toBeUndefined();
          if (second !== undefined) await line.requeue(second);
          expect((await line.claimed()).key).toBe('k2');
          expect(await line.claim()).toBeUndefined();
        },
        slots(3, 1),
      ),
    );

    test(
      'are left for a team that comes later, however many flights another has in the air',
      withLine(
        create,
        async (line) => {
          await line.flood('slow', a, 40);
          const slow = await takeOffAll(line);
          expect(slow.length).toBeLessThan(16);
          expect(slow.length).toBeGreaterThanOrEqual(8);
          await line.enter('quick', b);
          expect((await line.claimed()).key).toBe('quick');
        },
        slots(16, 2),
      ),
    );

    test(
      'go by weight where all want them, and a team that was passed over keeps its place',
      withLine(
        create,
        async (line) => {
          const heavy = team('heavy', 3);
          await line.flood('x', a, 40);
          await line.flood('y', heavy, 40);
          const flying = await takeOffAll(line);
          expect(flying).toHaveLength(16);
          expect(Math.abs(teams(flying).filter((name) => name === 'heavy').length - 12)).toBeLessThanOrEqual(
            1,
          );
          for (const claim of flying) await line.settle(claim);
          expect((await line.serve()).length).toBe(80 - flying.length);
        },
        slots(16, 2),
      ),
    );

    test(
      'that come free go to the others while one team has more than its part',
      withLine(
        create,
        async (line) => {
          const late = team('late', 3);
          await line.flood('x', a, 40);
          const early = await takeOffAll(line);
          await line.flood('y', late, 40);
          for (const claim of early.slice(0, 4)) await line.settle(claim);
          const next = await takeOffAll(line);
          expect(next.length).toBeGreaterThanOrEqual(4);
          expect(new Set(teams(next))).toEqual(new Set(['late']));
        },
        slots(16, 2),
      ),
    );

    test(
      'are all for the one team that wants them, but for what is set aside',
      withLine(
        create,
        async (line) => {
          await line.flood('k', a, 40);
          expect(await takeOffAll(line)).toHaveLength(16);
        },
        slots(16, 1),
      ),
    );
  });
}
