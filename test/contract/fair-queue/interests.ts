import { describe, expect, test } from '@jest/globals';
import { type CreateQueue, keys, team, withLine } from './line.ts';

const [a, b, c] = [team('a'), team('b'), team('c')];

export function interests(create: CreateQueue): void {
  describe('a flight that several teams wait for', () => {
    test(
      'is one flight: it leaves once, with the first turn, and the team whose turn it was pays',
      withLine(create, async (line) => {
        await line.enter('a1', a);
        expect(await line.enter('shared', b)).toEqual({ state: 'aboard', created: true, flying: false });
        expect(await line.enter('shared', a)).toEqual({ state: 'aboard', created: false, flying: false });
        await line.enter('b2', b);
        const served = await line.serve();
        expect(served.map(({ key, team: payer }) => [key, payer])).toEqual([
          ['a1', 'a'],
          ['shared', 'b'],
          ['b2', 'b'],
        ]);
      }),
    );

    test(
      'costs nothing to the teams that only followed',
      withLine(create, async (line) => {
        // Whoever pays for `shared` has had its turn; were b charged as well, c would be served before b.
        await line.enter('shared', a);
        await line.enter('shared', b);
        await line.enter('b2', b);
        await line.enter('c1', c);
        const [first, second] = await line.serve();
        expect([first?.key, first?.team]).toEqual(['shared', 'a']);
        expect(second?.key).toBe('b2');
      }),
    );

    test(
      'goes on when one of them leaves, paid by another',
      withLine(create, async (line) => {
        await line.enter('shared', a);
        await line.enter('shared', b);
        await line.leave('shared', a);
        const claim = await line.claimed();
        expect([claim.key, claim.team]).toEqual(['shared', 'b']);
        expect(await line.claim()).toBeUndefined();
      }),
    );

    test(
      'is not counted any more under a team that has left it',
      withLine(create, async (line) => {
        await line.enter('shared', a);
        await line.enter('shared', b);
        await line.leave('shared', a);
        expect([await line.depth(a), await line.depth(b)]).toEqual([0, 1]);
      }),
    );
  });

  describe('the total', () => {
    test(
      'is asked for if anybody who waits wants it, whoever was first',
      withLine(create, async (line) => {
        await line.enter('k', a);
        await line.enter('k', b, { withTotal: true });
        await line.enter('k', b);
        expect((await line.claimed()).request.withTotal).toBe(true);
      }),
    );

    test(
      'is not asked for any more once those who wanted it have left or given up',
      withLine(create, async (line) => {
        await line.enter('k', a, { withTotal: true });
        await line.enter('k', b);
        await line.enter('k', c, { withTotal: true, forMs: 300 });
        await line.leave('k', a);
        await line.advance(400);
        expect((await line.claimed()).request.withTotal).toBe(false);
      }),
    );
  });

  describe('a flight that nobody waits for', () => {
    test(
      'is gone and costs no turn',
      withLine(create, async (line) => {
        await line.flood('x', a, 3);
        await line.flood('y', b, 2);
        await line.leave('x1', a);
        await line.leave('x2', a);
        expect(keys(await line.serve())).toEqual(['x3', 'y1', 'y2']);
      }),
    );

    test(
      'is made anew by whoever enters it next',
      withLine(create, async (line) => {
        await line.enter('k', a);
        await line.leave('k', a);
        expect(await line.enter('k', a)).toEqual({ state: 'aboard', created: true, flying: false });
        expect((await line.serve()).length).toBe(1);
      }),
    );

    test(
      'is no matter to leave once more',
      withLine(create, async (line) => {
        await line.leave('never', a);
        await line.enter('k', a);
        await line.leave('k', b);
        await line.leave('k', a);
        await line.leave('k', a);
        expect(await line.claim()).toBeUndefined();
      }),
    );
  });

  describe('an interest that has expired', () => {
    test(
      'gets no turn, and what waits behind it does',
      withLine(create, async (line) => {
        await line.enter('short', a, { forMs: 500 });
        await line.enter('long', a);
        await line.advance(1000);
        expect(keys(await line.serve())).toEqual(['long']);
      }),
    );

    test(
      'lets the flight be flown for another team, which pays',
      withLine(create, async (line) => {
        await line.enter('shared', a, { forMs: 500 });
        await line.enter('shared', b);
        await line.advance(1000);
        const claim = await line.claimed();
        expect([claim.key, claim.team]).toEqual(['shared', 'b']);
        expect(await line.claim()).toBeUndefined();
      }),
    );

    test(
      'is prolonged by entering it again for longer, never shortened',
      withLine(create, async (line) => {
        await line.enter('longer', a, { forMs: 500 });
        await line.enter('longer', a, { forMs: 60_000 });
        await line.enter('shorter', a, { forMs: 60_000 });
        await line.enter('shorter', a, { forMs: 500 });
        await line.advance(1000);
        expect(keys(await line.serve())).toEqual(['longer', 'shorter']);
      }),
    );
  });

  describe('a total', () => {
    test(
      'that is asked for while the flight queues is asked for by that flight',
      withLine(create, async (line) => {
        await line.enter('k', a);
        await line.enter('k', b, { withTotal: true });
        await line.enter('k', c);
        expect((await line.claimed()).request.withTotal).toBe(true);
      }),
    );

    test(
      'that is asked for while the flight is in the air is asked for by its next attempt',
      withLine(create, async (line) => {
        await line.enter('k', a);
        const first = await line.claimed();
        await line.enter('k', b, { withTotal: true });
        expect(first.request.withTotal).toBe(false);
        await line.requeue(first);
        expect((await line.claimed()).request.withTotal).toBe(true);
      }),
    );
  });
}
