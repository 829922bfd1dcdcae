import { describe, expect, test } from '@jest/globals';
import { GatewayError } from '../../../src/shared/errors.ts';
import { Answering, BODY, bytes } from './answering.ts';
import { QUEUE_LIMITS, request, team, watch } from './ground.ts';

describe('a page that is not in the store', () => {
  test('is fetched once for everybody, and each is told how it was come by and how long it queued', async () => {
    const answering = new Answering();
    const { answers, ground } = answering;
    const first = watch(answers.answer(answering.ask()));
    await ground.clock.advance(300);
    const second = watch(answers.answer(answering.ask({}, { team: team('mail') })));
    await ground.clock.advance(200);
    const claim = await ground.flying();
    await ground.clock.advance(7000);
    await answering.bring(claim, answering.page());
    expect(first.value).toMatchObject({
      delivery: { cache: 'miss', expired: false, stored: true },
      waitedMs: 500,
    });
    expect(second.value).toMatchObject({ delivery: { cache: 'shared', expired: false }, waitedMs: 200 });
    expect([bytes(first.value), bytes(second.value)]).toEqual([BODY, BODY]);
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('is fetched apart from a page of another question', async () => {
    const answering = new Answering();
    watch(answering.answers.answer(answering.ask()));
    watch(answering.answers.answer(answering.ask({ limit: 25 })));
    const claims = [await answering.ground.flying(), await answering.ground.flying()];
    expect(claims.map((claim) => claim.request.limit)).toEqual([undefined, 25]);
  });

  test('that Amperity does not let be stored reaches its callers all the same', async () => {
    const answering = new Answering();
    const callers = [1, 2].map(() => watch(answering.answers.answer(answering.ask())));
    const claim = await answering.ground.flying();
    await answering.ground.land(claim, { page: answering.page(), stored: false });
    expect(callers.map((caller) => caller.value?.delivery)).toEqual([
      { cache: 'miss', expired: false, stored: false },
      { cache: 'shared', expired: false },
    ]);
    expect(callers.map((caller) => bytes(caller.value))).toEqual([BODY, BODY]);
  });

  test('that does not exist is answered with that news, now and for as long as it is kept', async () => {
    const answering = new Answering();
    const asked = watch(answering.answers.answer(answering.ask()));
    const absent = answering.page('', { status: 404, etag: '' });
    await answering.bring(await answering.ground.flying(), absent);
    expect(asked.value).toMatchObject({ page: { status: 404 }, etag: '', delivery: { cache: 'miss' } });
    const again = await answering.answers.answer(answering.ask({ withTotal: true }));
    expect(again).toMatchObject({ page: { status: 404 }, delivery: { cache: 'hit' } });
    expect(bytes(again)).toBe('');
    expect(await answering.ground.takeOff()).toBeUndefined();
  });
});

describe('a flight that another replica has flown', () => {
  /** Asks, and is told by name alone that the flight has ended. */
  async function flownElsewhere(ending: 'kept' | 'not kept' | 'failed') {
    const answering = new Answering();
    const { answers, ground } = answering;
    const asked = watch(answers.answer(answering.ask()));
    const claim = await ground.flying();
    if (ending === 'kept') await answering.store.put(claim.key, answering.page());
    const failure = new GatewayError('upstream_error', 'Amperity failed.');
    await ground.queue.settle(claim, ending === 'failed' ? { failure } : {});
    ground.signals.publish({ kind: 'settled', key: claim.key });
    await ground.clock.settle();
    return { answering, ground, asked };
  }

  test('has its page read from the store', async () => {
    const { asked, ground } = await flownElsewhere('kept');
    expect(bytes(asked.value)).toBe(BODY);
    expect(asked.value?.delivery).toEqual({ cache: 'miss', expired: false, stored: true });
    expect(asked.value).toHaveProperty('expectedMs');
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('fails here as it failed there, at no further call', async () => {
    const { asked, ground } = await flownElsewhere('failed');
    expect(asked.code).toBe('upstream_error');
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('is flown again for a page that the store did not keep', async () => {
    const { answering, asked, ground } = await flownElsewhere('not kept');
    await answering.bring(await ground.flying(), answering.page());
    expect(bytes(asked.value)).toBe(BODY);
  });
});

describe('a page that lands between the look into the store and the queue', () => {
  /** Asks while a flight of somebody else's is about to land. */
  async function justMissed(lands: 'stored' | 'not stored') {
    const answering = new Answering();
    const { ground, store, keys } = answering;
    const key = keys.page(request());
    await ground.flights().fetchBehind(ground.boarding({ key }), 'refresh');
    const claim = await ground.flying();
    const asked = watch(answering.answers.answer(answering.ask()));
    // The store has been asked by now and has had nothing; what follows is done before its answer is read.
    if (lands === 'stored') void store.put(key, answering.page());
    void ground.queue.settle(claim, {});
    await ground.clock.settle();
    return { answering, asked };
  }

  test('is taken from the store', async () => {
    const { answering, asked } = await justMissed('stored');
    expect(asked.value).toMatchObject({ delivery: { cache: 'shared', expired: false }, waitedMs: 0 });
    expect(await answering.ground.takeOff()).toBeUndefined();
  });

  test('is fetched anew when no store keeps it', async () => {
    const { answering, asked } = await justMissed('not stored');
    const claim = await answering.ground.flying();
    await answering.ground.land(claim, { page: answering.page(), stored: false });
    expect(asked.value?.delivery).toEqual({ cache: 'miss', expired: false, stored: false });
  });
});

describe('a refusal', () => {
  test.each([
    ['team_budget', team('web', 1, 2), QUEUE_LIMITS, ['team']],
    ['shared_budget', team('web', 1, 9), { ...QUEUE_LIMITS, total: 2 }, ['upstream']],
  ])('by %s says how long the queue would take', async (code, web, limits, violatedPolicies) => {
    const answering = new Answering(limits);
    for (const limit of [1, 2]) watch(answering.answers.answer(answering.ask({ limit }, { team: web })));
    const refused = watch(answering.answers.answer(answering.ask({ limit: 3 }, { team: web })));
    await answering.ground.clock.settle();
    // Two permits go out before, one in 102.5 ms.
    expect(refused.error).toMatchObject({ code, info: { retryAfterMs: 205, violatedPolicies } });
  });

  test('counts what is left of the pause that Amperity asked for', async () => {
    const answering = new Answering({ ...QUEUE_LIMITS, total: 0 });
    answering.coolDown.refused(answering.ground.clock.monotonic(), 8000);
    await answering.ground.clock.advance(3000);
    const refused = watch(answering.answers.answer(answering.ask()));
    await answering.ground.clock.settle();
    expect(refused.error).toMatchObject({ code: 'shared_budget', info: { retryAfterMs: 5000 } });
  });
});

describe('a deadline', () => {
  test('that passes during the pause that Amperity asked for is Amperity’s refusal', async () => {
    const answering = new Answering();
    const asked = watch(answering.answers.answer(answering.ask()));
    await answering.ground.clock.advance(4000);
    answering.coolDown.refused(answering.ground.clock.monotonic(), 56_000);
    await answering.ground.clock.advance(6000);
    expect(asked.error).toMatchObject({
      code: 'upstream_budget',
      info: { retryAfterMs: 50_000, violatedPolicies: ['upstream'] },
    });
  });

  test('that passes without such a pause is the queue’s', async () => {
    const answering = new Answering();
    const asked = watch(answering.answers.answer(answering.ask()));
    await answering.ground.clock.advance(10_000);
    expect(asked.code).toBe('deadline_exceeded');
  });
});

test('a caller who hangs up leaves nothing to be flown', async () => {
  const answering = new Answering();
  const hangUp = new AbortController();
  const asked = watch(answering.answers.answer(answering.ask({}, { signal: hangUp.signal })));
  await answering.ground.clock.settle();
  hangUp.abort();
  await answering.ground.clock.settle();
  expect(asked.code).toBe('client_closed');
  expect(await answering.ground.takeOff()).toBeUndefined();
});
