import { describe, expect, test } from '@jest/globals';
import type { AskQueue, Entered } from '../../../src/budget/fair-queue.ts';
import { sleep } from '../../../src/shared/clock.ts';
import { UNPACED } from '../../contract/fair-queue/line.ts';
import { Ground, pageOf, request, team, watch } from './ground.ts';

const REPLY_MS = 50;

/** The real queue behind a network: every reply takes its time. */
class DistantQueue implements AskQueue {
  readonly #ground: Ground;
  enters = 0;
  /** How long a request to enter is under way. */
  enterTakesMs = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async enter(...parts: Parameters<AskQueue['enter']>): Promise<Entered> {
    this.enters += 1;
    if (this.enterTakesMs > 0) await sleep(this.#ground.clock, this.enterTakesMs);
    const entered = await this.#ground.queue.enter(...parts);
    await sleep(this.#ground.clock, REPLY_MS);
    return entered;
  }

  async leave(key: string, name: string): Promise<void> {
    await this.#ground.queue.leave(key, name);
    await sleep(this.#ground.clock, REPLY_MS);
  }

  async turnsAhead(): Promise<number> {
    return 0;
  }
}

function distant() {
  const ground = new Ground();
  const queue = new DistantQueue(ground);
  return { ground, queue, flights: ground.flights(queue) };
}

const outcome = { page: pageOf('{"data":[]}', 0), stored: true };

describe('while the queue is slow to reply,', () => {
  test('a flight that took off meanwhile is known to be in the air', async () => {
    const { ground, flights } = distant();
    const caller = watch(flights.board(ground.boarding({ maxWaitMs: 1000 })));
    const claim = await ground.flying();
    await ground.clock.advance(20_000);
    await ground.land(claim, outcome);
    expect(caller.value?.waitedMs).toBe(0);
  });

  test('a flight that was put back meanwhile is known to queue', async () => {
    const { ground, flights } = distant();
    watch(ground.flights().board(ground.boarding({ team: team('mail') })));
    const claim = await ground.flying();
    // The reply says that the flight is in the air, which is true no more when it comes.
    const caller = watch(flights.board(ground.boarding({ maxWaitMs: 1000 })));
    await ground.clock.advance(10);
    await ground.putBack(claim);
    await ground.clock.advance(2000);
    expect(caller.code).toBe('deadline_exceeded');
  });

  test('a flight that landed meanwhile has served its caller', async () => {
    const { ground, flights } = distant();
    const caller = watch(flights.board(ground.boarding()));
    await ground.land(await ground.flying(), outcome);
    expect(caller.value).toMatchObject({ outcome, waitedMs: 0 });
    await ground.clock.advance(1000);
    expect(await ground.takeOff()).toBeUndefined();
  });

  test('a caller who hangs up meanwhile costs nothing', async () => {
    const { ground, flights } = distant();
    const hangUp = new AbortController();
    const caller = watch(flights.board(ground.boarding({ signal: hangUp.signal })));
    await ground.clock.advance(10);
    hangUp.abort();
    await ground.clock.advance(1000);
    expect(caller.code).toBe('client_closed');
    expect(await ground.takeOff()).toBeUndefined();
  });
});

test('an interest that reaches the queue after its caller has left is taken back', async () => {
  const { ground, queue, flights } = distant();
  queue.enterTakesMs = 30;
  const hangUp = new AbortController();
  watch(flights.board(ground.boarding({ signal: hangUp.signal })));
  await ground.clock.advance(10);
  hangUp.abort();
  await ground.clock.advance(1000);
  expect(queue.enters).toBe(1);
  expect(await ground.takeOff()).toBeUndefined();
});

describe('the queue is asked', () => {
  test('once per team for a crowd that comes within a second', async () => {
    const { ground, queue, flights } = distant();
    for (let at = 0; at < 100; at += 1) {
      watch(flights.board(ground.boarding({ team: team(at % 2 === 0 ? 'web' : 'mail') })));
      await ground.clock.advance(9);
    }
    expect(queue.enters).toBe(2);
  });

  test('again when a caller would wait longer, or wants the total as well', async () => {
    const { ground, queue, flights } = distant();
    watch(flights.board(ground.boarding({ maxWaitMs: 1000 })));
    watch(flights.board(ground.boarding({ maxWaitMs: 30_000 })));
    expect(queue.enters).toBe(2);
    watch(flights.board(ground.boarding({ request: request({ withTotal: true }) })));
    expect(queue.enters).toBe(3);
    watch(flights.board(ground.boarding({ request: request({ withTotal: true }) })));
    watch(flights.board(ground.boarding()));
    expect(queue.enters).toBe(3);
  });
});

describe('where signals can get lost and the queue can be away,', () => {
  /** The real queue, which is away for a while and may forget what it held. */
  class UnsteadyQueue implements AskQueue {
    readonly #ground: Ground;
    isAway = false;

    constructor(ground: Ground) {
      this.#ground = ground;
    }

    async enter(...parts: Parameters<AskQueue['enter']>): Promise<Entered> {
      if (this.isAway) throw new Error('away');
      return this.#ground.queue.enter(...parts);
    }

    async leave(key: string, name: string): Promise<void> {
      if (this.isAway) throw new Error('away');
      await this.#ground.queue.leave(key, name);
    }

    async turnsAhead(): Promise<number> {
      return 0;
    }
  }

  function unsteady() {
    const ground = new Ground();
    const queue = new UnsteadyQueue(ground);
    return { ground, queue, flights: ground.flights(queue, undefined, 1000) };
  }

  test('a flight whose end nobody told is found to have ended within a second', async () => {
    const { ground, flights } = unsteady();
    const callers = ['web', 'mail'].map((name) =>
      watch(flights.board(ground.boarding({ team: team(name) }))),
    );
    await ground.queue.settle(await ground.flying(), {});
    await ground.clock.advance(1000);
    expect(callers.map(({ value }) => value?.outcome)).toEqual([{}, {}]);
  });

  test('an end that was told without what it brought is passed on as such', async () => {
    const { ground, flights } = unsteady();
    const caller = watch(flights.board(ground.boarding()));
    await ground.clock.settle();
    ground.signals.publish({ kind: 'settled', key: 'k' });
    await ground.clock.settle();
    expect(caller.value?.outcome).toEqual({});
  });

  test('a flight that cannot be entered now is entered when the queue is back', async () => {
    const { ground, queue, flights } = unsteady();
    queue.isAway = true;
    const caller = watch(flights.board(ground.boarding({ maxWaitMs: 5000 })));
    await ground.clock.advance(2500);
    expect(caller.isPending).toBe(true);
    queue.isAway = false;
    await ground.clock.advance(1000);
    await ground.land(await ground.flying(), outcome);
    expect(caller.value).toMatchObject({ outcome });
  });

  test('a flight that the queue has forgotten is made anew', async () => {
    const { ground, flights } = unsteady();
    const caller = watch(flights.board(ground.boarding()));
    await ground.clock.settle();
    await ground.queue.leave('k', 'web');
    expect(await ground.takeOff()).toBeUndefined();
    await ground.clock.advance(1000);
    await ground.land(await ground.flying(), outcome);
    expect(caller.value).toMatchObject({ outcome });
  });

  test('a flight that was in the air where it has been forgotten waits again, and so do its callers', async () => {
    const { ground, flights } = unsteady();
    const caller = watch(flights.board(ground.boarding({ maxWaitMs: 3000 })));
    const other = watch(flights.board(ground.boarding({ key: 'other', maxWaitMs: 30_000 })));
    await ground.clock.settle();
    for (const key of ['k', 'other']) ground.signals.publish({ kind: 'claimed', key });
    const queued: string[] = [];
    ground.signals.subscribe((signal) => {
      if (signal.kind === 'queued') queued.push(signal.key);
    });
    await ground.clock.advance(1000);
    expect(new Set(queued)).toEqual(new Set(['k', 'other']));
    await ground.clock.advance(3000);
    expect([caller.code, other.isPending]).toEqual(['deadline_exceeded', true]);
  });

  test('nobody waits for longer than their deadline, and then nothing is asked any more', async () => {
    const { ground, queue, flights } = unsteady();
    queue.isAway = true;
    const caller = watch(flights.board(ground.boarding({ maxWaitMs: 3000 })));
    await ground.clock.advance(3000);
    expect(caller.code).toBe('deadline_exceeded');
    await ground.clock.advance(2000);
    expect(ground.clock.pending).toBe(0);
  });
});

describe('the fill side is told', () => {
  test('about a flight as soon as it can be claimed, and not about one in the air', async () => {
    const ground = new Ground();
    const flights = ground.flights();
    const told: Promise<unknown>[] = [];
    let queued = 0;
    ground.signals.subscribe(({ kind }) => {
      if (kind !== 'queued') return;
      queued += 1;
      told.push(ground.queue.claim(`told-${queued}`, UNPACED).then(({ claim }) => claim));
    });
    watch(flights.board(ground.boarding()));
    await ground.clock.settle();
    expect(queued).toBe(1);
    expect(await Promise.all(told)).toMatchObject([{ key: 'k' }]);
    ground.signals.publish({ kind: 'claimed', key: 'k' });
    watch(flights.board(ground.boarding({ team: team('mail') })));
    await ground.clock.settle();
    expect(queued).toBe(1);
  });

  test('about a refresh', async () => {
    const ground = new Ground();
    const kinds: string[] = [];
    ground.signals.subscribe(({ kind }) => kinds.push(kind));
    await ground.flights().fetchBehind(ground.boarding(), 'refresh');
    expect(kinds).toEqual(['queued']);
    await ground.flying();
    await ground.flights().fetchBehind(ground.boarding(), 'refresh');
    expect(kinds).toEqual(['queued', 'claimed']);
  });
});
