import { z } from 'zod';
import { flag, integer, noted, optionalName } from './setting-leaf.ts';

// Node fires a timer of more than 2^31-1 ms at once; every duration below stays far under that.
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The shared allowance, the wait for it, and the calls it pays for. */
export const budgetSettings = z
  .strictObject({
    name: optionalName(
      'Releases with the same value share one allowance, a sandbox and its production say.',
      '`name`',
    ),
    rate: integer([1, 100_000], 10, 'Calls to Amperity per `windowMs`, whole fleet.'),
    windowMs: integer([10, hourMs], 1000, 'Length of the window that `rate` counts in.'),
    guardMs: integer([0, minuteMs], 25, 'Jitter allowance added to the window.'),
    pacing: z
      .enum(['adaptive', 'burst', 'even'])
      .default('adaptive')
      .meta(
        noted(
          'How permits spread over the window: evenly, in bursts, or evenly only while something is backlogged.',
        ),
      ),
    maxInFlight: integer([1, 10_000], 64, 'Concurrent calls to Amperity, whole fleet.'),
    whenRedisIsLost: z
      .enum(['share', 'closed'])
      .default('share')
      .meta(noted('While Redis is lost each replica keeps its share of the rate, or none calls.')),
    maxReplicas: integer([1, 1000], 4, 'Divisor for `share`: as many replicas as there can be.'),
  })
  .prefault({})
  .meta(noted('The allowance that Amperity gives the whole fleet.'));

export const queueSettings = z
  .strictObject({
    perTeam: integer([1, 1_000_000], 200, 'Waiting calls of one team; the next one is refused.'),
    total: integer([1, 1_000_000], 1000, 'Waiting calls of all teams together.'),
    maxWaitMs: integer(
      [1, hourMs],
      10_000,
      'Longest wait for permits, summed over retries; above 60000 gives a warning.',
    ),
  })
  .prefault({})
  .meta(noted('The fair queue in front of the budget.'));

export const upstreamSettings = z
  .strictObject({
    timeoutMs: integer(
      [1, 10 * minuteMs],
      60_000,
      'One call to Amperity, from the first byte sent to the last read.',
    ),
    connectTimeoutMs: integer([1, minuteMs], 3000, 'Setting up one connection.'),
    maxBodyBytes: integer([1024, 1024 ** 3], 8 * 1024 ** 2, 'Largest answer taken, packed and unpacked.'),
    attempts: integer([1, 10], 3, 'Calls made for one page before it fails; each takes a permit.'),
    rawBrackets: flag(
      true,
      'Send the brackets of `filter[name]` raw, as Amperity documents them; false: `%5B`, `%5D`.',
    ),
  })
  .prefault({})
  .meta(noted('Calls to Amperity.'));

export const exportSettings = z
  .strictObject({
    enabled: flag(true, 'Offer the export routes.'),
    maxProfiles: integer([1, 1_000_000_000], 1_000_000, 'Profiles after which an export ends.'),
    escapeFormulas: flag(true, 'Defuse CSV cells that a spreadsheet would run.'),
  })
  .prefault({})
  .meta(noted('All pages of a list as one stream.'));

export const drainSettings = z
  .strictObject({
    delayMs: integer(
      [0, 10 * minuteMs],
      5000,
      'After SIGTERM: not ready, still serving, until balancers noticed.',
    ),
    timeoutMs: integer(
      [0, 10 * minuteMs],
      25_000,
      'After that: time for running requests before the hard stop.',
    ),
  })
  .prefault({})
  .meta(noted('Shutting down.'));
