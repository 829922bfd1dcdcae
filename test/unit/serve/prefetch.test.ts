import { beforeEach, describe, expect, test } from '@jest/globals';
import { EffectiveRate } from '../../../src/budget/effective-rate.ts';
import { Pacing } from '../../../src/budget/pacing.ts';
import type { Answer, Asked } from '../../../src/serve/answer.ts';
import { Prefetch, type PrefetchOutcome } from '../../../src/serve/prefetch.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import type { StoredPage } from '../../../src/store/page-store.ts';
import { Answering, LIMIT, PERMITS } from './answering.ts';
import { request } from './ground.ts';

let gateway: Answering;
let prefetch: Prefetch;
let held: number;
let outcomes: PrefetchOutcome[];

beforeEach(() => {
  gateway = new Answering();
  held = 0;
  outcomes = [];
  const { clock } = gateway.ground;
  prefetch = make(new Pacing('adaptive', LIMIT, new EffectiveRate(LIMIT.rate, clock), clock));
});

function make(pacing: Pacing): Prefetch {
  return new Prefetch({
    store: gateway.store,
    keys: gateway.keys,
    flights: gateway.flights,
    permits: { ...PERMITS, held: () => held },
    pacing,
    clock: gateway.ground.clock,
    onOutcome: (outcome) => outcomes.push(outcome),
  });
}

const asked = (...given: Parameters<Answering['ask']>): Asked => {
  const ask = gateway.ask(...given);
  return { ...ask, key: gateway.keys.page(ask.request) };
};

const answerOf = (page: StoredPage, stored = true): Answer => ({
  page,
  body: page.body,
  etag: page.etag,
  waitedMs: 0,
  delivery: { cache: 'miss', expired: false, stored },
});

/** A walker is given the page behind the cursor `at`, which leads on to `next`. */
async function answered(at: string | undefined, next: string | undefined, rest = {}): Promise<void> {
  const question: Partial<PageRequest> = at === undefined ? {} : { nextToken: at };
  prefetch.answered(
    asked(question),
    answerOf(gateway.page('{}', { ...(next && { nextToken: next }), ...rest })),
  );
  await gateway.ground.clock.settle();
}

const fetched = async (): Promise<(string | undefined)[]> => {
  const keys: (string | undefined)[] = [];
  for (let claim = await gateway.ground.takeOff(); claim; claim = await gateway.ground.takeOff()) {
    expect(claim.class).toBe('idle');
    keys.push(claim.request.nextToken);
    await gateway.ground.land(claim, { page: gateway.page(), stored: true });
  }
  return keys;
};

describe('the page after', () => {
  test('is fetched for whoever came with a cursor, and not for the first page', async () => {
    await answered(undefined, 'b');
    expect(await fetched()).toEqual([]);
    await answered('b', 'c');
    expect(await fetched()).toEqual(['c']);
    await answered('c', undefined);
    expect(await fetched()).toEqual([]);
  });

  test('is not fetched twice, or when it is there', async () => {
    await answered('b', 'c');
    await answered('b', 'c');
    expect(await fetched()).toEqual(['c']);
    await gateway.keep(gateway.page(), { nextToken: 'd' });
    await answered('x', 'd');
    expect(await fetched()).toEqual([]);
  });

  test('never asks for the total', async () => {
    prefetch.answered(
      asked({ nextToken: 'b', withTotal: true }),
      answerOf(gateway.page('{}', { nextToken: 'c' })),
    );
    const claim = await gateway.ground.flying();
    expect(claim.request).toEqual(request({ nextToken: 'c', withTotal: false }));
  });

  test('is not fetched for whoever wants nothing fetched, or where nothing is kept', async () => {
    const leading = gateway.page('{}', { nextToken: 'c' });
    const directives = { noCache: false, onlyIfCached: true };
    prefetch.answered(asked({ nextToken: 'b' }, { directives }), answerOf(leading));
    prefetch.answered(asked({ nextToken: 'b' }), answerOf(leading, false));
    expect(await fetched()).toEqual([]);
  });

  test('waits for a budget that has permits to spare', async () => {
    held = 7;
    await answered('b', 'c');
    expect(await fetched()).toEqual([]);
    held = 6;
    await answered('b', 'c');
    expect(await fetched()).toEqual(['c']);
    prefetch = make(
      new Pacing('even', LIMIT, new EffectiveRate(LIMIT.rate, gateway.ground.clock), gateway.ground.clock),
    );
    await answered('c', 'd');
    expect(await fetched()).toEqual([]);
  });
});

describe('what was fetched ahead', () => {
  test('is used when somebody asks for it, and wasted when nobody has within a minute', async () => {
    await answered('b', 'c');
    await answered('x', 'y');
    await fetched();
    await answered('c', undefined);
    expect(outcomes).toEqual(['used']);
    await gateway.ground.clock.advance(60_000);
    await answered('b', undefined);
    await answered('p', 'q');
    expect(outcomes).toEqual(['used', 'wasted']);
  });

  test('by another replica and used here counts for one of ours, once', async () => {
    await answered('b', 'c');
    await answered('x', 'y');
    const theirs = gateway.page('{}', { prefetched: true });
    for (const token of ['t', 't']) prefetch.answered(asked({ nextToken: token }), answerOf(theirs));
    expect(outcomes).toEqual(['used']);
  });

  test('is used once, however often somebody asks for it', async () => {
    await answered('b', 'c');
    await answered('x', 'y');
    await fetched();
    const page = gateway.page('{}', { prefetched: true });
    for (const token of ['c', 'c']) prefetch.answered(asked({ nextToken: token }), answerOf(page));
    expect(outcomes).toEqual(['used']);
  });

  test('is judged by the hundred: mostly for nothing means ten minutes without', async () => {
    for (let number = 0; number < 100; number += 1) await answered(`b${number}`, `c${number}`);
    // As many as may be undecided at a time, as far as the queue takes them.
    for (let round = 0; outcomes.length < 100; round += 1) {
      await fetched();
      await gateway.ground.clock.advance(60_001);
      for (let number = 0; number < 100; number += 1)
        await answered(`r${round}b${number}`, `r${round}c${number}`);
    }
    await fetched();
    expect(outcomes.every((outcome) => outcome === 'wasted')).toBe(true);
    await answered('later', 'still later');
    expect(await fetched()).toEqual([]);
    await gateway.ground.clock.advance(600_000);
    await answered('later', 'still later');
    expect(await fetched()).toEqual(['still later']);
  });

  test('and has not been asked for yet is never more than a hundred pages', async () => {
    let ahead = 0;
    for (let number = 0; number < 120; number += 1) {
      await answered(`b${number}`, `c${number}`);
      ahead += (await fetched()).length;
    }
    expect(ahead).toBe(100);
    await answered('c0', undefined);
    await answered('b120', 'c120');
    expect(await fetched()).toEqual(['c120']);
    expect(outcomes).toEqual(['used']);
  });

  test('and mostly used goes on', async () => {
    for (let number = 0; number < 150; number += 1) {
      await answered(`c${number}`, `c${number + 1}`);
      await fetched();
    }
    expect(outcomes.length).toBeGreaterThan(140);
    await answered('c150', 'c151');
    expect(await fetched()).toEqual(['c151']);
  });
});
