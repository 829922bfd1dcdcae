import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type HitHeadersPlace, hitHeaders } from '../../../src/http/hit-headers.ts';
import { answerHeaders } from '../../../src/http/response-headers.ts';
import type { Answer } from '../../../src/serve/answer.ts';

const STORED_AT = 1_700_000_000_000;

test('what is kept of a page is what would be written anew, at any time', () => {
  const rights = [true, false].map((revealCache) => ({ browserCache: false, revealCache }));
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 100_000, noNaN: true }),
      fc.array(fc.tuple(fc.nat(90_000), fc.nat(1)), { minLength: 1, maxLength: 60 }),
      (freshMs, asked) => {
        const page = {
          status: 200 as const,
          count: 0,
          storedAt: STORED_AT,
          freshUntil: STORED_AT + freshMs,
          staleUntil: STORED_AT + 1e6,
          errorUntil: STORED_AT + 1e6,
        };
        const answer: Answer = {
          page,
          body: Buffer.from('{}'),
          etag: 'W/"e"',
          delivery: { cache: 'hit' },
          waitedMs: 0,
        };
        const place: HitHeadersPlace = {};
        const [revealing = { browserCache: false, revealCache: true }] = rights;
        // Close to each other, so that what is kept is used; and the clock may be set back.
        let at = 0;
        for (const [afterMs, far] of asked) {
          at = far === 1 ? afterMs : at + (afterMs % 400);
          const now = STORED_AT + at;
          expect(hitHeaders(place, answer, now, revealing)).toEqual(answerHeaders(answer, now, revealing));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('what is kept of a page does not keep the page', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const place: HitHeadersPlace = {};
  const told = () => {
    const page = {
      status: 200 as const,
      count: 0,
      storedAt: STORED_AT,
      freshUntil: STORED_AT + 1000,
      staleUntil: STORED_AT + 1000,
      errorUntil: STORED_AT + 1000,
    };
    hitHeaders(
      place,
      { page, body: Buffer.from('{}'), etag: 'W/"e"', delivery: { cache: 'hit' }, waitedMs: 0 },
      STORED_AT,
      { browserCache: false, revealCache: true },
    );
    return new WeakRef(page);
  };
  const page = told();
  // What a WeakRef was made of lives until the turn of the event loop is over.
  await sleep(1);
  collectGarbage();
  expect(place.told).toBeDefined();
  expect(page.deref()).toBeUndefined();
});
