import { expect, test } from '@jest/globals';
import { Recorder } from '../../../src/console/recorder.ts';
import { MOST_INDEXES, MOST_TIMES } from '../../../src/console/second.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Begins with a whole second. */
function recording() {
  const clock = new ManualClock();
  const gauges = { effectiveRate: 10, coolDownMs: 0 };
  const recorder = new Recorder(clock, {
    effectiveRate: () => gauges.effectiveRate,
    coolDownMs: () => gauges.coolDownMs,
  });
  return { clock, gauges, recorder, from: clock.now() - (clock.now() % 1000) };
}

test('what happens is counted in the second in which it does', async () => {
  const { clock, recorder, from } = recording();
  recorder.sent();
  recorder.sent();
  recorder.ended('miss', 'ix');
  await clock.advance(1000);
  recorder.called('ok', 12.4);
  recorder.called('timeout', 60_000);
  recorder.ended('hit', 'ix');
  recorder.ended('hit', 'other');
  recorder.ended('failed', undefined);
  const quiet = { outcomes: {}, tookMs: [], effectiveRate: 10, coolDownMs: 0 };
  expect(recorder.seconds(from)).toEqual([
    { ...quiet, at: from, sent: 2, endings: { miss: 1 }, indexes: [['ix', 1]] },
    {
      ...quiet,
      at: from + 1000,
      sent: 0,
      outcomes: { ok: 1, timeout: 1 },
      tookMs: [12, 60_000],
      endings: { hit: 2, failed: 1 },
      indexes: [
        ['ix', 1],
        ['other', 1],
      ],
    },
  ]);
  expect(recorder.seconds(from + 1000)).toHaveLength(1);
});

test('a minute is kept, and no more', async () => {
  const { clock, recorder, from } = recording();
  recorder.sent();
  await clock.advance(60_000);
  expect(recorder.seconds(0)).toHaveLength(61);
  expect(recorder.seconds(0)[0]).toMatchObject({ at: from, sent: 1 });
  await clock.advance(1000);
  expect(recorder.seconds(0)).toHaveLength(61);
  expect(recorder.seconds(0)[0]).toMatchObject({ at: from + 1000, sent: 0 });
});

test('rate and pause are looked at each second', async () => {
  const { clock, gauges, recorder } = recording();
  gauges.effectiveRate = 7;
  gauges.coolDownMs = 500;
  await clock.advance(1000);
  expect(recorder.seconds(0)).toMatchObject([
    { effectiveRate: 10, coolDownMs: 0 },
    { effectiveRate: 7, coolDownMs: 500 },
  ]);
});

test('of many calls and indexes in a second some are kept', () => {
  const { recorder } = recording();
  for (let n = 0; n < 2 * MOST_TIMES; n += 1) recorder.called('ok', n);
  for (let n = 0; n < 2 * MOST_INDEXES; n += 1) recorder.ended('hit', `ix-${n}`);
  recorder.ended('hit', 'ix-0');
  const [second] = recorder.seconds(0);
  expect([second?.outcomes.ok, second?.tookMs.length]).toEqual([2 * MOST_TIMES, MOST_TIMES]);
  expect([second?.endings.hit, second?.indexes.length]).toEqual([2 * MOST_INDEXES + 1, MOST_INDEXES]);
  expect(second?.indexes[0]).toEqual(['ix-0', 2]);
});

test('problems are counted since the start, with when they were last', async () => {
  const { clock, recorder } = recording();
  recorder.problem('not_found');
  await clock.advance(100_000);
  recorder.problem('not_found');
  expect(recorder.problems()).toEqual({ not_found: { count: 2, lastAt: clock.now() } });
});

test('after the clock is set back a little nothing is lost, and after more it begins anew', async () => {
  const { clock, recorder, from } = recording();
  await clock.advance(5000);
  clock.set(-2000);
  recorder.sent();
  expect(recorder.seconds(0).at(-1)).toMatchObject({ at: from + 5000, sent: 1 });
  clock.set(-2000);
  recorder.sent();
  expect(recorder.seconds(0)).toMatchObject([{ at: from + 1000, sent: 1 }]);
});
