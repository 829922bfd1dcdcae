import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../bench/percentile.ts';
import { spawnSimulator } from '../../simulator/client.ts';
import { spawnGateway } from '../support/spawn-gateway.ts';
import { cold } from './backlog.ts';
import type { Soak } from './soak.ts';

const CALLERS = 300;
const MAX_WAIT_MS = 10_000;

/** Are callers who are turned away and come back when told served in time, and could they not have come much sooner? */
export const retryAfter: Soak = async (_options, say) => {
  const simulator = await spawnSimulator({ preset: 'test', 'latency.preset': 'off' });
  const gateway = await spawnGateway(simulator.dataUrl, {
    settings: { queue: { perTeam: 2000, total: 5000, maxWaitMs: MAX_WAIT_MS } },
  });
  try {
    const returned = await Promise.all(
      Array.from({ length: CALLERS }, async (_, caller) => {
        const first = await gateway.get(cold(String(caller)));
        if (first.status !== 429) return undefined;
        const toldMs = Number(first.headers['retry-after']) * 1000;
        await sleep(toldMs);
        const again = await gateway.get(cold(String(caller)));
        // Who waited less than it might have could have come back that much sooner.
        const spareMs = MAX_WAIT_MS - Number(again.headers['x-budget-wait-ms'] ?? MAX_WAIT_MS);
        return { toldMs, served: again.status === 200, sufficientMs: toldMs - spareMs };
      }),
    );
    const told = returned.filter((caller) => caller !== undefined);
    const served = told.filter((caller) => caller.served);
    const sum = (of: readonly number[]): number => of.reduce((total, each) => total + each, 0);
    const ratio =
      sum(served.map(({ toldMs }) => toldMs)) /
      sum(served.map(({ sufficientMs }) => Math.max(0, sufficientMs)));
    const spare = median(served.map(({ toldMs, sufficientMs }) => toldMs - sufficientMs));
    const share = served.length / told.length;
    say(
      `${told.length} of ${CALLERS} turned away; served on their return ${(100 * share).toFixed(1)} % (at least 95 %); ` +
        `told ${ratio.toFixed(2)} × what would have sufficed (at most 1.5), median ${Math.round(spare)} ms more`,
    );
    return told.length > 0 && share >= 0.95 && ratio <= 1.5;
  } finally {
    await gateway.stop();
    await simulator.stop();
  }
};
