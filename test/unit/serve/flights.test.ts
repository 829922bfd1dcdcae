import { describe, expect, test } from '@jest/globals';
import { GatewayError } from '../../../src/shared/errors.ts';
import { Ground, pageOf, QUEUE_LIMITS, request, team, watch } from './ground.ts';

const failure = new GatewayError('upstream_error', 'Amperity failed.');
const landing = (ground: Ground) => ({ page: pageOf('{"data":[]}', ground.clock.now()), stored: true });

describe('a crowd that wants one page', () => {
  test('is one flight, and everybody gets what it brings', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const teams = ['web', 'mail', 'shop'].map((name) => team(name));
    const crowd = Array.from({ length: 1000 }, (_, at) =>
      watch(flights.board(ground.boarding({ team: teams[at % 3] ?? team('web') }))),
    );
    const claim = await ground.flying();
    expect(await ground.takeOff()).toBeUndefined();
    const outcome = landing(ground);
    await ground.land(claim, outcome);
    for (const caller of crowd) expect(caller.value?.outcome).toBe(outcome);
    expect(crowd.filter((caller) => caller.value?.collapsed === false)).toHaveLength(1);
    expect(crowd[0]?.value?.collapsed).toBe(false);
  });

  test('takes one place of its team in the queue, however many it is', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const web = team('web', 1, 1);
    const crowd = Array.from({ length: 100 }, () => watch(flights.board(ground.boarding({ team: web }))));
    await ground.clock.settle();
    expect(await ground.queue.depths()).toMatchObject([{ team: 'web', flights: 1 }]);
    expect(crowd.every((caller) => caller.isPending)).toBe(true);
  });

  test('shares a failure, also with callers that come right after it', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const crowd = Array.from({ length: 5 }, () => watch(flights.board(ground.boarding())));
    await ground.land(await ground.flying(), { failure });
    for (const caller of crowd) expect(caller.value?.outcome).toEqual({ failure });
    await ground.clock.advance(QUEUE_LIMITS.failureMs - 1);
    const late = watch(flights.board(ground.boarding()));
    await ground.clock.settle();
    expect(late.value).toEqual({ outcome: { failure }, waitedMs: 0, collapsed: true });
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('leaves no timer and no flight behind', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const crowd = Array.from({ length: 5 }, () => watch(flights.board(ground.boarding())));
    await ground.land(await ground.flying(), landing(ground));
    expect(crowd.some((caller) => caller.isPending)).toBe(false);
    expect(ground.clock.pending).toBe(0);
    // A signal for the same key once more finds nobody.
    ground.signals.publish({ kind: 'settled', key: 'k', outcome: { failure } });
    watch(flights.board(ground.boarding({ lookedUpAt: Number.POSITIVE_INFINITY })));
    expect((await ground.flying()).key).toBe('k');
  });
});

describe('a caller who hangs up', () => {
  test('in the queue costs nothing', async () => {
    const ground = new Ground();
    const hangUp = new AbortController();
    const caller = watch(ground.flights().board(ground.boarding({ signal: hangUp.signal })));
    await ground.clock.advance(100);
    hangUp.abort();
    await ground.clock.settle();
    expect(caller.code).toBe('client_closed');
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('leaves nothing to be joined by the next one', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const hangUp = new AbortController();
    watch(flights.board(ground.boarding({ signal: hangUp.signal })));
    await ground.clock.settle();
    expect(flights.isExpected('k', false)).toBe(true);
    hangUp.abort();
    await ground.clock.settle();
    expect(flights.isExpected('k', false)).toBe(false);
    const next = watch(flights.board(ground.boarding()));
    await ground.land(await ground.flying(), landing(ground));
    expect(next.value).toMatchObject({ collapsed: false });
  });

  test('before boarding costs nothing', async () => {
    const ground = new Ground();
    const caller = watch(ground.flights().board(ground.boarding({ signal: AbortSignal.abort() })));
    await ground.clock.settle();
    expect(caller.code).toBe('client_closed');
    expect(await ground.takeOff()).toBeUndefined();
  });

  test.each([
    ['the same team', 'web'],
    ['another team', 'mail'],
  ])('does not take the flight away from others of %s', async (_whose, name) => {
    const ground = new Ground();
    const flights = ground.flights();
    const hangUp = new AbortController();
    watch(flights.board(ground.boarding({ signal: hangUp.signal })));
    const stays = watch(flights.board(ground.boarding({ team: team(name) })));
    await ground.clock.settle();
    hangUp.abort();
    const claim = await ground.flying();
    expect(claim.team).toBe(name);
    await ground.land(claim, landing(ground));
    expect(stays.value).toMatchObject({ collapsed: true });
  });

  test('while the flight is in the air does not end it, and the next caller is served by it', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const hangUp = new AbortController();
    const gone = watch(flights.board(ground.boarding({ signal: hangUp.signal })));
    const claim = await ground.flying();
    hangUp.abort();
    await ground.clock.settle();
    expect(gone.code).toBe('client_closed');
    const next = watch(flights.board(ground.boarding()));
    await ground.clock.settle();
    const outcome = landing(ground);
    await ground.land(claim, outcome);
    expect(next.value).toEqual({ outcome, waitedMs: 0, collapsed: true });
    expect(await ground.takeOff()).toBeUndefined();
  });
});

describe('a deadline', () => {
  test('that passes in the queue ends the wait and takes the flight out', async () => {
    const ground = new Ground();
    const caller = watch(ground.flights().board(ground.boarding({ maxWaitMs: 1000 })));
    await ground.clock.advance(999);
    expect(caller.isPending).toBe(true);
    await ground.clock.advance(1);
    expect(caller.code).toBe('deadline_exceeded');
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('does not pass while the flight is in the air, and the wait told is that in the queue', async () => {
    const ground = new Ground();
    const caller = watch(ground.flights().board(ground.boarding({ maxWaitMs: 1000 })));
    await ground.clock.advance(900);
    const claim = await ground.flying();
    await ground.clock.advance(50_000);
    await ground.land(claim, landing(ground));
    expect(caller.value?.waitedMs).toBe(900);
  });

  test.each(['web', 'mail'])('does not pass for a caller of %s who boards in the air', async (name) => {
    const ground = new Ground();
    const flights = ground.flights();
    watch(flights.board(ground.boarding({ team: team('web') })));
    const claim = await ground.flying();
    const late = watch(flights.board(ground.boarding({ team: team(name), maxWaitMs: 1000 })));
    await ground.clock.advance(30_000);
    await ground.land(claim, landing(ground));
    expect(late.value).toMatchObject({ waitedMs: 0, collapsed: true });
  });

  test('does not pass in the air for the first caller here of a flight that somebody else made', async () => {
    const ground = new Ground();
    watch(ground.flights().board(ground.boarding()));
    const claim = await ground.flying();
    // Another replica: it has seen no signal of this flight.
    const late = watch(ground.flights().board(ground.boarding({ team: team('mail'), maxWaitMs: 1000 })));
    await ground.clock.advance(30_000);
    await ground.land(claim, landing(ground));
    expect(late.value).toMatchObject({ waitedMs: 0, collapsed: true });
  });

  test('sums what was waited before each attempt', async () => {
    const ground = new Ground();
    const caller = watch(ground.flights().board(ground.boarding({ maxWaitMs: 1000 })));
    await ground.clock.advance(600);
    const first = await ground.flying();
    await ground.clock.advance(5000);
    await ground.putBack(first);
    await ground.clock.advance(300);
    const second = await ground.flying();
    await ground.clock.advance(5000);
    await ground.putBack(second);
    await ground.clock.advance(99);
    expect(caller.isPending).toBe(true);
    await ground.clock.advance(1);
    expect(caller.code).toBe('deadline_exceeded');
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('of an impatient caller does not end the flight of a patient one who came later', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const impatient = watch(flights.board(ground.boarding({ maxWaitMs: 1000 })));
    const patient = watch(flights.board(ground.boarding({ maxWaitMs: 20_000 })));
    await ground.clock.advance(15_000);
    expect(impatient.code).toBe('deadline_exceeded');
    await ground.land(await ground.flying(), landing(ground));
    expect(patient.value?.waitedMs).toBe(15_000);
  });

  test('is kept for each of a crowd that boards over time', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const crowd = [];
    for (let at = 0; at < 20; at += 1) {
      crowd.push(watch(flights.board(ground.boarding({ maxWaitMs: 2000 }))));
      await ground.clock.advance(300);
    }
    const claim = await ground.flying();
    await ground.land(claim, landing(ground));
    const waits = crowd.map((caller) => caller.value?.waitedMs ?? caller.code);
    const expected = crowd
      .map((_, at) => (20 - at) * 300)
      .map((ms) => (ms >= 2000 ? 'deadline_exceeded' : ms));
    expect(waits).toEqual(expected);
  });
});

describe('a full queue', () => {
  test.each([
    ['team', team('web', 1, 0), QUEUE_LIMITS, 'team_budget'],
    ['total', team('web'), { ...QUEUE_LIMITS, total: 0 }, 'shared_budget'],
  ])('refuses at once, by the bound of the %s', async (_bound, web, limits, code) => {
    const ground = new Ground(limits);
    const caller = watch(ground.flights().board(ground.boarding({ team: web })));
    await ground.clock.settle();
    expect(caller.code).toBe(code);
    expect(ground.clock.pending).toBe(0);
  });

  test('refuses nobody who joins a flight', async () => {
    const ground = new Ground({ ...QUEUE_LIMITS, total: 1 });
    const flights = ground.flights();
    watch(flights.board(ground.boarding()));
    const joins = watch(flights.board(ground.boarding({ team: team('mail') })));
    const another = watch(flights.board(ground.boarding({ key: 'other' })));
    await ground.clock.settle();
    expect(another.code).toBe('shared_budget');
    await ground.land(await ground.flying(), landing(ground));
    expect(joins.value).toMatchObject({ collapsed: true });
  });
});

describe('a caller who had looked into the store before a flight ended', () => {
  test('is told how it ended, and no other flight is made', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    watch(flights.board(ground.boarding()));
    const claim = await ground.flying();
    const lookedUpAt = ground.clock.now();
    await ground.land(claim, landing(ground));
    await ground.clock.advance(10);
    const late = watch(flights.board(ground.boarding({ lookedUpAt })));
    await ground.clock.settle();
    expect(late.value).toEqual({ outcome: {}, waitedMs: 0, collapsed: true });
    expect(await ground.takeOff()).toBeUndefined();
  });
});

test('a caller who boards in the very moment of the landing is served as well', async () => {
  const ground = new Ground();
  const flights = ground.flights();
  watch(flights.board(ground.boarding()));
  const claim = await ground.flying();
  const late: ReturnType<typeof watch>[] = [];
  ground.signals.subscribe(({ kind }) => {
    if (kind === 'settled') late.push(watch(flights.board(ground.boarding())));
  });
  await ground.land(claim, landing(ground));
  expect(late.map(({ value }) => value)).toEqual([{ outcome: {}, waitedMs: 0, collapsed: true }]);
});

describe('a total', () => {
  test('wanted by a later caller of the same team is asked for by the flight that still queues', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    watch(flights.board(ground.boarding()));
    watch(flights.board(ground.boarding({ request: request({ withTotal: true }) })));
    expect((await ground.flying()).request.withTotal).toBe(true);
  });
});

describe('a refresh', () => {
  test('flies in its class for nobody who waits', async () => {
    const ground = new Ground();
    await ground.flights().fetchBehind(ground.boarding(), 'refresh');
    expect(await ground.flying()).toMatchObject({ key: 'k', class: 'refresh', team: 'web' });
    expect(ground.clock.pending).toBe(0);
  });

  test('that a caller joins is his flight, though caused by somebody else', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    await flights.fetchBehind(ground.boarding(), 'refresh');
    const caller = watch(flights.board(ground.boarding()));
    const claim = await ground.flying();
    expect(claim.class).toBe('caller');
    await ground.land(claim, landing(ground));
    expect(caller.value).toMatchObject({ collapsed: true });
  });
});
