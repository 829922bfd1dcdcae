import { describe, expect, test } from '@jest/globals';
import type { UpstreamAnswer } from '../../../src/upstream/amperity.ts';
import { type Call, landedFailure, landedPage, page, Tower } from './tower.ts';

const REFUSED: UpstreamAnswer = { kind: 'refused', message: 'The next_token has expired.' };

/** A page that leads on to `next`, or the last one. */
const leadingTo = (next?: string): UpstreamAnswer =>
  page(JSON.stringify({ data: [1], ...(next !== undefined && { next_token: next }) }));

/** Amperity with the chain first → b → c → d, of which it takes only the cursors in `alive`. */
function chain(tower: Tower, alive: Set<string>): void {
  const next: Record<string, string> = { first: 'b', b: 'c', c: 'd' };
  tower.amperity.reply = ({ request: { nextToken = '' } }: Call) =>
    nextToken === 'first' || alive.has(nextToken) ? leadingTo(next[nextToken]) : REFUSED;
}

async function walk(tower: Tower, ...keys: string[]): Promise<void> {
  for (const key of keys) {
    await tower.clock.advance(1);
    tower.ask(key);
    await tower.clock.settle();
  }
}

const stored = async (tower: Tower, ...keys: string[]): Promise<boolean[]> =>
  Promise.all(keys.map(async (key) => (await tower.store.get(key)) !== undefined));

describe('a page reached by a cursor', () => {
  test('lives a fresh period longer than the first page of its chain, and no longer than anything may', async () => {
    const tower = new Tower();
    chain(tower, new Set(['b', 'c']));
    await walk(tower, 'first');
    await tower.clock.advance(30_000);
    await walk(tower, 'b');
    const first = await tower.store.get('first');
    const second = await tower.store.get('b');
    expect(second?.staleUntil).toBe((first?.staleUntil ?? 0) + 60_000);
    expect(second?.errorUntil).toBe((first?.errorUntil ?? 0) + 60_000);
    // The head decides, not the page before.
    await walk(tower, 'c');
    expect((await tower.store.get('c'))?.staleUntil).toBe(second?.staleUntil);
  });

  test('lives as long as any page when nobody knows who handed the cursor out', async () => {
    const tower = new Tower();
    chain(tower, new Set(['c']));
    await walk(tower, 'c');
    const alone = await tower.store.get('c');
    expect((alone?.staleUntil ?? 0) - (alone?.storedAt ?? 0)).toBe(120_000);
  });
});

describe('a cursor that Amperity takes no more', () => {
  test('that a stored page handed out takes its chain along, so that the next walk begins anew', async () => {
    const tower = new Tower();
    chain(tower, new Set(['b', 'c']));
    await walk(tower, 'first', 'b', 'c');
    const walker = tower.ask('d');
    await tower.clock.settle();
    expect(landedFailure(walker)?.code).toBe('cursor_expired');
    expect(await stored(tower, 'first', 'b', 'c')).toEqual([false, false, false]);
    // Whoever else is on the way in the old chain is told the same.
    await tower.clock.advance(5000);
    const other = tower.ask('d');
    await tower.clock.settle();
    expect(landedFailure(other)?.code).toBe('cursor_expired');
  });

  test('leaves a page alone that hands out another one by now, and all before it', async () => {
    const tower = new Tower();
    chain(tower, new Set(['b']));
    await walk(tower, 'first', 'b');
    const current = await tower.store.get('b');
    if (current === undefined) throw new Error('not stored');
    await tower.store.put('b', { ...current, nextToken: 'newer' });
    const walker = tower.ask('c');
    await tower.clock.settle();
    expect(landedFailure(walker)?.code).toBe('cursor_expired');
    expect(await stored(tower, 'first', 'b')).toEqual([true, true]);
  });

  test('from elsewhere is a refused question like any other', async () => {
    const tower = new Tower();
    chain(tower, new Set());
    const stranger = tower.ask('from elsewhere');
    await tower.clock.settle();
    expect(landedFailure(stranger)?.code).toBe('upstream_rejected');
  });

  test('that leads back to its own page ends the search for the first', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => leadingTo('b');
    await walk(tower, 'b');
    tower.amperity.reply = () => REFUSED;
    await tower.clock.advance(1);
    const walker = tower.ask('b');
    await tower.clock.settle();
    expect(landedFailure(walker)?.code).toBe('cursor_expired');
    expect(await stored(tower, 'b')).toEqual([false]);
  });
});

describe('a cursor that is tied to the total', () => {
  test('is asked for with it once it was refused without, and from then on at once', async () => {
    const tower = new Tower();
    const next: Record<string, string> = { first: 'b', b: 'c' };
    tower.amperity.reply = ({ request: { nextToken = '', withTotal } }: Call) =>
      withTotal ? page(JSON.stringify({ total: 3, data: [1], next_token: next[nextToken] })) : REFUSED;
    tower.ask('first', { withTotal: true });
    await tower.clock.settle();
    const second = tower.ask('b');
    await tower.clock.settle();
    expect(landedPage(second)?.status).toBe(200);
    const third = tower.ask('c');
    await tower.clock.settle();
    expect(landedPage(third)?.status).toBe(200);
    expect(tower.amperity.calls.map(({ request }) => [request.nextToken, request.withTotal])).toEqual([
      ['first', true],
      ['b', false],
      ['b', true],
      ['c', true],
    ]);
  });

  test('is dead when it is refused with the total as well', async () => {
    const tower = new Tower();
    tower.amperity.reply = ({ request }: Call) => (request.nextToken === 'first' ? leadingTo('b') : REFUSED);
    tower.ask('first', { withTotal: true });
    await tower.clock.settle();
    const walker = tower.ask('b');
    await tower.clock.settle();
    expect(landedFailure(walker)?.code).toBe('cursor_expired');
    expect(tower.amperity.calls).toHaveLength(3);
  });
});
