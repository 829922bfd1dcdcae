import { setTimeout as sleep } from 'node:timers/promises';
import { spawnSimulator } from '../../simulator/client.ts';
import { BadInput, GATEWAY, KNOBS } from '../support/bad-input/bad-input.ts';
import { residentMb } from '../support/resident-memory.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';
import type { Soak } from './soak.ts';

const WARM_UP = 30_000;
const REQUESTS = 100_000;
const ROUNDS = 10;
const SLOW_OF_EACH_MANNER = 12;
/** Garbage is collected, and connections that were left are ended. */
const REST_MS = 5000;
/**
 * Of the peak, since what is resident at rest depends on how lately garbage was collected. A kilobyte kept of each
 * request would be a hundred megabytes more; the peak wanders by some tens by itself.
 */
const MOST_GROWTH_MB = 64;

/** A hundred thousand requests that are wrong in every way, of which none may crash it, pass it or stay in it. */
export const badInput: Soak = async ({ seed }, say) => {
  const simulator = await spawnSimulator(KNOBS);
  const gateway = await spawnGateway(simulator.dataUrl, GATEWAY);
  const { pid } = gateway.child;
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb(gateway));
  }, 250);
  try {
    say(`seed ${seed} (--seed ${seed} makes the same requests again)`);
    const run = await BadInput.against(gateway, simulator, seed);
    const { tally, findings } = run.judge;
    run.startSlowCallers(SLOW_OF_EACH_MANNER);
    await run.everyMalformed();
    await run.generated(WARM_UP);
    const before = { peakMb, restMb: await atRest(gateway) };
    say(`${tally.requests} requests to warm up`);
    const startedAt = performance.now();
    peakMb = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      await run.generated(REQUESTS / ROUNDS);
      const seconds = (performance.now() - startedAt) / 1000;
      const nowMb = residentMb(gateway).toFixed(0);
      say(`  ${seconds.toFixed(0).padStart(4)} s: ${tally.requests} requests, ${nowMb} MB (VmRSS)`);
    }
    const after = { peakMb, restMb: await atRest(gateway) };
    await run.end();
    for (const line of tally.lines()) say(line);
    const share = tally.withKey / tally.requests;
    say(`${tally.requests} requests, ${(100 * share).toFixed(0)} % of them with a valid key (at least 50 %)`);
    say(
      `resident memory: peak ${before.peakMb.toFixed(0)} MB in the warm-up, ${after.peakMb.toFixed(0)} MB after it ` +
        `(at most ${MOST_GROWTH_MB} MB more); at rest ${before.restMb.toFixed(0)} MB and ${after.restMb.toFixed(0)} MB`,
    );
    for (const line of findings.lines()) say(line);
    say(`${findings.count} findings`);
    const isSame = gateway.child.pid === pid && gateway.child.exitCode === null;
    const isFlat = after.peakMb - before.peakMb <= MOST_GROWTH_MB;
    return isSame && isFlat && findings.count === 0 && share >= 0.5;
  } finally {
    clearInterval(watch);
    await gateway.stop();
    await simulator.stop();
  }
};

async function atRest(gateway: GatewayHandle): Promise<number> {
  await sleep(REST_MS);
  return residentMb(gateway);
}
