import { describe, expect, test } from '@jest/globals';
import type { PermitSource } from '../../../src/budget/outage.ts';
import type { Grant, Permits } from '../../../src/budget/permits.ts';
import { SwitchedPermits } from '../../../src/budget/switched-permits.ts';

/** Grants when the test says so, and knows what became of it. */
class ManualPermits implements Permits {
  readonly #waiting: ((grant: Grant) => Promise<boolean>)[] = [];
  readonly #done: (() => void)[] = [];
  sent = 0;
  unused = 0;

  acquire(use: (grant: Grant) => Promise<boolean>): Promise<void> {
    this.#waiting.push(use);
    return new Promise((done) => this.#done.push(done));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  async grant(): Promise<void> {
    const use = this.#waiting.shift();
    if (use === undefined) throw new Error('nobody waits');
    if (await use({ sendBy: 0 })) this.sent += 1;
    else this.unused += 1;
    this.#done.shift()?.();
    await new Promise(setImmediate);
  }

  tune(): void {}
  waitMs = (): number => 0;
  held = (): number => this.sent;
  close(): void {}
}

function switched() {
  const shared = new ManualPermits();
  const local = new ManualPermits();
  const at = { source: 'shared' as PermitSource };
  const permits = new SwitchedPermits({ shared, local }, () => at.source);
  const go = (source: PermitSource): void => {
    at.source = source;
    permits.switched();
  };
  return { shared, local, permits, go };
}

describe('whoever waits for a permit', () => {
  test('gets it from the source of the moment', async () => {
    const { shared, local, permits } = switched();
    let used = 0;
    const done = permits.acquire(async () => ++used > 0);
    await shared.grant();
    await done;
    expect([used, shared.sent, local.waiting]).toEqual([1, 1, 0]);
  });

  test('goes on waiting at the new source, and gets one permit in all', async () => {
    const { shared, local, permits, go } = switched();
    let used = 0;
    const done = permits.acquire(async () => ++used > 0);
    go('none');
    expect(local.waiting).toBe(0);
    go('local');
    await local.grant();
    await done;
    // What the lost limiter grants at last goes back unused, and is not asked for again.
    await shared.grant();
    expect([used, local.sent, shared.unused, shared.waiting]).toEqual([1, 1, 1, 0]);
  });

  test('gives back what is granted while nothing may be, and is not forgotten', async () => {
    const { shared, permits, go } = switched();
    let used = 0;
    void permits.acquire(async () => ++used > 0);
    go('none');
    await shared.grant();
    expect([used, shared.unused]).toEqual([0, 1]);
    go('shared');
    await shared.grant();
    expect([used, shared.sent]).toEqual([1, 1]);
  });

  test('does not line up twice where it waits already', () => {
    const { shared, permits, go } = switched();
    void permits.acquire(async () => true);
    for (const source of ['none', 'shared', 'local', 'shared'] as const) go(source);
    expect(shared.waiting).toBe(1);
  });

  test('waits no more when it is closed', async () => {
    const { shared, permits } = switched();
    const done = permits.acquire(async () => true);
    permits.close();
    await done;
    await shared.grant();
    expect(shared.unused).toBe(1);
  });
});
