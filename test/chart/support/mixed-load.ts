import { setTimeout as sleep } from 'node:timers/promises';

const CALLERS = 10;
const KNOWN_PAGE = 5;

/**
 * Ten callers that ask on and on: each tenth time for a page that nobody has asked for, otherwise for one that all know.
 *
 * @param ask for a page of so many; a rejection counts as what it says
 */
export function mixedLoad(ask: (limit: number) => Promise<{ readonly status: number | string }>): {
  /** Ends it and resolves with how often each status was answered. */
  end(): Promise<Readonly<Record<string, number>>>;
} {
  const statuses: Record<string, number> = {};
  let isOver = false;
  let limit = 10;
  const caller = async (): Promise<void> => {
    while (!isOver) {
      const isNew = Math.random() < 0.1;
      if (isNew) limit += 1;
      const { status } = await ask(isNew ? limit : KNOWN_PAGE).catch((error: unknown) => ({
        status: String(error),
      }));
      statuses[status] = (statuses[status] ?? 0) + 1;
      await sleep(20);
    }
  };
  const callers = Array.from({ length: CALLERS }, caller);
  return {
    end: async () => {
      isOver = true;
      await Promise.all(callers);
      return statuses;
    },
  };
}
