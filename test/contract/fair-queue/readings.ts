import { describe, expect, test } from '@jest/globals';
import { type CreateQueue, type Line, team, withLine } from './line.ts';

/** Turns that go by until the team's new flight has its own. */
async function turnsUntilServed(line: Line, of: ReturnType<typeof team>): Promise<number> {
  await line.enter('the new one', of);
  const served = await line.serve();
  return served.findIndex(({ key }) => key === 'the new one');
}

export function readings(create: CreateQueue): void {
  describe('turns ahead', () => {
    test(
      'are none in an empty queue and the own flights where nobody else waits',
      withLine(create, async (line) => {
        expect(await line.turnsAhead(team('a'))).toBe(0);
        await line.flood('k', team('a'), 4);
        expect(await line.turnsAhead(team('a'))).toBe(4);
      }),
    );

    test(
      'hold of a flood no more than its share',
      withLine(create, async (line) => {
        await line.flood('f', team('flood', 1), 100);
        expect(await line.turnsAhead(team('light', 1))).toBe(1);
        expect(await line.turnsAhead(team('light', 2))).toBe(1);
        await line.flood('h', team('heavy', 4), 3);
        expect(await line.turnsAhead(team('light', 1))).toBe(4);
      }),
    );

    test(
      'leave lower classes and flights in the air out',
      withLine(create, async (line) => {
        await line.flood('r', team('a'), 5, { class: 'refresh' });
        await line.enter('k', team('a'));
        await line.claimed();
        expect(await line.turnsAhead(team('a'))).toBe(0);
      }),
    );

    test(
      'reckon with what the others go on to enter, if they have kept entering',
      withLine(create, async (line) => {
        const teams = { light: team('light', 1), even: team('even', 1), heavy: team('heavy', 2) };
        let number = 0;
        const refill = async (): Promise<void> => {
          for (const each of Object.values(teams)) {
            for (let depth = await line.depth(each); depth < 10; depth += 1) {
              await line.enter(`k${++number}`, each);
            }
          }
        };
        for (let turn = 0; turn < 120; turn += 1) {
          await refill();
          await line.serve(1);
        }
        // Eleven turns of its own, and 3 of the others for each.
        const told = await line.turnsAhead(teams.light);
        await line.enter('asked', teams.light);
        let actual = 0;
        while ((await line.serve(1))[0]?.key !== 'asked') {
          actual += 1;
          await refill();
        }
        expect(Math.abs(told - actual)).toBeLessThanOrEqual(0.1 * actual);
      }),
    );

    test(
      'come out as told, within one turn for each other team',
      withLine(create, async (line) => {
        const asking = team('asking', 2);
        await line.flood('own', asking, 6);
        await line.flood('x', team('x', 1), 20);
        await line.flood('y', team('y', 5), 9);
        const told = await line.turnsAhead(asking);
        expect(Math.abs((await turnsUntilServed(line, asking)) - told)).toBeLessThanOrEqual(2);
      }),
    );
  });

  describe('depths', () => {
    test(
      'count the flights of callers that wait, by team, and name when the oldest was entered',
      withLine(create, async (line) => {
        const [a, b] = [team('a'), team('b')];
        const before = line.now();
        await line.enter('k1', a);
        const after = line.now();
        await line.advance(500);
        await line.flood('more', a, 2);
        await line.enter('k1', b);
        await line.enter('r', b, { class: 'refresh' });
        expect([await line.depth(a), await line.depth(b)]).toEqual([3, 1]);
        for (const each of [a, b]) {
          expect(await line.oldestAt(each)).toBeGreaterThanOrEqual(before);
          expect(await line.oldestAt(each)).toBeLessThanOrEqual(after);
        }
        await line.claimed();
        expect([await line.depth(a), await line.depth(b)]).toEqual([2, 0]);
        expect(await line.oldestAt(a)).toBeGreaterThan(after);
      }),
    );

    test(
      'keep the age of a flight that was put back',
      withLine(create, async (line) => {
        const a = team('a');
        await line.enter('k', a);
        const entered = await line.oldestAt(a);
        const claim = await line.claimed();
        await line.advance(500);
        await line.enter('later', a);
        await line.requeue(claim);
        expect(await line.oldestAt(a)).toBe(entered);
      }),
    );
  });
}
