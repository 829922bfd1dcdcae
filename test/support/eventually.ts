import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `holds` answers with something true, and gives it back; a rejection counts as "not yet". */
export async function eventually<T>(
  what: string,
  holds: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  let reason: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await holds();
      if (found) return found;
    } catch (error) {
      reason = error;
    }
    await sleep(25);
  }
  throw new Error(`not within ${withinMs} ms: ${what}`, { cause: reason });
}
