import { describe, expect, test } from '@jest/globals';
import type { FleetHealth, FleetMember, Trouble } from '../../../src/budget/fleet-health.ts';
import type { Signal } from '../../../src/signals/signals.ts';
import { UNPACED } from '../../contract/fair-queue/line.ts';
import { failed, landedFailure, landedPage, page, Tower } from './tower.ts';

/** Other replicas, of which the test says whether they may do better. */
class Others implements FleetHealth {
  member: FleetMember | undefined;
  readonly better = new Set<Trouble>(['quick', 'slow', 'credential']);

  join(member: FleetMember): void {
    this.member = member;
  }

  othersMayDoBetter(trouble: Trouble): boolean {
    return this.better.has(trouble);
  }
}

function setUp() {
  const health = new Others();
  const tower = new Tower({ health, attempts: 1 });
  const offered: string[] = [];
  tower.signals.subscribe((signal: Signal<unknown>) => {
    if (signal.kind === 'offered') offered.push(signal.key);
  });
  return { health, tower, offered };
}

/** Ten calls that fail, which open the breaker. */
async function broken(tower: Tower): Promise<void> {
  tower.amperity.reply = () => failed();
  for (let call = 0; call < 10; call += 1) tower.ask(`bad-${call}`);
  await tower.clock.advance(1100);
  expect(tower.amperity.calls).toHaveLength(10);
}

describe('a replica whose own calls fail, while others may do better,', () => {
  test('makes no call and takes no permit, keeps its callers waiting, and offers their flights', async () => {
    const { health, tower, offered } = setUp();
    await broken(tower);
    expect(health.member?.findings()).toMatchObject({ quick: { failing: expect.any(Number) } });
    const { granted } = tower.permits;
    const caller = tower.ask('k');
    await tower.clock.advance(2000);
    expect([tower.amperity.calls.length, tower.permits.granted - granted]).toEqual([10, 0]);
    expect(offered).toContain('k');
    expect(landedFailure(caller)).toBeUndefined();
    // Another replica flies it.
    const claims = [await tower.queue.claim('one', UNPACED), await tower.queue.claim('two', UNPACED)];
    expect(claims.map(({ claim }) => claim?.key)).toEqual(['bad-9', 'k']);
  });

  test('probes after a while, and takes part again when that goes well', async () => {
    const { health, tower } = setUp();
    await broken(tower);
    tower.amperity.reply = () => page();
    const callers = ['k1', 'k2'].map((key) => tower.ask(key));
    await tower.clock.advance(5000);
    expect(callers.map(landedPage)).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(health.member?.findings()).toMatchObject({ quick: 'well', credential: 'well' });
  });

  test('makes one call at a time to find out', async () => {
    const { tower } = setUp();
    await broken(tower);
    tower.amperity.reply = () => undefined;
    for (const key of ['k1', 'k2', 'k3']) tower.ask(key);
    await tower.clock.advance(8000);
    expect(tower.amperity.calls).toHaveLength(11);
  });

  test('tells its callers that Amperity fails as soon as nobody may do better', async () => {
    const { health, tower } = setUp();
    await broken(tower);
    const caller = tower.ask('k');
    await tower.clock.advance(500);
    health.better.clear();
    await tower.clock.advance(500);
    expect(landedFailure(caller)).toMatchObject({ code: 'unavailable' });
  });
});

test('a flight that found out that calls fail is left to the others, with its callers', async () => {
  const { tower } = setUp();
  tower.amperity.reply = () => failed();
  const callers = Array.from({ length: 10 }, (_, call) => tower.ask(`bad-${call}`));
  await tower.clock.advance(1100);
  // The tenth opened the breaker.
  expect(callers.map((caller) => landedFailure(caller) === undefined)).toEqual([
    ...Array(9).fill(false),
    true,
  ]);
  const { claim } = await tower.queue.claim('elsewhere', UNPACED);
  expect(claim).toMatchObject({ key: 'bad-9', setbacks: { declined: 1 } });
});

test('ten failures in a row are enough, however much went well before', async () => {
  const { health, tower } = setUp();
  tower.amperity.reply = (_call, number) => (number <= 60 ? page() : failed());
  for (let call = 0; call < 70; call += 1) tower.ask(`k-${call}`);
  await tower.clock.advance(8000);
  expect(tower.amperity.calls.length).toBe(70);
  expect(health.member?.findings()).toMatchObject({ quick: { failing: expect.any(Number) } });
});

test('a replica without a token leaves everything to others, and asks for one again after a second', async () => {
  const { health, tower } = setUp();
  tower.amperity.sends = false;
  tower.amperity.reply = () => ({ kind: 'tokenless', message: 'There is no token for Amperity.' });
  const caller = tower.ask('k');
  await tower.clock.advance(500);
  expect([tower.amperity.calls.length, tower.permits.spent]).toEqual([1, 0]);
  expect(landedFailure(caller)).toBeUndefined();
  health.better.clear();
  await tower.clock.advance(250);
  expect(landedFailure(caller)).toMatchObject({
    code: 'upstream_auth',
    message: 'There is no token for Amperity.',
  });
  const next = tower.ask('next');
  tower.amperity.sends = true;
  tower.amperity.reply = () => page();
  await tower.clock.settle();
  expect(landedFailure(next)).toMatchObject({ code: 'upstream_auth' });
  await tower.clock.advance(300);
  const last = tower.ask('last');
  await tower.clock.settle();
  expect(landedPage(last)).toMatchObject({ status: 200 });
});

test('a replica whose credential is refused leaves everything to others but a call every ten seconds', async () => {
  const { health, tower, offered } = setUp();
  tower.amperity.reply = () => ({ kind: 'unauthorized', renewed: false });
  tower.ask('first');
  await tower.clock.settle();
  expect(health.member?.findings()).toMatchObject({ credential: { failing: 10_000 } });
  const caller = tower.ask('k');
  await tower.clock.advance(9000);
  expect([tower.amperity.calls.length, offered.includes('k')]).toEqual([1, true]);
  expect(landedFailure(caller)).toBeUndefined();
  tower.amperity.reply = () => page();
  await tower.clock.advance(2000);
  expect(landedPage(caller)).toMatchObject({ status: 200 });
});

test('what others have found is adopted by a replica that has made no calls, and by no other', async () => {
  const { health, tower } = setUp();
  const { member } = health;
  member?.adopt('quick', 3000);
  expect(member?.findings()).toMatchObject({ quick: { failing: 3000 }, slow: 'unknown' });
  tower.ask('k');
  await tower.clock.advance(2900);
  expect(tower.amperity.calls).toHaveLength(0);
  tower.amperity.reply = () => page();
  await tower.clock.advance(400);
  expect(tower.amperity.calls).toHaveLength(1);
});
