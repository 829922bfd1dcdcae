import { describe, expect, test } from '@jest/globals';
import type { StoredPage } from '../../../src/store/page-store.ts';
import { readPageBody } from '../../../src/upstream/page-body.ts';
import { Answering, BODY, bytes, etag } from './answering.ts';
import { watch } from './ground.ts';

const WITH_TOTAL = { withTotal: true };
const COMPOSED = '{"total":42,"data":[]}';

/** A page as it is stored when Amperity sent these bytes. */
function received(answering: Answering, text: string): StoredPage {
  const read = readPageBody(Buffer.from(text), true);
  if (read === undefined) throw new Error('not a page');
  const { body, total } = read;
  return { ...answering.page(body.toString()), ...(total === undefined ? {} : { cutTotal: total }) };
}

describe('a page with its total', () => {
  test('is composed of a fresh page and a fresh total, and nothing flies', async () => {
    const answering = new Answering();
    await answering.keep(answering.page());
    await answering.keepTotal(answering.total('42'));
    const answer = await answering.answers.answer(answering.ask(WITH_TOTAL));
    expect([bytes(answer), answer.delivery]).toEqual([COMPOSED, { cache: 'hit' }]);
    expect(await answering.ground.takeOff()).toBeUndefined();
  });

  test('has the very bytes that Amperity sent it with', async () => {
    const answering = new Answering();
    const sent = '{ "data" : [ ] ,\n "total" : 42 }';
    await answering.keep(received(answering, sent));
    await answering.keepTotal(answering.total('42'));
    expect(bytes(await answering.answers.answer(answering.ask(WITH_TOTAL)))).toBe(sent);
    expect(bytes(await answering.answers.answer(answering.ask()))).toBe('{ "data" : [ ]  }');
  });

  test('has a validator of its own', async () => {
    const answering = new Answering();
    await answering.keep(answering.page());
    await answering.keepTotal(answering.total('42'));
    const [plain, composed] = [
      await answering.answers.answer(answering.ask()),
      await answering.answers.answer(answering.ask(WITH_TOTAL)),
    ];
    expect([plain.etag, composed.etag]).toEqual([etag(Buffer.from(BODY)), etag(Buffer.from(COMPOSED))]);
  });

  test('never reaches a caller who did not ask for it', async () => {
    const answering = new Answering();
    await answering.keepTotal(answering.total('42'));
    const joins = [WITH_TOTAL, {}].map((asked) => watch(answering.answers.answer(answering.ask(asked))));
    await answering.bring(await answering.ground.flying(), answering.page(), answering.total('42'));
    expect(joins.map((caller) => bytes(caller.value))).toEqual([COMPOSED, BODY]);
  });
});

describe('a total that somebody wants of a flight that others wait for', () => {
  test('is no reason to turn anybody away but who wants it, while Amperity fails at totals', async () => {
    const answering = new Answering();
    const { breakers, ground } = answering;
    const totals = breakers.for(answering.ask(WITH_TOTAL).request);
    const plain = watch(answering.answers.answer(answering.ask()));
    await ground.clock.settle();
    for (let call = 0; call < 10; call += 1) totals.record(`call-${call}`, true);
    const wanting = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    await ground.clock.settle();
    expect(wanting.code).toBe('unavailable');
    const claim = await ground.flying();
    expect(claim.request.withTotal).toBe(false);
    await answering.bring(claim, answering.page());
    expect(bytes(plain.value)).toBe(BODY);
  });

  test('lets others in behind it at no cost', async () => {
    const answering = new Answering();
    const { breakers, ground } = answering;
    const first = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    await ground.clock.settle();
    const totals = breakers.for(answering.ask(WITH_TOTAL).request);
    for (let call = 0; call < 10; call += 1) totals.record(`call-${call}`, true);
    const second = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    await answering.bring(await ground.flying(), answering.page(), answering.total('42'));
    expect([first, second].map((caller) => bytes(caller.value))).toEqual([COMPOSED, COMPOSED]);
  });
});

describe('a total that is missing', () => {
  test('is asked for together with a page that is missing too, in one call', async () => {
    const answering = new Answering();
    const asked = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    const claim = await answering.ground.flying();
    expect(claim.request.withTotal).toBe(true);
    await answering.bring(claim, answering.page(), answering.total('42'));
    expect(bytes(asked.value)).toBe(COMPOSED);
    expect(asked.value?.delivery).toEqual({ cache: 'miss', expired: false, stored: true });
    expect(await answering.ground.takeOff()).toBeUndefined();
  });

  test('is asked for even though the page is fresh', async () => {
    const answering = new Answering();
    await answering.keep(answering.page());
    const asked = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    const claim = await answering.ground.flying();
    expect(claim.request.withTotal).toBe(true);
    await answering.bring(claim, answering.page('{"data":[1]}'), answering.total('42'));
    expect(bytes(asked.value)).toBe('{"total":42,"data":[1]}');
  });

  test('is asked for once more by whoever joined a flight without it, once that has landed', async () => {
    const answering = new Answering();
    const { ground } = answering;
    const plain = watch(answering.answers.answer(answering.ask()));
    const first = await ground.flying();
    const wanting = [1, 2].map(() => watch(answering.answers.answer(answering.ask(WITH_TOTAL))));
    await ground.clock.settle();
    expect(await ground.takeOff()).toBeUndefined();
    await answering.bring(first, answering.page());
    expect(bytes(plain.value)).toBe(BODY);
    const second = await ground.flying();
    expect(second.request.withTotal).toBe(true);
    await answering.bring(second, answering.page(), answering.total('42'));
    expect(wanting.map((caller) => bytes(caller.value))).toEqual([COMPOSED, COMPOSED]);
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('because Amperity sends none is remembered, and the page goes without', async () => {
    const answering = new Answering();
    const asked = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    await answering.bring(await answering.ground.flying(), answering.page(), answering.total(undefined));
    expect(bytes(asked.value)).toBe(BODY);
    const again = await answering.answers.answer(answering.ask(WITH_TOTAL));
    expect([bytes(again), again.delivery]).toEqual([BODY, { cache: 'hit' }]);
  });
});

describe('a total that is there', () => {
  test('is not asked for again with each page of its walk', async () => {
    const answering = new Answering();
    await answering.keepTotal(answering.total('42'));
    const asked = watch(answering.answers.answer(answering.ask({ ...WITH_TOTAL, nextToken: 'page2' })));
    const claim = await answering.ground.flying();
    expect(claim.request).toMatchObject({ withTotal: false, nextToken: 'page2' });
    await answering.bring(claim, answering.page());
    expect(bytes(asked.value)).toBe(COMPOSED);
  });

  test('but stale is answered with a fresh page, and one refresh asks for both', async () => {
    const answering = new Answering();
    await answering.keepTotal(answering.total('42'));
    await answering.ground.clock.advance(60_000);
    await answering.keep(answering.page());
    const answer = await answering.answers.answer(answering.ask(WITH_TOTAL));
    expect(bytes(answer)).toBe(COMPOSED);
    expect(answer.delivery).toEqual({ cache: 'stale', reason: 'stale-while-revalidate' });
    expect(await answering.ground.flying()).toMatchObject({
      class: 'refresh',
      request: { withTotal: true },
    });
  });

  test('but too old is asked for again together with a page that is missing', async () => {
    const answering = new Answering();
    await answering.keepTotal(answering.total('41'));
    await answering.ground.clock.advance(60_000);
    const asked = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    const claim = await answering.ground.flying();
    expect(claim.request.withTotal).toBe(true);
    await answering.bring(claim, answering.page(), answering.total('42'));
    expect(bytes(asked.value)).toBe(COMPOSED);
  });

  test('does not keep the news away that there is no such index any more', async () => {
    const answering = new Answering();
    await answering.keepTotal(answering.total('42'));
    const asked = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    await answering.bring(await answering.ground.flying(), answering.page('', { status: 404 }));
    expect(asked.value?.page.status).toBe(404);
    expect(bytes(asked.value)).toBe('');
  });
});

describe('a page that can be kept by no store', () => {
  test('is answered with a total that came with it', async () => {
    const answering = new Answering();
    const asked = watch(answering.answers.answer(answering.ask(WITH_TOTAL)));
    const claim = await answering.ground.flying();
    await answering.ground.land(claim, {
      page: answering.page(),
      stored: false,
      total: answering.total('42'),
    });
    expect(bytes(asked.value)).toBe(COMPOSED);
  });
});
