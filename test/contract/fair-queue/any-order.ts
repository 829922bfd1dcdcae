import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CreateQueue, team, teams, withLine } from './line.ts';
import { type Command, Oracle, type TeamName } from './oracle.ts';
import { allowedUnfairness, unfairness } from './unfairness.ts';

const key = fc.constantFrom('k0', 'k1', 'k2', 'k3', 'k4', 'k5');
const teamName = fc.constantFrom<TeamName>('a', 'b', 'c');
const kind = <K extends Command['do']>(name: K) => fc.constant(name);

const enter = fc.record({
  do: kind('enter'),
  key,
  team: teamName,
  class: fc.constantFrom(
    'caller' as const,
    'caller' as const,
    'refresh' as const,
    'export' as const,
    'idle' as const,
  ),
  brief: fc.boolean(),
  looked: fc.constantFrom('long ago' as const, 'now' as const),
});

/** No more than six steps of time a run: what was claimed may not be left alone for longer. */
const commands = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: enter },
      { weight: 3, arbitrary: fc.record({ do: kind('leave'), key, team: teamName }) },
      { weight: 5, arbitrary: fc.record({ do: kind('claim') }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: kind('requeue'),
          nth: fc.nat(5),
          setback: fc.constantFrom('failed' as const, 'throttled' as const),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: kind('settle'), nth: fc.nat(5), fails: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ do: kind('advance') }) },
    ),
    { minLength: 10, maxLength: 60 },
  )
  .filter((run) => run.filter((command) => command.do === 'advance').length <= 6);

const backlogs = fc.record({
  weights: fc.array(fc.constantFrom(0.5, 1, 2, 3, 5, 7), { minLength: 2, maxLength: 5 }),
  /** Of each turn: which team that has not always something waiting enters a flight. */
  visits: fc.array(fc.constantFrom<'none' | 'x' | 'y'>('none', 'none', 'x', 'y'), {
    minLength: 40,
    maxLength: 80,
  }),
});

export function anyOrder(create: CreateQueue, numRuns: number): void {
  describe('in any order of events', () => {
    test('no flight is lost, doubled, flown for nobody or out of its turn', async () => {
      await fc.assert(
        fc.asyncProperty(commands, (run) =>
          withLine(create, async (line) => {
            const oracle = new Oracle(line);
            for (const command of run) await oracle.run(command);
            await oracle.drain();
          })(),
        ),
        { numRuns },
      );
    });

    test('teams that always have something waiting are served by weight and none of them starves', async () => {
      await fc.assert(
        fc.asyncProperty(backlogs, ({ weights, visits }) =>
          withLine(create, async (line) => {
            const backlogged = weights.map((weight, at) => team(`t${at}`, weight));
            const visitors = { x: team('x', 1), y: team('y', 2) };
            let number = 0;
            const turns: string[] = [];
            for (const visit of visits) {
              for (const each of backlogged) {
                for (let depth = await line.depth(each); depth < 2; depth += 1) {
                  await line.enter(`k${++number}`, each);
                }
              }
              if (visit !== 'none') await line.enter(`k${++number}`, visitors[visit]);
              turns.push(...teams(await line.serve(1)));
            }
            for (const one of backlogged) {
              for (const other of backlogged) {
                if (one === other) continue;
                expect(unfairness(turns, one, other)).toBeLessThanOrEqual(allowedUnfairness(one, other));
              }
              expect(longestGap(turns, one.name)).toBeLessThanOrEqual(
                [...backlogged, ...Object.values(visitors)].reduce(
                  (most, other) => most + (other === one ? 0 : other.weight / one.weight + 1),
                  0,
                ),
              );
            }
          })(),
        ),
        { numRuns },
      );
    });
  });
}

/** Most turns in a row that went to others. */
function longestGap(turns: readonly string[], name: string): number {
  let longest = 0;
  let gap = 0;
  for (const turn of turns) {
    gap = turn === name ? 0 : gap + 1;
    longest = Math.max(longest, gap);
  }
  return longest;
}
