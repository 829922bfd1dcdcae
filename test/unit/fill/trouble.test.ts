import { describe, expect, test } from '@jest/globals';
import type { UpstreamAnswer } from '../../../src/upstream/amperity.ts';
import { failed, landedFailure, landedPage, page, Tower, throttled } from './tower.ts';

const UNAUTHORIZED = (renewed: boolean): UpstreamAnswer => ({ kind: 'unauthorized', renewed });

describe('a call that the gateway was too late to make', () => {
  test('is made at once with another permit, and is nobody’s failure', async () => {
    const tower = new Tower({ attempts: 1 });
    const quick = tower.breakers.for({ route: 'profiles', index: 'idx-1', filters: [], withTotal: false });
    tower.amperity.sends = false;
    tower.amperity.reply = (_call, number) => {
      tower.amperity.sends = number >= 20;
      return number <= 20 ? { kind: 'unsent' } : page();
    };
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedPage(caller)).toMatchObject({ status: 200 });
    expect([tower.amperity.calls.length, tower.permits.spent, quick.state()]).toEqual([21, 1, 'closed']);
    // Nor has it used up what is left for retries of calls that do fail.
    const other = new Tower({ attempts: 2 });
    other.amperity.reply = (_call, number) => (number <= 20 ? { kind: 'unsent' } : failed());
    other.ask('k');
    await other.clock.advance(5000);
    expect(other.amperity.calls).toHaveLength(22);
  });

  test('as the probe of a breaker leaves the next one to find out', async () => {
    const tower = new Tower();
    const quick = tower.breakers.for({ route: 'profiles', index: 'idx-1', filters: [], withTotal: false });
    for (let call = 0; call < 10; call += 1) quick.record(`call-${call}`, true);
    await tower.clock.advance(5000);
    tower.amperity.reply = (_call, number) => (number === 1 ? { kind: 'unsent' } : failed());
    tower.ask('k');
    await tower.clock.settle();
    expect([tower.amperity.calls.length, quick.state()]).toEqual([2, 'open']);
  });
});

describe('a call that failed', () => {
  test('is tried again with a permit of its own, after a while', async () => {
    const tower = new Tower();
    tower.amperity.reply = (_call, number) => (number === 1 ? failed() : page());
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(tower.amperity.calls).toHaveLength(1);
    // Half of the longest first delay.
    await tower.clock.advance(199);
    expect(tower.amperity.calls).toHaveLength(1);
    await tower.clock.advance(1);
    expect(landedPage(caller)).toMatchObject({ status: 200 });
    expect(tower.permits.spent).toBe(2);
  });

  test('is tried as often as it may be, and then fails for everybody', async () => {
    const tower = new Tower({ attempts: 3 });
    tower.amperity.reply = () => failed({ upstreamRequestId: 'req-9' });
    const callers = [tower.ask('k'), tower.ask('k')];
    await tower.clock.advance(60_000);
    expect([tower.amperity.calls.length, tower.permits.spent]).toEqual([3, 3]);
    for (const caller of callers) {
      expect(landedFailure(caller)).toMatchObject({
        code: 'upstream_error',
        message: 'Amperity answered with status 503.',
        info: { retryAfterMs: 1000, upstreamRequestId: 'req-9' },
      });
    }
  });

  test('is tried once when there is one attempt', async () => {
    const tower = new Tower({ attempts: 1 });
    tower.amperity.reply = () => failed();
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedFailure(caller)).toMatchObject({ code: 'upstream_error' });
    expect(tower.amperity.calls).toHaveLength(1);
  });

  test('is not tried again where that would not help', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => failed({ reason: 'bad_answer', retryable: false });
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedFailure(caller)).toMatchObject({ code: 'upstream_error' });
    expect(tower.amperity.calls).toHaveLength(1);
  });

  test('because our credential may not read this says so', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => failed({ reason: 'auth', retryable: false });
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedFailure(caller)).toMatchObject({ code: 'upstream_auth' });
    // One index that is closed to us closes no other one.
    expect(tower.credential.refusal()).toBeUndefined();
  });

  test('is tried again no sooner than Amperity asks', async () => {
    const tower = new Tower();
    tower.amperity.reply = (_call, number) => (number === 1 ? failed({ retryAfterMs: 3000 }) : page());
    const caller = tower.ask('k');
    await tower.clock.advance(2999);
    expect(tower.amperity.calls).toHaveLength(1);
    await tower.clock.advance(1);
    expect(landedPage(caller)).toMatchObject({ status: 200 });
  });

  test('does not hold up others while it waits for its next attempt', async () => {
    const tower = new Tower();
    tower.amperity.reply = (call) => (call.request.nextToken === 'bad' ? failed() : page());
    tower.ask('bad');
    const others = ['a', 'b'].map((key) => tower.ask(key));
    await tower.clock.settle();
    expect(others.map(landedPage)).toMatchObject([{ status: 200 }, { status: 200 }]);
  });
});

describe('a 429', () => {
  test('pauses all calls, and the flight goes first when the pause is over', async () => {
    const tower = new Tower({ maxInFlight: 1 });
    tower.amperity.reply = (_call, number) => (number === 1 ? throttled() : page());
    const callers = ['first', 'second'].map((key) => tower.ask(key));
    await tower.clock.advance(999);
    expect(tower.asked).toEqual(['first']);
    await tower.clock.advance(1);
    expect(tower.asked.slice(0, 2)).toEqual(['first', 'first']);
    await tower.clock.advance(200);
    expect(tower.asked).toEqual(['first', 'first', 'second']);
    expect(callers.map(landedPage)).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  test('lasts as long as Amperity asks', async () => {
    const tower = new Tower();
    tower.amperity.reply = (_call, number) => (number === 1 ? throttled(7000) : page());
    tower.ask('k');
    await tower.clock.advance(6999);
    expect([tower.amperity.calls.length, tower.permits.spent]).toEqual([1, 1]);
    await tower.clock.advance(1);
    expect(tower.amperity.calls).toHaveLength(2);
  });

  test('does not count against the attempts of a flight', async () => {
    const tower = new Tower({ attempts: 1 });
    tower.amperity.reply = (_call, number) => (number <= 5 ? throttled() : page());
    const caller = tower.ask('k');
    await tower.clock.advance(1000 + 2000 + 4000 + 8000 + 16_000);
    expect(landedPage(caller)).toMatchObject({ status: 200 });
    expect(tower.amperity.calls).toHaveLength(6);
  });

  test('before a failure leaves the flight all its attempts', async () => {
    const tower = new Tower({ attempts: 2 });
    const answers = [throttled(), throttled(), failed(), throttled(), page()];
    tower.amperity.reply = (_call, number) => answers[number - 1];
    const caller = tower.ask('k');
    await tower.clock.advance(20_000);
    expect(landedPage(caller)).toMatchObject({ status: 200 });
    expect(tower.amperity.calls).toHaveLength(5);
  });

  test('after calls went through again begins with the shortest pause', async () => {
    const tower = new Tower();
    const answers = [throttled(), throttled(), page(), throttled()];
    tower.amperity.reply = (_call, number) => answers[number - 1];
    tower.ask('first');
    await tower.clock.advance(3000);
    expect(tower.amperity.calls).toHaveLength(3);
    tower.ask('second');
    await tower.clock.settle();
    expect(tower.coolDown.remainingMs()).toBe(1000);
  });

  test('leaves the deadline of its callers running during the pause', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => throttled(30_000);
    const caller = tower.ask('k', {}, 5000);
    await tower.clock.advance(4999);
    expect(caller.isPending).toBe(true);
    await tower.clock.advance(1);
    expect(caller.code).toBe('deadline_exceeded');
    await tower.clock.advance(60_000);
    expect(tower.amperity.calls).toHaveLength(1);
  });

  test('of calls sent together begins one pause', async () => {
    const tower = new Tower();
    const callers = Array.from({ length: 5 }, (_, number) => tower.ask(`k${number}`));
    await tower.clock.settle();
    tower.amperity.reply = () => page();
    for (const call of tower.amperity.calls) call.answer(throttled());
    await tower.clock.settle();
    expect(tower.coolDown.remainingMs()).toBe(1000);
    await tower.clock.advance(999);
    expect(tower.amperity.calls).toHaveLength(5);
    await tower.clock.advance(1500);
    expect(callers.map((caller) => landedPage(caller)?.status)).toEqual(Array(5).fill(200));
    expect(tower.amperity.calls).toHaveLength(10);
  });
});

describe('a 401', () => {
  test('after which there is a new token is tried once more, with a permit of its own', async () => {
    const tower = new Tower({ attempts: 1 });
    tower.amperity.reply = (_call, number) => (number === 1 ? UNAUTHORIZED(true) : page());
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedPage(caller)).toMatchObject({ status: 200 });
    expect(tower.permits.spent).toBe(2);
    expect(tower.credential.refusal()).toBeUndefined();
  });

  test('that comes again with the new token is the end of it', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => ({ ...UNAUTHORIZED(true), upstreamRequestId: 'req-4' }) as UpstreamAnswer;
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedFailure(caller)).toMatchObject({
      code: 'upstream_auth',
      info: { retryAfterMs: 10_000, upstreamRequestId: 'req-4' },
    });
    expect(tower.amperity.calls).toHaveLength(2);
  });

  test('without a new token is not tried again', async () => {
    const tower = new Tower();
    tower.amperity.reply = () => UNAUTHORIZED(false);
    const caller = tower.ask('k');
    await tower.clock.settle();
    expect(landedFailure(caller)).toMatchObject({ code: 'upstream_auth' });
    expect(tower.amperity.calls).toHaveLength(1);
  });
});

describe('while Amperity refuses our credential', () => {
  async function refused(): Promise<Tower> {
    const tower = new Tower();
    tower.amperity.reply = () => UNAUTHORIZED(false);
    tower.ask('first');
    await tower.clock.settle();
    return tower;
  }

  test('flights fail at once and spend no permits', async () => {
    const tower = await refused();
    const granted = tower.permits.granted;
    const callers = ['a', 'b', 'c'].map((key) => tower.ask(key));
    await tower.clock.settle();
    expect(callers.map((caller) => landedFailure(caller)?.code)).toEqual(Array(3).fill('upstream_auth'));
    await tower.clock.advance(9000);
    tower.ask('d');
    await tower.clock.advance(999);
    expect([tower.amperity.calls.length, tower.permits.granted]).toEqual([1, granted]);
  });

  test('refreshes fail at once as well: nothing of them is flown, so nothing needs a pace', async () => {
    const tower = await refused();
    const settled: string[] = [];
    tower.signals.subscribe((signal) => {
      if (signal.kind === 'settled') settled.push(signal.key);
    });
    for (const key of ['r1', 'r2', 'r3', 'r4']) await tower.refresh(key);
    await tower.clock.settle();
    expect(settled).toEqual(['r1', 'r2', 'r3', 'r4']);
  });

  test('it is tried again after ten seconds, and the refusal goes on', async () => {
    const tower = await refused();
    await tower.clock.advance(10_000);
    tower.ask('probe');
    await tower.clock.settle();
    expect(tower.asked).toEqual(['first', 'probe']);
    const caller = tower.ask('after');
    await tower.clock.settle();
    expect(landedFailure(caller)).toMatchObject({ code: 'upstream_auth' });
    expect(tower.amperity.calls).toHaveLength(2);
  });

  test('an answer to a call that was under way ends the refusal', async () => {
    const tower = new Tower();
    for (const key of ['first', 'second']) tower.ask(key);
    await tower.clock.settle();
    tower.amperity.calls[0]?.answer(UNAUTHORIZED(false));
    await tower.clock.settle();
    expect(tower.credential.refusal()).toMatchObject({ code: 'upstream_auth' });
    tower.amperity.calls[1]?.answer({ kind: 'absent', cacheControl: { noStore: false } });
    await tower.clock.settle();
    expect(tower.credential.refusal()).toBeUndefined();
    tower.ask('third');
    await tower.clock.settle();
    expect(tower.asked).toEqual(['first', 'second', 'third']);
  });

  test('an answer to a probe ends the refusal', async () => {
    const tower = await refused();
    await tower.clock.advance(10_000);
    tower.amperity.reply = () => page();
    const probe = tower.ask('probe');
    await tower.clock.settle();
    const after = tower.ask('after');
    await tower.clock.settle();
    expect([probe, after].map(landedPage)).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(tower.credential.refusal()).toBeUndefined();
  });

  test('one flight is the probe, however many wait when the ten seconds are over', async () => {
    const tower = await refused();
    const before = tower.asked.length;
    await tower.clock.advance(10_000);
    for (let flight = 0; flight < 8; flight += 1) tower.ask(`waiting-${flight}`);
    await tower.clock.settle();
    expect(tower.asked.length - before).toBe(1);
  });

  test('a flight that the breaker stops is no probe: the next one goes when Amperity has recovered', async () => {
    const tower = await refused();
    await tower.clock.advance(10_000);
    const breaker = tower.breakers.for({ route: 'profiles', index: 'idx-1', filters: [], withTotal: false });
    for (let call = 0; call < 10; call += 1) breaker.record(`call-${call}`, true);
    const stopped = tower.ask('stopped');
    await tower.clock.settle();
    expect(landedFailure(stopped)).toMatchObject({ code: 'unavailable' });
    expect(tower.credential.isProbing()).toBe(false);
    await tower.clock.advance(5000);
    tower.amperity.reply = () => page();
    const later = tower.ask('later');
    await tower.clock.settle();
    expect(landedPage(later)).toMatchObject({ status: 200 });
  });
});

test('flights that come together with a probe wait for what it finds, and all go if it finds nothing', async () => {
  const tower = new Tower();
  tower.amperity.reply = (_call, number) => (number === 1 ? UNAUTHORIZED(false) : undefined);
  tower.ask('first');
  await tower.clock.advance(10_000);
  const callers = ['a', 'b', 'c', 'd'].map((key) => tower.ask(key));
  await tower.clock.settle();
  expect(tower.amperity.calls).toHaveLength(2);
  tower.amperity.reply = () => page();
  tower.amperity.calls[1]?.answer(page());
  await tower.clock.advance(100);
  expect(callers.map((caller) => landedPage(caller)?.status)).toEqual([200, 200, 200, 200]);
});
