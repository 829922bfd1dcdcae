import { z } from 'zod';
import { flag, integer, noted } from './setting-leaf.ts';

const minuteMs = 60_000;
// Personal data leaves every cache within a day whatever else is set, so erasure completes by itself.
const dayMs = 24 * 60 * minuteMs;
const gibibyte = 1024 ** 3;

const memorySettings = z
  .strictObject({
    maxBytes: integer([1024, 64 * gibibyte], 64 * 1024 ** 2, 'Memory of one replica for pages.'),
    maxEntryBytes: integer(
      [1024, gibibyte],
      4 * 1024 ** 2,
      'Largest page kept in memory; at most `maxBytes`.',
    ),
    preparedBytes: integer(
      [0, 64 * gibibyte],
      16 * 1024 ** 2,
      'Memory for what is made of pages: as teams see them that are shown only some attributes, and compressed; beside `maxBytes`.',
    ),
  })
  .prefault({})
  .meta(noted('Pages in the memory of a replica.'));

export const cacheSettings = z
  .strictObject({
    freshMs: integer([0, dayMs], minuteMs, 'A page is answered from the cache this long.'),
    staleMs: integer([0, dayMs], 5 * minuteMs, 'Then: answered at once and refreshed behind.'),
    staleIfErrorMs: integer([0, dayMs], 15 * minuteMs, 'Then: answered when Amperity or the budget fails.'),
    totalFreshMs: integer([0, dayMs], 5 * minuteMs, 'A `total` is reused this long.'),
    maxRetentionMs: integer([1, dayMs], dayMs, 'Hard cap on all of the above together.'),
    failureMs: integer([0, minuteMs], 1000, 'A failure is shared this long.'),
    memory: memorySettings,
    prefetch: z
      .strictObject({
        enabled: flag(true, 'Fetch the next page of a walk ahead, from idle budget only.'),
      })
      .prefault({})
      .meta(noted('Fetching ahead.')),
    generation: z
      .strictObject({
        pollMs: integer([0, dayMs], 0, 'Above 0: watch `updated_at` of indexes in use this often.'),
      })
      .prefault({})
      .meta(noted('Noticing a rebuilt index.')),
    minimise: flag(
      false,
      'Store of a profile only what some team is shown. Each change of the teams that widens or narrows it empties the cache.',
    ),
    browserCache: flag(false, 'false: answers are `no-store`; true: `private, no-cache` with an ETag.'),
  })
  .prefault({})
  .meta(noted('How long pages are kept and answered.'));
