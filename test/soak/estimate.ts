import { median, percentile } from '../../bench/percentile.ts';
import { spawnSimulator } from '../../simulator/client.ts';
import { FLOOD, spawnGateway } from '../support/spawn-gateway.ts';
import { keepWaiting } from './backlog.ts';
import type { Soak } from './soak.ts';

const MOST = 0.15;

/** How far the wait that was expected is from the wait that it was, while a backlog stays as long as it is. */
export const estimate: Soak = async ({ seconds = 60 }, say) => {
  const simulator = await spawnSimulator({ preset: 'test', 'latency.preset': 'off' });
  const gateway = await spawnGateway(simulator.dataUrl, {
    settings: FLOOD,
    teams: { one: { weight: 1 }, two: { weight: 1 }, three: { weight: 2 } },
  });
  try {
    const startedAt = Date.now();
    await keepWaiting(gateway, ['one', 'two', 'three'], 20, () => Date.now() - startedAt > seconds * 1000);
  } finally {
    await gateway.stop();
    await simulator.stop();
  }
  const lines = gateway.output
    .filter((line) => line.includes('"expectedMs"'))
    .map((line): { expectedMs: number; waitMs: number } => JSON.parse(line))
    // The first ones find the backlog growing, the last ones wait while it shrinks.
    .slice(60, -60);
  const errors = lines.map(({ expectedMs, waitMs }) => Math.abs(expectedMs - waitMs) / waitMs);
  const waits = lines.map(({ waitMs }) => waitMs);
  say(
    `${lines.length} waits, median ${Math.round(median(waits))} ms; error: median ${(100 * median(errors)).toFixed(1)} %, ` +
      `p95 ${(100 * percentile(errors, 0.95)).toFixed(1)} % (median at most ${100 * MOST} %)`,
  );
  return lines.length > 0 && median(errors) <= MOST;
};
