import { Agent, get } from 'node:http';
import { spawnSimulator } from './client.ts';

/**
 * Measures how many pages of 25 a simulator answers per second, latency and limit off, over kept connections.
 * The load comes from this process, the simulator is another one; both figures are the simulator's own.
 */
const SECONDS = 3;
const CONNECTIONS = 16;
const PATH = '/indexes/idx-loyalty/profiles?limit=25';
const headers = { 'amperity-tenant': 'acme', 'api-version': '2025-07-31', authorization: 'Bearer sim-token' };

const simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off' });
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

function onePage(): Promise<void> {
  return new Promise((resolve, reject) => {
    const req = get(simulator.dataUrl + PATH, { agent, headers }, (res) => {
      res.resume().on('end', resolve).on('error', reject);
    });
    req.on('error', reject);
  });
}

async function load(seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const connections = Array.from({ length: CONNECTIONS }, async () => {
    while (performance.now() < end) await onePage();
  });
  await Promise.all(connections);
}

// The first second pays for compilation on both sides.
await load(1);
await simulator.clearJournal();
await load(SECONDS);
const { by_status, max_in_1s, loop_stall_max_ms } = await simulator.summary();
const perSecond = Math.round((by_status[200] ?? 0) / SECONDS);
const busiest = max_in_1s.profile?.acme?.value;
process.stdout.write(
  `${JSON.stringify({ per_second: perSecond, busiest_second: busiest, loop_stall_max_ms })}\n`,
);
agent.destroy();
await simulator.stop();
