import type { Race, Row } from './race.ts';
import { openRing, serveFile } from './ring.ts';

const SHARES = [0.25, 0.5, 0.75];

/** How long an answer from memory takes while requests come at fixed instants, at parts of the most that there can be. */
export const latency: Race = {
  name: 'latency',
  title: 'Open loop: requests at fixed instants, pages of 2 kB, latency counted from the instant',
  run: async ({ cores, rounds, seconds, tell }) => {
    const ring = await openRing({ limit: 5, cores });
    try {
      const urls = {
        gateway: ring.url,
        bare: await ring.start('bare-node.ts', serveFile(ring, 'as the gateway')),
      };
      const most: Record<string, number> = {};
      for (const [name, url] of Object.entries(urls)) most[name] = await ring.load.most(url, seconds);
      const raw: Record<string, { p50: number; p99: number }[]> = {};
      for (let round = 1; round <= rounds; round += 1) {
        for (const share of SHARES) {
          for (const [name, url] of Object.entries(urls)) {
            const rate = Math.round((most[name] ?? 0) * share);
            const seen = await ring.load.steady(url, rate, seconds);
            raw[`${name} ${share}`] = [...(raw[`${name} ${share}`] ?? []), seen];
            tell(`  round ${round}: ${name} at ${rate}/s: p50 ${seen.p50} ms, p99 ${seen.p99} ms`);
          }
        }
      }
      const rows: Row[] = SHARES.flatMap((share) => {
        const [own = [], bare = []] = Object.keys(urls).map((name) => raw[`${name} ${share}`]);
        const at = `at ${share * 100} % of the most`;
        return [
          { title: `gateway ${at}: p50`, values: own.map(({ p50 }) => p50), unit: ' ms', digits: 2 },
          { title: `gateway ${at}: p99`, values: own.map(({ p99 }) => p99), unit: ' ms', digits: 2 },
          { title: `bare node:http ${at}: p99`, values: bare.map(({ p99 }) => p99), unit: ' ms', digits: 2 },
          {
            title: `p99 ${at}, gateway to bare node:http`,
            values: own.map(({ p99 }, round) => p99 / (bare[round]?.p99 ?? Number.NaN)),
            digits: 2,
            required: { max: 2 },
          },
        ];
      });
      return { rows, raw: { most, ...raw } };
    } finally {
      await ring.close();
    }
  },
};
