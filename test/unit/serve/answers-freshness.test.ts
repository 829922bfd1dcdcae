import { describe, expect, test } from '@jest/globals';
import { type ErrorCode, GatewayError } from '../../../src/shared/errors.ts';
import { Answering, BODY, bytes } from './answering.ts';
import { watch } from './ground.ts';

const NEW = '{"data":["new"]}';

/** A page of which so much time has passed since it was stored. */
async function aged(ms: number): Promise<Answering> {
  const answering = new Answering();
  await answering.keep(answering.page());
  await answering.ground.clock.advance(ms);
  return answering;
}

const FRESH = 59_999;
const STALE = [60_000, 119_999] as const;
const FALLBACK = [120_000, 179_999] as const;
const DEAD = 180_000;

describe('a fresh page', () => {
  test('is answered from the store, to its last millisecond, and nothing flies', async () => {
    const { answers, ask, ground } = bound(await aged(FRESH));
    expect(await answers.answer(ask())).toMatchObject({ delivery: { cache: 'hit' }, waitedMs: 0 });
    expect(bytes(await answers.answer(ask()))).toBe(BODY);
    expect(await ground.takeOff()).toBeUndefined();
  });
});

describe('a stale page', () => {
  test.each(STALE)('is answered at once after %d ms, and one refresh flies behind', async (ms) => {
    const { answers, ask, ground } = bound(await aged(ms));
    for (let caller = 0; caller < 100; caller += 1) {
      expect(await answers.answer(ask())).toMatchObject({
        delivery: { cache: 'stale', reason: 'stale-while-revalidate' },
        waitedMs: 0,
      });
    }
    expect(await ground.flying()).toMatchObject({ class: 'refresh' });
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('is fresh again after its refresh', async () => {
    const { answering, answers, ask, ground } = bound(await aged(60_000));
    await answers.answer(ask());
    await answering.bring(await ground.flying(), answering.page(NEW));
    const answer = await answers.answer(ask());
    expect([answer.delivery, bytes(answer)]).toEqual([{ cache: 'hit' }, NEW]);
  });

  test.each<ErrorCode>(['upstream_error', 'upstream_auth', 'upstream_rejected'])(
    'stays what it is when its refresh fails with %s',
    async (code) => {
      const { answers, ask, ground } = bound(await aged(60_000));
      await answers.answer(ask());
      await ground.land(await ground.flying(), { failure: new GatewayError(code, 'Failed.') });
      expect(await answers.answer(ask())).toMatchObject({
        delivery: { cache: 'stale', reason: 'stale-while-revalidate' },
      });
    },
  );
});

describe('a page that is a fallback only', () => {
  test.each(FALLBACK)('is replaced after %d ms by what a flight brings', async (ms) => {
    const { answering, answers, ask, ground } = bound(await aged(ms));
    const asked = watch(answers.answer(ask()));
    const claim = await ground.flying();
    expect(claim.class).toBe('caller');
    await answering.bring(claim, answering.page(NEW));
    expect(asked.value).toMatchObject({ delivery: { cache: 'miss', expired: true, stored: true } });
    expect(bytes(asked.value)).toBe(NEW);
  });

  test.each<[ErrorCode, string]>([
    ['upstream_error', 'stale-if-error'],
    ['upstream_budget', 'stale-if-error'],
    ['unavailable', 'stale-if-error'],
    ['team_budget', 'stale-if-over-budget'],
    ['shared_budget', 'stale-if-over-budget'],
    ['deadline_exceeded', 'stale-if-over-budget'],
  ])('excuses %s, by %s', async (code, reason) => {
    const { answers, ask, ground } = bound(await aged(120_000));
    const asked = watch(answers.answer(ask()));
    await ground.land(await ground.flying(), { failure: new GatewayError(code, 'Failed.') });
    expect(asked.value).toMatchObject({ delivery: { cache: 'stale', reason } });
    expect(bytes(asked.value)).toBe(BODY);
  });

  test.each<ErrorCode>([
    'upstream_auth',
    'upstream_rejected',
    'not_found',
    'internal',
    'client_closed',
    'forbidden_index',
  ])('does not excuse %s', async (code) => {
    const { answers, ask, ground } = bound(await aged(120_000));
    const asked = watch(answers.answer(ask()));
    await ground.land(await ground.flying(), { failure: new GatewayError(code, 'Failed.') });
    expect(asked.code).toBe(code);
  });

  test('excuses a deadline that passes in the queue, once it has passed', async () => {
    const { answers, ask, ground } = bound(await aged(120_000));
    const asked = watch(answers.answer(ask({}, { maxWaitMs: 5000 })));
    await ground.clock.advance(4999);
    expect(asked.isPending).toBe(true);
    await ground.clock.advance(1);
    expect(asked.value).toMatchObject({ delivery: { cache: 'stale', reason: 'stale-if-over-budget' } });
    expect(await ground.takeOff()).toMatchObject({ class: 'refresh' });
  });

  test('gives way to the news that there is no such thing any more', async () => {
    const { answering, answers, ask, ground } = bound(await aged(120_000));
    const asked = watch(answers.answer(ask()));
    await answering.bring(await ground.flying(), answering.page('', { status: 404 }));
    expect(asked.value?.page.status).toBe(404);
  });
});

describe('a page that is dead', () => {
  test.each<ErrorCode>(['upstream_error', 'deadline_exceeded', 'shared_budget', 'upstream_auth'])(
    'excuses nothing: %s is what the caller is told',
    async (code) => {
      const { answers, ask, ground } = bound(await aged(DEAD));
      const asked = watch(answers.answer(ask()));
      await ground.land(await ground.flying(), { failure: new GatewayError(code, 'Failed.') });
      expect(asked.code).toBe(code);
    },
  );

  test('is fetched like one that was never there', async () => {
    const { answering, answers, ask, ground } = bound(await aged(DEAD));
    const asked = watch(answers.answer(ask()));
    await answering.bring(await ground.flying(), answering.page(NEW));
    expect(asked.value?.delivery).toEqual({ cache: 'miss', expired: false, stored: true });
  });
});

/** Methods that may be taken out. */
function bound(answering: Answering) {
  return {
    answering,
    answers: answering.answers,
    ground: answering.ground,
    ask: answering.ask.bind(answering),
  };
}
