import { describe, expect, test } from '@jest/globals';
import { type CreateQueue, keys, team, withLine } from './line.ts';

const [a, b] = [team('a'), team('b')];

export function classes(create: CreateQueue): void {
  describe('classes', () => {
    test(
      'callers go before refreshes, refreshes before exports and exports before idle flights, whoever came first',
      withLine(create, async (line) => {
        await line.flood('idle', a, 2, { class: 'idle' });
        await line.flood('export', a, 1, { class: 'export' });
        await line.flood('refresh', b, 2, { class: 'refresh' });
        await line.flood('caller', a, 2);
        const served = await line.serve();
        expect(keys(served)).toEqual([
          'caller1',
          'caller2',
          'refresh1',
          'refresh2',
          'export1',
          'idle1',
          'idle2',
        ]);
        expect(served.map((claim) => claim.class)).toEqual([
          'caller',
          'caller',
          'refresh',
          'refresh',
          'export',
          'idle',
          'idle',
        ]);
      }),
    );

    test.each([
      ['the same team', a],
      ['another team', b],
    ])('a caller of %s who joins a refresh promotes it', (_who, joiner) =>
      withLine(create, async (line) => {
        await line.enter('r1', a, { class: 'refresh' });
        await line.enter('r2', a, { class: 'refresh' });
        expect(await line.enter('r2', joiner)).toEqual({ state: 'aboard', created: false, flying: false });
        const served = await line.serve();
        expect(served.map((claim) => [claim.key, claim.class, claim.team])).toEqual([
          ['r2', 'caller', joiner.name],
          ['r1', 'refresh', 'a'],
        ]);
      })(),
    );

    test(
      'a refresh that joins a flight of callers does not hold it back',
      withLine(create, async (line) => {
        await line.enter('k', a);
        await line.enter('k', a, { class: 'refresh' });
        await line.enter('later', b);
        const [first] = await line.serve();
        expect([first?.key, first?.class]).toEqual(['k', 'caller']);
      }),
    );

    test(
      'a promoted flight falls back when its caller leaves',
      withLine(create, async (line) => {
        await line.enter('r', a, { class: 'refresh' });
        await line.enter('r', b);
        await line.leave('r', b);
        await line.enter('k', a);
        const served = await line.serve();
        expect(served.map((claim) => [claim.key, claim.class])).toEqual([
          ['k', 'caller'],
          ['r', 'refresh'],
        ]);
      }),
    );

    test(
      'a caller whose interest has expired does not promote any more',
      withLine(create, async (line) => {
        await line.enter('r', a, { class: 'refresh' });
        await line.enter('r', b, { forMs: 500 });
        await line.advance(1000);
        const claim = await line.claimed();
        expect([claim.key, claim.class, claim.team]).toEqual(['r', 'refresh', 'a']);
      }),
    );

    test(
      'turns of a lower class are fair to teams as well',
      withLine(create, async (line) => {
        await line.flood('x', a, 10, { class: 'refresh' });
        await line.serve(5);
        await line.enter('y', b, { class: 'refresh' });
        expect((await line.claimed()).team).toBe('b');
      }),
    );
  });
}
