import { describe, expect, test } from '@jest/globals';
import {
  CALLERS_ONLY,
  CONTRACT_LIMITS,
  type CreateQueue,
  keys,
  type Line,
  team,
  teams,
  UNPACED,
  withLine,
} from './line.ts';

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
        expect(await line.claim('first', CALLERS_ONLY)).toBeUndefined();
        await line.enter('k', b);
        expect((await line.claim('second', CALLERS_ONLY))?.key).toBe('k');
        expect(await line.claim('third', CALLERS_ONLY)).toBeUndefined();
        expect(keys(await line.serve())).toEqual(['r', 'i']);
      }),
    );

    test(
      'takes a refresh that a caller has joined',
      withLine(create, async (line) => {
        await line.enter('r', a, { class: 'refresh' });
        await line.enter('r', b);
        expect(await line.claim('first', CALLERS_ONLY)).toMatchObject({
          key: 'r',
          class: 'caller',
          team: 'b',
        });
      }),
    );
  });

  describe('the pace of the classes below callers', () => {
    const pace = { below: 3, windowMs: 1000, gapMs: 200 };

    test(
      'spaces them, and leaves callers as they come',
      withLine(create, async (line) => {
        await line.flood('r', a, 3, { class: 'refresh' });
        await line.enter('k1', b);
        expect((await line.claim('1', pace))?.key).toBe('k1');
        expect((await line.claim('2', pace))?.key).toBe('r1');
        expect(await line.claim('3', pace)).toBeUndefined();
        await line.enter('k2', b);
        expect((await line.claim('4', pace))?.key).toBe('k2');
      }),
    );

    test(
      'lets so many of all classes go within a window, and tells when the next may',
      withLine(create, async (line) => {
        await line.flood('k', b, 2);
        await line.flood('r', a, 3, { class: 'export' });
        await line.claim('1', pace);
        await line.advance(400);
        await line.claim('2', pace);
        expect((await line.claim('3', pace))?.key).toBe('r1');
        // The gap would be over sooner than the first of the three is a window old.
        const told = await line.lowerInMs(pace);
        expect(told).toBeGreaterThan(500);
        expect(told).toBeLessThanOrEqual(600);
        await line.advance(told + 5);
        expect((await line.claim('5', pace))?.key).toBe('r2');
        expect(await line.lowerInMs(pace)).toBeGreaterThan(150);
      }),
    );

    test(
      'holds back none that will not be flown, which do not count either',
      withLine(create, async (line) => {
        await line.flood('r', a, 5, { class: 'refresh' });
        for (const key of ['r1', 'r2', 'r3', 'r4']) expect((await line.claim(key, null))?.key).toBe(key);
        expect((await line.claim('paced', pace))?.key).toBe('r5');
      }),
    );

    test(
      'tells of no wait where a caller waits, whom it does not hold back',
      withLine(
        create,
        async (line) => {
          await line.flood('k', b, 2);
          await line.enter('r', a, { class: 'refresh' });
          await line.claim('1', CALLERS_ONLY);
          expect(await line.lowerInMs(CALLERS_ONLY)).toBe(0);
        },
        { ...CONTRACT_LIMITS, maxInFlight: 1 },
      ),
    );

    test(
      'counts none of which no call came',
      withLine(create, async (line) => {
        await line.flood('k', b, 3);
        for (const id of ['1', '2', '3']) {
          const claim = await line.claim(id, pace);
          if (claim !== undefined && id !== '3')
            await line.requeue(claim, id === '1' ? 'unsent' : 'declined');
        }
        for (const id of ['4', '5']) await line.claim(id, UNPACED);
        await line.enter('r', a, { class: 'refresh' });
        expect(await line.lowerInMs({ ...pace, below: 3 })).toBeGreaterThan(0);
        expect((await line.claim('6', { ...pace, below: 4 }))?.key).toBe('r');
      }),
    );

    test(
      'counts a claim once that is said again',
      withLine(create, async (line) => {
        await line.enter('k', b);
        await line.enter('r', a, { class: 'refresh' });
        for (let time = 0; time < 3; time += 1) expect((await line.claim('same', pace))?.key).toBe('k');
        expect((await line.claim('next', pace))?.key).toBe('r');
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
      expect([await line.claimAndCount(CALLERS_ONLY), await line.claimAndCount()]).toEqual([1, 0]);
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
