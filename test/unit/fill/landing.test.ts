import { describe, expect, test } from '@jest/globals';
import type { StoredPage } from '../../../src/store/page-store.ts';
import { landedFailure, landedPage, page, Tower } from './tower.ts';

/** The rest of a life in ms, by instant. */
function livesMs(
  stored: StoredPage | undefined,
): { fresh: number; stale: number; error: number } | undefined {
  if (stored === undefined) return undefined;
  const { storedAt, freshUntil, staleUntil, errorUntil } = stored;
  return { fresh: freshUntil - storedAt, stale: staleUntil - freshUntil, error: errorUntil - freshUntil };
}

describe('a page', () => {
  test('is in the store before anybody hears of it', async () => {
    const tower = new Tower();
    const seen: Promise<StoredPage | undefined>[] = [];
    tower.signals.subscribe((signal) => {
      if (signal.kind === 'settled') seen.push(tower.store.get(signal.key));
    });
    tower.amperity.reply = () => page('{"data":[1,2]}');
    const caller = tower.ask('k');
    await tower.clock.settle();
    const [stored] = await Promise.all(seen);
    expect(stored).toMatchObject({ status: 200, count: 2, etag: 'W/"14"', storedAt: tower.clock.now() });
    expect(livesMs(stored)).toEqual({ fresh: 60_000, stale: 60_000, error: 120_000 });
    expect(landedPage(caller)).toEqual({ body: '{"data":[1,2]}', stored: true, status: 200 });
  });

  test('lives for as long as Amperity says, if that is shorter', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page('{"data":[]}', { noStore: false, maxAgeMs: 5000 });
    tower.ask('k');
    await tower.clock.settle();
    expect(livesMs(await tower.store.get('k'))?.fresh).toBe(5000);
  });

  test('is stored in memory of its own, however small it is, with its total', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page('{"total":3,"data":[]}');
    const caller = tower.ask('k', { withTotal: true });
    await tower.clock.settle();
    const outcome = caller.value?.outcome;
    if (outcome === undefined || !('page' in outcome)) throw new Error('a page was meant');
    const { page: stored, total } = outcome;
    for (const bytes of [stored.body, stored.cutTotal?.bytes, total?.body]) {
      expect(bytes?.buffer.byteLength).toBe(bytes?.length);
    }
  });

  test('that may not be stored reaches its callers and is not kept', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page('{"total":3,"data":[]}', { noStore: true });
    const callers = [tower.ask('k', { withTotal: true }), tower.ask('k', { withTotal: true })];
    await tower.clock.settle();
    for (const caller of callers) {
      expect(landedPage(caller)).toEqual({ body: '{"data":[]}', stored: false, status: 200 });
      expect(caller.value?.outcome).toMatchObject({ total: { body: Buffer.from('3') } });
      const now = tower.clock.now();
      expect(caller.value?.outcome).toMatchObject({ page: { staleUntil: now, errorUntil: now } });
    }
    expect(tower.store.size().entries).toBe(0);
    expect(tower.amperity.calls).toHaveLength(1);
  });

  test('that is too large for the store reaches its callers and is not kept', async () => {
    const tower = new Tower();
    const body = JSON.stringify({ data: ['x'.repeat(20_000)] });
    tower.amperity.reply = () => page(body);
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedPage(caller)).toEqual({ body, stored: false, status: 200 });
    expect(tower.store.size().entries).toBe(0);
  });
});

describe('a total', () => {
  test('that was asked for is kept apart, for its own time', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page('{"total":42,"data":[]}');
    tower.ask('k', { withTotal: true });
    await tower.clock.settle();
    const total = await tower.store.get('the total');
    expect(total?.body.toString()).toBe('42');
    expect(livesMs(total)?.fresh).toBe(300_000);
    expect(await tower.store.get('k')).toMatchObject({ cutTotal: { text: '42' } });
    expect((await tower.store.get('k'))?.body.toString()).toBe('{"data":[]}');
  });

  test('that was asked for and not sent is remembered as such', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page('{"data":[]}');
    tower.ask('k', { withTotal: true });
    await tower.clock.settle();
    expect((await tower.store.get('the total'))?.body.length).toBe(0);
  });

  test('that was not asked for is not taken over', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page('{"total":42,"data":[]}');
    tower.ask('k');
    await tower.clock.settle();
    expect(await tower.store.get('the total')).toBeUndefined();
  });
});

describe('an answer that there is no such thing', () => {
  test('is kept for no longer than half a minute, and reaches all callers', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => ({ kind: 'absent', cacheControl: { noStore: false } });
    const callers = [tower.ask('k', { withTotal: true }), tower.ask('k')];
    await tower.clock.settle();
    for (const caller of callers) expect(landedPage(caller)).toEqual({ body: '', stored: true, status: 404 });
    const stored = await tower.store.get('k');
    expect([stored?.etag, livesMs(stored)]).toEqual(['', { fresh: 30_000, stale: 0, error: 0 }]);
    expect(tower.store.size().entries).toBe(1);
    await tower.clock.advance(30_000);
    expect(await tower.store.get('k')).toBeUndefined();
  });
});

describe('a question that Amperity refuses', () => {
  test('is a failure for all its callers, at the price of one call', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => ({ kind: 'refused', message: 'Bad filter.', upstreamRequestId: 'req-1' });
    const callers = [tower.ask('k'), tower.ask('k')];
    await tower.clock.advance(500);
    callers.push(tower.ask('k'));
    await tower.clock.advance(10_000);
    for (const caller of callers) {
      expect(landedFailure(caller)).toMatchObject({
        code: 'upstream_rejected',
        message: 'Amperity: Bad filter.',
        info: { upstreamRequestId: 'req-1' },
      });
    }
    expect(tower.amperity.calls).toHaveLength(1);
    expect(tower.store.size().entries).toBe(0);
  });

  test('without a message that may be shown is refused in our own words', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => ({ kind: 'refused' });
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedFailure(caller)?.message).toBe('Amperity does not accept this request.');
    expect(landedFailure(caller)?.info).toEqual({});
  });
});
