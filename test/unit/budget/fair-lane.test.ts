import { expect, test } from '@jest/globals';
import { FairLane } from '../../../src/budget/fair-lane.ts';

/** Takes the next turns and tells whose they were. */
function take(lane: FairLane<string>, count: number): string[] {
  const teams: string[] = [];
  while (teams.length < count) {
    const turn = lane.next();
    if (turn === undefined) break;
    lane.charge(turn.team);
    lane.remove(turn.flight, turn.team);
    teams.push(turn.team);
  }
  return teams;
}

function fill(lane: FairLane<string>, team: string, count: number, weight = 1): void {
  for (let number = 0; number < count; number += 1) lane.add(`${team}${number}`, team, weight);
}

test('looking at the next turn changes nothing', () => {
  const lane = new FairLane<string>();
  fill(lane, 'a', 1);
  fill(lane, 'b', 1);
  expect(lane.next()).toEqual({ flight: 'a0', team: 'a' });
  expect(lane.next()).toEqual({ flight: 'a0', team: 'a' });
  expect(lane.size).toBe(2);
});

test('a flight added twice for one team waits once', () => {
  const lane = new FairLane<string>();
  lane.add('f', 'a', 1);
  lane.add('f', 'a', 1);
  lane.add('f', 'a', 1, true);
  expect([lane.depth('a'), lane.size]).toEqual([1, 1]);
  lane.remove('f', 'a');
  expect([lane.depth('a'), lane.size]).toEqual([0, 0]);
  expect(lane.next()).toBeUndefined();
});

test('removing what is not there changes nothing', () => {
  const lane = new FairLane<string>();
  lane.remove('f', 'nobody');
  lane.add('f', 'a', 1);
  lane.remove('g', 'a');
  lane.remove('f', 'b');
  expect([lane.depth('a'), lane.depth('b'), lane.size]).toEqual([1, 0, 1]);
});

test('a team that comes back right after others have had their turns has kept no credit from before', () => {
  const lane = new FairLane<string>();
  // Both have had one turn; `heavy` is idle with a start a quarter of a turn ahead.
  lane.add('h', 'heavy', 4);
  fill(lane, 'light', 3);
  expect(take(lane, 2)).toEqual(['heavy', 'light']);
  expect(take(lane, 1)).toEqual(['light']);
  fill(lane, 'heavy', 20, 4);
  lane.add('later', 'light', 1);
  // Virtual time is 1 and `light` starts at 2: four turns of a quarter fit in between and one goes by the tie.
  expect(take(lane, 12).indexOf('light')).toBe(5);
});

test('a charge to a team that is unknown by now is no error', () => {
  const lane = new FairLane<string>();
  lane.charge('gone');
  fill(lane, 'a', 1);
  expect(take(lane, 5)).toEqual(['a']);
});

test('teams that have something waiting are told with weight, depth and oldest flight', () => {
  const lane = new FairLane<string>();
  fill(lane, 'a', 2, 3);
  fill(lane, 'b', 1);
  lane.remove('b0', 'b');
  expect([...lane.waiting()]).toMatchObject([{ team: 'a', weight: 3, depth: 2, oldest: 'a0' }]);
  lane.add('back', 'a', 3, true);
  expect([...lane.waiting()]).toMatchObject([{ team: 'a', weight: 3, depth: 3, oldest: 'back' }]);
});
