import { describe, expect, test } from '@jest/globals';
import { Capacity } from '../../simulator/request/capacity.ts';

const patient = new AbortController().signal;

describe('the capacity queue', () => {
  test('lets in as many as fit, then one for each that leaves, in order', async () => {
    const capacity = new Capacity(() => 2);
    const order: string[] = [];
    const enter = async (name: string) => {
      const leave = await capacity.enter(patient);
      order.push(name);
      return leave;
    };
    const [first] = [await enter('a'), await enter('b')];
    const waiting = [enter('c'), enter('d')];
    first();
    (await waiting[0])?.();
    await waiting[1];
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  test('forgets who left the queue while the place is still held', async () => {
    const capacity = new Capacity(() => 1);
    const leaveFirst = await capacity.enter(patient);
    const impatient = new AbortController();
    const left = capacity.enter(impatient.signal);
    const next = capacity.enter(patient);
    impatient.abort();
    // Resolves although nobody has made room, and leaving frees no place that was never taken.
    (await left)();
    leaveFirst();
    await next;
    let entered = false;
    void capacity.enter(patient).then(() => {
      entered = true;
    });
    await new Promise(setImmediate);
    expect(entered).toBe(false);
  });
});
