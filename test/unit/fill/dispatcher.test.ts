import { describe, expect, test } from '@jest/globals';
import { failed, HOLD_MS, landedFailure, landedPage, page, Tower } from './tower.ts';

describe('while nothing waits', () => {
  test('no permit is asked for', async () => {
    const tower = new Tower();
    await tower.clock.advance(10_000);
    expect([tower.permits.granted, tower.amperity.calls.length]).toEqual([0, 0]);
  });

  test('and everything has been flown, no more permits are asked for', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page();
    tower.ask('k');
    await tower.clock.advance(60_000);
    expect([tower.permits.spent, tower.permits.held()]).toEqual([1, 0]);
    expect(tower.permits.granted).toBe(1);
    expect(tower.clock.pending).toBe(0);
  });
});

describe('a flight', () => {
  test('costs one permit and one call', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page();
    const callers = ['a', 'b', 'c', 'a', 'b'].map((key) => tower.ask(key));
    await tower.clock.settle();
    expect(callers.map(landedPage)).toEqual(
      Array(5).fill({ body: '{"data":[1]}', stored: true, status: 200 }),
    );
    expect([tower.asked, tower.permits.spent]).toEqual([['a', 'b', 'c'], 3]);
  });

  test('takes off as soon as it has a permit, whatever others are doing in the air', async () => {
    const tower = new Tower();
    for (let number = 1; number <= 25; number += 1) tower.ask(`k${number}`);
    await tower.clock.settle();
    expect(tower.amperity.calls).toHaveLength(10);
    await tower.clock.advance(HOLD_MS);
    expect(tower.amperity.calls).toHaveLength(20);
    await tower.clock.advance(HOLD_MS);
    expect(tower.dispatcher.inFlight()).toBe(25);
  });

  test('is told to its callers when it takes off', async () => {
    const tower = new Tower();
    const told: string[] = [];
    tower.signals.subscribe((signal) => told.push(`${signal.kind} ${'key' in signal ? signal.key : ''}`));
    tower.ask('k');
    await tower.clock.settle();
    expect(told).toEqual(['queued k', 'claimed k']);
    tower.amperity.calls[0]?.answer(page());
    await tower.clock.settle();
    expect(told).toEqual(['queued k', 'claimed k', 'settled k']);
  });

  test('that nobody waits for any more is not flown, and its permit is not spent', async () => {
    const tower = new Tower();
    for (let number = 1; number <= 10; number += 1) tower.ask(`k${number}`);
    const impatient = tower.ask('late', {}, 500);
    await tower.clock.advance(HOLD_MS + 100);
    expect(impatient.code).toBe('deadline_exceeded');
    expect(tower.asked).not.toContain('late');
    expect(tower.permits.spent).toBe(10);
  });

  test('has until its grant ends to be sent', async () => {
    const tower = new Tower();
    tower.ask('k');
    await tower.clock.settle();
    const [call] = tower.amperity.calls;
    expect(call?.sendBy).toBe((call?.at ?? 0) + 2975);
  });

  test('whose request never reached the wire gives its permit back and is tried again', async () => {
    const tower = new Tower();
    tower.amperity.sends = false;
    tower.amperity.reply = (_call, number) => {
      tower.amperity.sends = number > 1;
      return number > 1 ? page() : failed({ reason: 'network' });
    };
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect([tower.permits.spent, tower.permits.held()]).toEqual([0, 0]);
    tower.amperity.sends = true;
    await tower.clock.advance(5000);
    expect(landedPage(caller)).toMatchObject({ status: 200 });
    expect(tower.permits.spent).toBe(1);
  });
});

describe('calls under way', () => {
  test('are never more than may be, and no permit is taken for one that would have to wait', async () => {
    const tower = new Tower({ maxInFlight: 2 });
    for (let number = 1; number <= 5; number += 1) tower.ask(`k${number}`);
    await tower.clock.advance(30_000);
    expect([tower.asked, tower.permits.granted]).toEqual([['k1', 'k2'], 2]);
    tower.amperity.calls[1]?.answer(page());
    await tower.clock.advance(100);
    expect([tower.asked, tower.dispatcher.inFlight()]).toEqual([['k1', 'k2', 'k3'], 2]);
  });

  test('of a lower class are looked at again at one pace, however often somebody asks for a turn', async () => {
    const tower = new Tower();
    for (let number = 1; number <= 8; number += 1) tower.ask(`k${number}`);
    await tower.clock.settle();
    await tower.refresh('refresh');
    for (let number = 0; number < 20; number += 1) tower.signals.publish({ kind: 'queued', key: 'refresh' });
    await tower.clock.advance(500);
    const before = tower.permits.granted;
    await tower.clock.advance(500);
    // Every 50 ms, by one timer.
    expect(tower.permits.granted - before).toBeLessThanOrEqual(11);
    expect(tower.asked).not.toContain('refresh');
    await tower.clock.advance(HOLD_MS);
    expect(tower.asked).toContain('refresh');
  });

  test('of a lower class are spaced evenly, and callers among them are not', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => page();
    const startedAt = tower.clock.monotonic();
    for (let number = 1; number <= 4; number += 1) await tower.refresh(`r${number}`);
    await tower.clock.advance(150);
    for (let number = 1; number <= 3; number += 1) tower.ask(`k${number}`);
    await tower.clock.advance(2000);
    const at = new Map(tower.amperity.calls.map((call) => [call.request.nextToken, call.at - startedAt]));
    for (const caller of ['k1', 'k2', 'k3']) expect((at.get(caller) ?? 0) - 150).toBeLessThan(5);
    const refreshes = ['r1', 'r2', 'r3', 'r4'].map((key) => at.get(key) ?? 0);
    for (const [place, refreshedAt] of refreshes.entries())
      expect(refreshedAt - (refreshes[place - 1] ?? -103)).toBeGreaterThanOrEqual(102);
    expect(refreshes.at(-1)).toBeLessThan(700);
  });

  test('are ended when the dispatcher closes, and no more are made', async () => {
    const tower = new Tower({ maxInFlight: 2 });
    for (let number = 1; number <= 5; number += 1) tower.ask(`k${number}`);
    await tower.clock.settle();
    expect(tower.amperity.calls.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    tower.dispatcher.close();
    expect(tower.amperity.calls.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    for (const call of tower.amperity.calls) call.answer(failed({ reason: 'network' }));
    tower.ask('later');
    await tower.clock.advance(120_000);
    expect(tower.amperity.calls).toHaveLength(2);
  });

  test('are told when they go out, and when they end with the time since then', async () => {
    const ended: unknown[] = [];
    let sent = 0;
    const tower = new Tower({
      onSent: () => {
        sent += 1;
      },
      onCall: (claim, answer, tookMs) => ended.push([claim.key, answer.kind, tookMs]),
    });
    tower.ask('k');
    await tower.clock.advance(700);
    expect([sent, ended]).toEqual([1, []]);
    tower.amperity.calls[0]?.answer(page());
    await tower.clock.settle();
    expect([sent, ended]).toEqual([1, [['k', 'page', 700]]]);
  });
});

test('a defect in judging an answer is told to the callers of that flight, and the next one is flown', async () => {
  let isBroken = true;
  const tower = new Tower({
    onCall: () => {
      if (isBroken) throw new TypeError('broken');
    },
  });
  tower.amperity.reply = () => page();
  const unlucky = tower.ask('k1');
  await tower.clock.settle();
  expect(landedFailure(unlucky)).toMatchObject({ code: 'internal' });
  isBroken = false;
  const lucky = tower.ask('k2');
  await tower.clock.settle();
  expect(landedPage(lucky)).toMatchObject({ status: 200 });
  expect(tower.dispatcher.inFlight()).toBe(0);
});
