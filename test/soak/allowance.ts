import { setTimeout as sleep } from 'node:timers/promises';
import { spawnSimulator } from '../../simulator/client.ts';
import { FLOOD, spawnGateway } from '../support/spawn-gateway.ts';
import { keepWaiting } from './backlog.ts';
import type { Soak } from './soak.ts';

const SMALLER = 6;
const STEP_S = 10;

/** Amperity allows 6 calls per second instead of 10 for a minute, tells nobody, and then allows 10 again. */
export const allowance: Soak = async (_options, say) => {
  const simulator = await spawnSimulator({ preset: 'test', 'latency.preset': 'off' });
  const gateway = await spawnGateway(simulator.dataUrl, { settings: FLOOD });
  try {
    await simulator.knobs({ 'rate.limit': SMALLER });
    let isOver = false;
    const waiting = keepWaiting(gateway, ['web'], 40, () => isOver);
    const steps = async (count: number): Promise<number[]> => {
      const rates: number[] = [];
      for (let step = 0; step < count; step += 1) {
        await simulator.clearJournal();
        await sleep(STEP_S * 1000);
        const journal = await simulator.journal();
        const limited = journal.filter((entry) => entry.limited).length;
        rates.push((journal.length - limited) / STEP_S);
        say(
          `  ${((step + 1) * STEP_S).toString().padStart(3)} s: ${rates.at(-1)?.toFixed(1)}/s answered, ${limited} × 429`,
        );
      }
      return rates;
    };
    say(`${SMALLER}/s:`);
    const smaller = await steps(6);
    await simulator.knobs({ 'rate.limit': 10 });
    say('10/s again:');
    const again = await steps(7);
    isOver = true;
    const statuses = await waiting;
    say(`answers by status: ${JSON.stringify([...statuses])}`);
    const settled = smaller.slice(3);
    const mean = settled.reduce((sum, rate) => sum + rate, 0) / settled.length;
    say(
      `after 30 s: ${mean.toFixed(2)}/s of ${SMALLER}; after 60 s at full rate: ${again.at(-1)?.toFixed(2)}/s`,
    );
    const isComplete = [...statuses.keys()].every((status) => status === 200);
    return isComplete && mean >= SMALLER * 0.7 && (again.at(-1) ?? 0) >= 9.56 * 0.95;
  } finally {
    await gateway.stop();
    await simulator.stop();
  }
};
