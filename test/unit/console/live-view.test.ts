import { expect, test } from '@jest/globals';
import { LiveView, type Snapshot } from '../../../src/console/live-view.ts';
import { Recorder } from '../../../src/console/recorder.ts';
import type { Exchange, Message } from '../../../src/console/report.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Carries what each end publishes to all others, as pub/sub does to all including itself, as long as it is up. */
class Air {
  isUp = true;
  readonly messages: Message[] = [];
  readonly #listeners = new Set<(message: Message) => void>();

  end(): Exchange {
    return {
      publish: (message) => {
        this.messages.push(message);
        if (this.isUp) for (const listener of this.#listeners) listener(structuredClone(message));
      },
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }
}

function replicaOn(air: Air | undefined, replica: string, clock = new ManualClock()) {
  const recorder = new Recorder(clock, { effectiveRate: () => 10, coolDownMs: () => 0 });
  const status = async () => ({ name: replica });
  const onDefect = (error: unknown): void => {
    throw error;
  };
  const live = new LiveView({
    replica,
    recorder,
    status,
    clock,
    onDefect,
    ...(air && { exchange: air.end() }),
  });
  return { clock, live, recorder };
}

const sentIn = ({ seconds }: Snapshot): number[] => seconds.map(({ sent }) => sent);

test('who watches is told at once, and then each second, for a minute back at first', async () => {
  const { clock, live, recorder } = replicaOn(undefined, 'a');
  await clock.advance(30_000);
  recorder.sent();
  await clock.advance(2000);
  const views: Snapshot[] = [];
  live.watch((view) => views.push(view));
  await clock.settle();
  expect(views).toHaveLength(1);
  expect(sentIn(views[0] as Snapshot)).toEqual([...Array(30).fill(0), 1, 0]);
  await clock.advance(5300);
  expect(views).toHaveLength(6);
  expect(sentIn(views[3] as Snapshot)).toContain(1);
  expect(views[4]?.seconds.length).toBeLessThanOrEqual(4);
  expect(views[4]?.replicas).toEqual([{ replica: 'a', ageMs: 0, status: { name: 'a' } }]);
});

test('a second is told when it is over', async () => {
  const { clock, live, recorder } = replicaOn(undefined, 'a');
  const views: Snapshot[] = [];
  live.watch((view) => views.push(view));
  recorder.sent();
  await clock.settle();
  expect(sentIn(views[0] as Snapshot)).toEqual([]);
  await clock.advance(1300);
  expect(sentIn(views[1] as Snapshot)).toEqual([1]);
});

test('what other replicas did in the last minute and do is added', async () => {
  const air = new Air();
  const one = replicaOn(air, 'a');
  const two = replicaOn(air, 'b', one.clock);
  two.recorder.sent();
  one.recorder.sent();
  await one.clock.advance(10_000);
  const views: Snapshot[] = [];
  one.live.watch((view) => views.push(view));
  two.recorder.sent();
  await one.clock.advance(3300);
  const { replicas, seconds } = views[3] as Snapshot;
  expect(replicas.map(({ replica }) => replica)).toEqual(['a', 'b']);
  expect(seconds.map(({ sent }) => sent)).toEqual([2, ...Array(9).fill(0), 1, 0, 0]);
});

test('replicas are silent until somebody watches, and again when nobody does any more', async () => {
  const air = new Air();
  const one = replicaOn(air, 'a');
  replicaOn(air, 'b', one.clock);
  await one.clock.advance(5000);
  expect(air.messages).toEqual([]);
  const leave = one.live.watch(() => {});
  await one.clock.advance(5000);
  expect(air.messages.filter(({ kind }) => kind === 'report').length).toBeGreaterThanOrEqual(5);
  leave();
  await one.clock.advance(5000);
  air.messages.length = 0;
  await one.clock.advance(60_000);
  expect(air.messages).toEqual([]);
});

test('clocks that differ do not spread a second over two', async () => {
  const air = new Air();
  const one = replicaOn(air, 'a');
  const ahead = new ManualClock();
  ahead.set(3_600_300);
  const two = replicaOn(air, 'b', ahead);
  const views: Snapshot[] = [];
  one.live.watch((view) => views.push(view));
  for (let n = 0; n < 50; n += 1) {
    two.recorder.sent();
    one.recorder.sent();
    await Promise.all([one.clock.advance(100), two.clock.advance(100)]);
  }
  // The first one the other has begun in its midst, and what it tells of the last one comes a turn later.
  expect(sentIn(views.at(-1) as Snapshot).slice(1, -1)).toEqual([20]);
});

test('of a replica that has gone what it did stays, with how long ago it was heard of', async () => {
  const air = new Air();
  const one = replicaOn(air, 'a');
  const two = replicaOn(air, 'b', one.clock);
  const views: Snapshot[] = [];
  one.live.watch((view) => views.push(view));
  two.recorder.sent();
  await one.clock.advance(2000);
  air.isUp = false;
  await one.clock.advance(20_000);
  const last = views.at(-1) as Snapshot;
  expect(last.replicas.map(({ replica }) => replica)).toEqual(['a', 'b']);
  expect(last.replicas[1]?.ageMs).toBeGreaterThanOrEqual(20_000);
  await one.clock.advance(60_000);
  expect(views.at(-1)?.replicas).toHaveLength(1);
});
