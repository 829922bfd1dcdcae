import { describe, expect, test } from '@jest/globals';
import { NO_DIRECTIVES } from '../../../src/serve/acceptance.ts';
import type { Ask } from '../../../src/serve/answer.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import { Answering, BODY, bytes } from './answering.ts';
import { watch } from './ground.ts';

const NEW = '{"data":["new"]}';

async function kept(afterMs = 1000): Promise<Answering> {
  const answering = new Answering();
  await answering.keep(answering.page());
  await answering.ground.clock.advance(afterMs);
  return answering;
}

const insisting: Partial<Ask> = { directives: { ...NO_DIRECTIVES, noCache: true }, mayRefuseFresh: true };
const onlyIfCached: Partial<Ask> = { directives: { ...NO_DIRECTIVES, onlyIfCached: true } };

describe('a caller who will have no stored answer', () => {
  test('waits for a new one, which is told apart and stored for the others', async () => {
    const answering = await kept();
    const caller = watch(answering.answers.answer(answering.ask({}, insisting)));
    await answering.bring(await answering.ground.flying(), answering.page(NEW));
    await answering.ground.clock.settle();
    expect(caller.value).toMatchObject({ delivery: { cache: 'bypass' } });
    expect(bytes(caller.value)).toBe(NEW);
    expect(await answering.answers.answer(answering.ask())).toMatchObject({ delivery: { cache: 'hit' } });
  });

  test('gets the failure rather than the stored one', async () => {
    const answering = await kept();
    const caller = watch(answering.answers.answer(answering.ask({}, insisting)));
    const failure = new GatewayError('upstream_error', 'Failed.');
    await answering.ground.land(await answering.ground.flying(), { failure });
    await answering.ground.clock.settle();
    expect(caller.error).toBe(failure);
  });

  test('has the total asked for anew as well', async () => {
    const answering = await kept();
    await answering.keepTotal(answering.total('7'));
    void watch(answering.answers.answer(answering.ask({ withTotal: true }, insisting)));
    expect((await answering.ground.flying()).request.withTotal).toBe(true);
  });
});

test('the age that a caller names counts from when the page was made, not from when it came', async () => {
  const answering = new Answering();
  const madeAt = answering.ground.clock.now() - 30_000;
  await answering.keep(answering.page(BODY, { madeAt }));
  const asking = (maxAgeMs: number) =>
    answering.ask({}, { directives: { ...NO_DIRECTIVES, maxAgeMs }, mayRefuseFresh: true });
  expect(await answering.answers.answer(asking(30_000))).toMatchObject({ delivery: { cache: 'hit' } });
  void watch(answering.answers.answer(asking(29_999)));
  expect(await answering.ground.flying()).toBeDefined();
});

describe('a caller who will have a stored answer only', () => {
  test('gets one that is fresh', async () => {
    const answering = await kept();
    expect(bytes(await answering.answers.answer(answering.ask({}, onlyIfCached)))).toBe(BODY);
  });

  test('gets one that is stale, and nothing flies behind', async () => {
    const answering = await kept(60_000);
    const answer = await answering.answers.answer(answering.ask({}, onlyIfCached));
    expect(answer.delivery).toEqual({ cache: 'stale', reason: 'stale-while-revalidate' });
    expect(await answering.ground.takeOff()).toBeUndefined();
  });

  test.each([180_000, 120_000])('is told that there is none after %d ms, and nothing flies', async (ms) => {
    const answering = await kept(ms);
    await expect(answering.answers.answer(answering.ask({}, onlyIfCached))).rejects.toMatchObject({
      code: 'not_cached',
    });
    expect(await answering.ground.takeOff()).toBeUndefined();
  });
});
