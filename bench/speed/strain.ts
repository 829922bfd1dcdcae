import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { get } from './pages.ts';
import type { Race, Row } from './race.ts';
import { openRing, type Ring } from './ring.ts';

const WAITING = 500;
const HALF = 0.5;

/** Hits while everything else goes badly, beside a quiet run before each. */
export const strain: Race = {
  name: 'strain',
  title:
    'Hits of 2 kB while Redis is frozen, while 500 callers wait, while an export streams; to a quiet run',
  run: async ({ cores, rounds, seconds, tell }) => {
    const ring = await openRing({
      limit: 5,
      cores,
      withRedis: true,
      // The budget as it is, so that the thousand pages take two minutes to come.
      settings: { budget: { rate: 10 }, queue: { perTeam: 1000, total: 1000, maxWaitMs: 300_000 } },
      knobs: { 'data.rows': 1_000_000 },
    });
    const raw: Record<string, { most: number[]; p99: number[] }> = {};
    try {
      const rate = Math.round((await ring.load.most(ring.url, seconds)) * HALF);
      for (let round = 1; round <= rounds; round += 1) {
        for (const [name, begin] of Object.entries(STRAINS)) {
          const end = await begin(ring);
          const kept = raw[name] ?? { most: [], p99: [] };
          raw[name] = kept;
          kept.most.push(Math.round(await ring.load.most(ring.url, seconds)));
          kept.p99.push((await ring.load.steady(ring.url, rate, seconds)).p99);
          await end();
          tell(`  round ${round}: ${name}: ${kept.most.at(-1)}/s, p99 ${kept.p99.at(-1)} ms at ${rate}/s`);
          await sleep(1500);
        }
      }
      const quiet = raw.quiet ?? { most: [], p99: [] };
      const rows: Row[] = Object.entries(raw).flatMap(([name, { most, p99 }]) => [
        { title: `${name}: most`, values: most, unit: '/s' },
        { title: `${name}: p99 at ${rate}/s`, values: p99, unit: ' ms', digits: 2 },
        ...(name === 'quiet'
          ? []
          : [
              {
                title: `${name}: most, to quiet`,
                values: most.map((value, round) => value / (quiet.most[round] ?? Number.NaN)),
                digits: 2,
                required: { min: 0.8 },
              },
            ]),
      ]);
      return { rows, raw };
    } finally {
      await ring.close();
    }
  },
};

type Begin = (ring: Ring) => Promise<() => Promise<void>>;

const STRAINS: Readonly<Record<string, Begin>> = {
  quiet: async () => async () => {},
  'Redis frozen': async ({ gateway }) => {
    const redis = gateway.children.at(-1);
    redis?.kill('SIGSTOP');
    await sleep(1000);
    return async () => {
      redis?.kill('SIGCONT');
      await sleep(5000);
    };
  },
  '500 waiting': async ({ gateway, url }) => {
    const agent = new http.Agent();
    const [headers = {}] = Object.values(gateway.headers);
    const asked = Date.now();
    const callers = Array.from({ length: WAITING }, (_, number) =>
      get(agent, url, `/api/indexes/idx-loyalty/profiles?filter%5Bcity%5D=${asked}-${number}`, headers).catch(
        () => undefined,
      ),
    );
    await sleep(1000);
    return async () => {
      agent.destroy();
      await Promise.all(callers);
    };
  },
  'an export': async ({ gateway, url }) => {
    const [headers = {}] = Object.values(gateway.headers);
    const request = http.get(`${url}/exports/indexes/idx-loyalty/profiles.ndjson?limit=1000`, { headers });
    request.on('error', () => undefined);
    request.on('response', (response) => response.resume().on('error', () => undefined));
    await sleep(500);
    return async () => void request.destroy();
  },
};
