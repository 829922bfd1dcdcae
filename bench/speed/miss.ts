import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { median, percentile } from '../percentile.ts';
import { get } from './pages.ts';
import type { Race, RaceOptions, Row } from './race.ts';
import { openRing } from './ring.ts';

const CALLS = 60;
/** Fewer than the budget has, so that none waits for it. */
const GAP_MS = 130;

/** What a question that nobody has asked takes longer than a call of one's own, while the budget is idle. */
export const miss: Race = {
  name: 'miss',
  title: 'Latency that a miss adds to a direct call, budget of 10/s idle, one after another',
  run: async (options) => {
    const raw = { memory: await added(false, options), redis: await added(true, options) };
    const rows: Row[] = Object.entries(raw).flatMap(([name, { direct, through }]) => {
      const more = (share: number) =>
        through.map((all, round) => percentile(all, share) - percentile(direct[round] ?? [], share));
      const required = { max: name === 'memory' ? 3 : 8 };
      return [
        { title: `${name}: direct call, p50`, values: direct.map(median), unit: ' ms', digits: 2 },
        { title: `${name}: added, p50`, values: more(0.5), unit: ' ms', digits: 2, required },
        { title: `${name}: added, p95`, values: more(0.95), unit: ' ms', digits: 2 },
      ];
    });
    return { rows, raw };
  },
};

async function added(withRedis: boolean, { cores, rounds, tell }: RaceOptions) {
  const budget = { rate: 10 };
  const ring = await openRing({ limit: 500, cores, withRedis, settings: { budget }, pages: 1 });
  const agent = new http.Agent({ keepAlive: true });
  const amperity = axios.create({
    baseURL: ring.simulator.dataUrl,
    headers: { authorization: 'Bearer sim-token', 'amperity-tenant': 'acme', 'api-version': '2025-07-31' },
    httpAgent: new http.Agent({ keepAlive: true }),
    responseType: 'arraybuffer',
  });
  const [headers = {}] = Object.values(ring.gateway.headers);
  const direct: number[][] = [];
  const through: number[][] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const here: number[] = [];
      const there: number[] = [];
      for (let call = 0; call < CALLS / rounds; call += 1) {
        const path = `/indexes/idx-loyalty/profiles?limit=25&filter%5Bcity%5D=${round}-${call}`;
        here.push(await timed(() => amperity.get(path)));
        await sleep(GAP_MS);
        there.push(await timed(() => get(agent, ring.url, `/api${path}`, headers)));
        await sleep(GAP_MS);
      }
      direct.push(here);
      through.push(there);
    }
    tell(
      `  ${withRedis ? 'redis' : 'memory'}: direct ${median(direct.flat()).toFixed(2)} ms, through ${median(through.flat()).toFixed(2)} ms`,
    );
    return { direct, through };
  } finally {
    agent.destroy();
    await ring.close();
  }
}

async function timed(ask: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await ask();
  return performance.now() - from;
}
