import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Answer } from '../../../src/serve/answer.ts';
import { type AskFor, walk } from '../../../src/serve/walk.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import { Answering } from './answering.ts';
import { type Watched, watch } from './ground.ts';

const PAGES = [
  { body: '{"data":[1,2],"next_token":"b"}', nextToken: 'b', count: 2 },
  { body: '{"data":[3,4],"next_token":"c"}', nextToken: 'c', count: 2 },
  { body: '{"data":[5]}', nextToken: undefined, count: 1 },
];

let gateway: Answering;
beforeEach(() => {
  gateway = new Answering();
});

function start(maxProfiles = 1000) {
  const left = new AbortController();
  const askFor: AskFor = (nextToken) =>
    gateway.ask(nextToken === undefined ? {} : { nextToken }, { signal: left.signal });
  const pages = walk(gateway.answers, askFor, { maxProfiles }, gateway.ground.clock);
  const next = (): Watched<IteratorResult<Answer, void>> => watch(pages.next());
  return { next, pages, left };
}

/** The flight that waits lands with a page of the chain. */
async function land(number: number): Promise<string> {
  const claim = await gateway.ground.flying();
  const { body, count, nextToken } = PAGES[number] ?? { body: '', count: 0, nextToken: undefined };
  const page = gateway.page(body, { count, ...(nextToken !== undefined && { nextToken }) });
  await gateway.store.put(claim.key, page);
  await gateway.ground.land(claim, { page, stored: true });
  return claim.class;
}

describe('a walk', () => {
  test('takes its first page on a turn of its own, and the others as an export', async () => {
    const { next } = start();
    const first = next();
    expect(await land(0)).toBe('caller');
    expect(first.value?.value?.page.count).toBe(2);
    const second = next();
    expect(await land(1)).toBe('export');
    expect(String(second.value?.value?.body)).toContain('[3,4]');
    next();
    await land(2);
    const end = next();
    await gateway.ground.clock.settle();
    expect(end.value?.done).toBe(true);
  });

  test('asks for no page before the one before has been taken', async () => {
    const { next } = start();
    next();
    await land(0);
    await gateway.ground.clock.advance(60_000);
    expect(await gateway.ground.takeOff()).toBeUndefined();
  });

  test('takes a turn of its own again for a page that has waited for 20 s', async () => {
    const { next } = start();
    next();
    await land(0);
    const second = next();
    await gateway.ground.clock.settle();
    await gateway.ground.clock.advance(20_001);
    expect(await land(1)).toBe('caller');
    expect(second.value?.value?.page.count).toBe(2);
  });

  test('waits out a budget that refuses it', async () => {
    const { next } = start();
    next();
    await land(0);
    const second = next();
    const claim = await gateway.ground.flying();
    const failure = new GatewayError('upstream_budget', 'Amperity refuses.', { retryAfterMs: 5000 });
    await gateway.ground.land(claim, { failure });
    expect(second.isPending).toBe(true);
    await gateway.ground.clock.advance(5001);
    expect(await land(1)).toBe('export');
    expect(second.isPending).toBe(false);
  });

  test('asks for the very page that it did not get, and goes on behind it', async () => {
    const { next } = start();
    next();
    await land(0);
    const second = next();
    const asked: (string | undefined)[] = [];
    for (const code of ['shared_budget', 'upstream_error', 'unavailable'] as const) {
      const claim = await gateway.ground.flying();
      asked.push(claim.request.nextToken);
      await gateway.ground.land(claim, { failure: new GatewayError(code, 'No.', { retryAfterMs: 2000 }) });
      await gateway.ground.clock.advance(2001);
    }
    await gateway.ground.clock.advance(20_001);
    const claim = await gateway.ground.flying();
    expect([...asked, claim.request.nextToken]).toEqual(['b', 'b', 'b', 'b']);
    const page = gateway.page('{"data":[3,4],"next_token":"c"}', { count: 2, nextToken: 'c' });
    await gateway.ground.land(claim, { page, stored: true });
    expect(second.value?.value?.page.count).toBe(2);
    next();
    expect((await gateway.ground.flying()).request.nextToken).toBe('c');
  });

  test.each(['cursor_expired', 'upstream_auth', 'upstream_rejected'] as const)(
    'ends with %s',
    async (code) => {
      const { next } = start();
      next();
      await land(0);
      const second = next();
      await gateway.ground.land(await gateway.ground.flying(), { failure: new GatewayError(code, 'No.') });
      expect(second.code).toBe(code);
    },
  );

  test('asks four times for a page that Amperity fails with', async () => {
    const { next } = start();
    next();
    await land(0);
    const second = next();
    for (let tries = 1; tries <= 4; tries += 1) {
      expect(second.isPending).toBe(true);
      const failure = new GatewayError('upstream_error', 'No.', { retryAfterMs: 1500 });
      await gateway.ground.land(await gateway.ground.flying(), { failure });
      await gateway.ground.clock.advance(1501);
    }
    expect(second.code).toBe('upstream_error');
  });

  test('ends when the budget refuses it for five minutes', async () => {
    const { next } = start();
    next();
    await land(0);
    const second = next();
    for (let tries = 0; tries < 60 && second.isPending; tries += 1) {
      const claim = await gateway.ground.takeOff();
      const failure = new GatewayError('upstream_budget', 'Amperity refuses.', { retryAfterMs: 10_000 });
      if (claim !== undefined) await gateway.ground.land(claim, { failure });
      await gateway.ground.clock.advance(10_001);
    }
    expect(second.code).toBe('upstream_budget');
  });

  test('ends before it exceeds the limit of an export', async () => {
    const { next } = start(3);
    const first = next();
    await land(0);
    expect(first.value?.value?.page.count).toBe(2);
    const second = next();
    await land(1);
    expect(second.code).toBe('export_limit');
  });

  test('ends when its caller leaves, and its flight with it', async () => {
    const { next, left } = start();
    next();
    await land(0);
    const second = next();
    await gateway.ground.clock.settle();
    left.abort();
    await gateway.ground.clock.settle();
    expect(second.code).toBe('client_closed');
    expect(await gateway.ground.takeOff()).toBeUndefined();
  });

  test('ends when its caller leaves between two pages, though the next one is stored', async () => {
    const { next, left } = start();
    next();
    await land(0);
    await gateway.keep(gateway.page('{"data":[3]}', { count: 1 }), { nextToken: 'b' });
    left.abort();
    const second = next();
    await new Promise(setImmediate);
    await gateway.ground.clock.settle();
    expect(second.code).toBe('client_closed');
  });

  test('does not follow pages that lead in a circle', async () => {
    const { next } = start();
    next();
    await land(0);
    next();
    const claim = await gateway.ground.flying();
    const page = gateway.page('{"data":[9],"next_token":"b"}', { count: 1, nextToken: 'b' });
    await gateway.ground.land(claim, { page, stored: true });
    const third = next();
    await gateway.ground.clock.settle();
    expect(third.code).toBe('upstream_error');
  });
});
