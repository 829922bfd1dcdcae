import { readFileSync } from 'node:fs';
import http from 'node:http';
import { get } from './pages.ts';
import type { Race } from './race.ts';
import { openRing } from './ring.ts';

const PAGES = 100_000;
const AT_ONCE = 32;
const MIB = 1024 * 1024;
/** The L1 by default, and what the process may take beside it. */
const MOST_MIB = 64 + 120;

/** What the process holds when a hundred thousand different pages have gone through its memory. */
export const memory: Race = {
  name: 'memory',
  title: 'Resident memory (VmRSS): 100 000 different pages through 64 MiB',
  run: async ({ cores, tell }) => {
    const ring = await openRing({ limit: 5, cores });
    const pid = ring.gateway.children[0]?.pid ?? 0;
    const [headers = {}] = Object.values(ring.gateway.headers);
    const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const samples: { pages: number; mib: number }[] = [];
    try {
      let next = 0;
      const ask = async (): Promise<void> => {
        while (next < PAGES) {
          const number = next;
          next += 1;
          if (number % 5000 === 0) samples.push({ pages: number, mib: residentMib(pid) });
          const path = `/api/indexes/idx-loyalty/profiles?limit=${20 + (number % 5)}&filter%5Bcity%5D=${'x'.repeat(number % 7)}${number}`;
          await get(agent, ring.url, path, headers);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, ask));
      samples.push({ pages: PAGES, mib: residentMib(pid) });
      const peak = highestMib(pid);
      tell(`  ${samples.map(({ mib }) => mib.toFixed(0)).join(' ')} MiB, at most ${peak.toFixed(0)}`);
      const half = samples.filter(({ pages }) => pages >= PAGES / 2);
      return {
        rows: [
          { title: 'at the end', values: [residentMib(pid)], unit: ' MiB', required: { max: MOST_MIB } },
          { title: 'at most (VmHWM)', values: [peak], unit: ' MiB' },
          {
            title: 'growth over the second half, per 10 000 pages',
            values: [slope(half) * 10_000],
            unit: ' MiB',
            digits: 2,
          },
        ],
        raw: samples,
      };
    } finally {
      agent.destroy();
      await ring.close();
    }
  },
};

const inMib = (pid: number, field: string): number =>
  (Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) *
    1024) /
  MIB;
export const residentMib = (pid: number): number => inMib(pid, 'VmRSS');
const highestMib = (pid: number): number => inMib(pid, 'VmHWM');

/** Least squares. */
function slope(samples: readonly { pages: number; mib: number }[]): number {
  const mean = (of: (sample: { pages: number; mib: number }) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const x = mean(({ pages }) => pages);
  const y = mean(({ mib }) => mib);
  const rise = samples.reduce((sum, { pages, mib }) => sum + (pages - x) * (mib - y), 0);
  return rise / samples.reduce((sum, { pages }) => sum + (pages - x) ** 2, 0);
}
