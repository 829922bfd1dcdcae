import { beforeEach, expect, test } from '@jest/globals';
import { WHOLE } from '../../../src/projection/view.ts';
import { Answering } from './answering.ts';
import { request, team } from './ground.ts';

let gateway: Answering;
beforeEach(() => {
  gateway = new Answering();
});

const atOnce = (asked = {}) => {
  const { answers } = gateway;
  const named = answers.named(request(asked));
  const answer = answers.atOnce(named, WHOLE);
  if (answer !== undefined) answers.given(named, team('web'), answer);
  return answer;
};

const refreshes = async (): Promise<number> => {
  let made = 0;
  for (let claim = await gateway.ground.takeOff(); claim; claim = await gateway.ground.takeOff()) {
    expect(claim.class).toBe('refresh');
    await gateway.ground.land(claim, { page: gateway.page(), stored: true });
    made += 1;
  }
  return made;
};

test('a page is given at once while it is fresh or stale, and no longer', async () => {
  await gateway.keep(gateway.page());
  expect(atOnce()?.delivery).toEqual({ cache: 'hit' });
  await gateway.ground.clock.advance(60_000);
  expect(atOnce()?.delivery).toEqual({ cache: 'stale', reason: 'stale-while-revalidate' });
  await gateway.ground.clock.advance(60_000);
  expect(atOnce()).toBeUndefined();
});

test('a page with its total is as old as the older of the two', async () => {
  const { clock } = gateway.ground;
  await gateway.keepTotal(gateway.total('3'));
  await clock.advance(30_000);
  await gateway.keep(gateway.page());
  expect(atOnce({ withTotal: true })?.delivery.cache).toBe('hit');
  await clock.advance(30_000);
  expect(atOnce({ withTotal: true })?.delivery.cache).toBe('stale');
  expect(atOnce()?.delivery.cache).toBe('hit');
  await clock.advance(60_000);
  expect(atOnce({ withTotal: true })).toBeUndefined();
});

test('a stale page is refreshed behind, at most once a second however often it is given', async () => {
  const { clock } = gateway.ground;
  await gateway.keep(gateway.page());
  await gateway.keep(gateway.page(), { limit: 7 });
  await clock.advance(60_000);
  for (let number = 0; number < 5; number += 1) atOnce();
  atOnce({ limit: 7 });
  expect(await refreshes()).toBe(2);
  await clock.advance(999);
  atOnce();
  expect(await refreshes()).toBe(0);
  await clock.advance(1);
  atOnce();
  expect(await refreshes()).toBe(1);
});

test('a fresh page is not refreshed, and what is not given at once is not told', async () => {
  await gateway.keep(gateway.page());
  atOnce();
  atOnce({ limit: 8 });
  expect(await refreshes()).toBe(0);
  expect(gateway.answered).toEqual(['web']);
});
