import { readFileSync } from 'node:fs';
import http from 'node:http';
import { linesChart } from '../lines-chart.ts';
import { linear } from '../scale.ts';
import { slopeOf } from '../slope.ts';
import { get, type Headers } from './pages.ts';
import type { Race, RaceOptions, Row } from './race.ts';
import { openRing } from './ring.ts';

const AT_ONCE = 32;
const MIB = 1024 * 1024;
/** The L1 by default, and what the process may take beside it. */
const MOST_MIB = 64 + 120;
const SAMPLES = 20;

interface Sample {
  readonly pages: number;
  readonly mib: number;
}

/** Of a walker, one of many: the path of its next page, given the body of the page before. */
type Walk = (walker: number) => (before: string | undefined, number: number) => string;

const LIST = '/api/indexes/idx-loyalty/profiles';

const CASES: readonly { readonly name: string; readonly pages: number; readonly walk: Walk }[] = [
  {
    name: '100 000 pages of nobody',
    pages: 100_000,
    walk: () => (_before, number) =>
      `${LIST}?limit=${20 + (number % 5)}&filter%5Bcity%5D=${'x'.repeat(number % 7)}${number}`,
  },
  {
    // An hour of the budget: 10 calls per second.
    name: '36 000 pages of 1 to 14 kB',
    pages: 36_000,
    walk: (walker) => (before) => {
      const token = before === undefined ? undefined : JSON.parse(before).next_token;
      return `${LIST}?limit=${3 + walker}${token ? `&next_token=${encodeURIComponent(token)}` : ''}`;
    },
  },
];

/** What the process holds when many different pages have gone through its memory. */
export const memory: Race = {
  name: 'memory',
  title: 'Resident memory (VmRSS): different pages through 64 MiB',
  run: async (options) => {
    const rows: Row[] = [];
    const raw: Record<string, readonly Sample[]> = {};
    for (const { name, pages, walk } of CASES) {
      const { peak, samples } = await grown(pages, walk, options);
      options.tell(`  ${name}: ${samples.map(({ mib }) => mib.toFixed(0)).join(' ')} MiB`);
      raw[name] = samples;
      const half = samples.filter((sample) => sample.pages >= pages / 2);
      rows.push(
        {
          title: `${name}: at the end`,
          values: [samples.at(-1)?.mib ?? Number.NaN],
          unit: ' MiB',
          required: { max: MOST_MIB },
        },
        { title: `${name}: at most (VmHWM)`, values: [peak], unit: ' MiB' },
        {
          title: `${name}: growth over the second half, per 10 000 pages`,
          values: [slopeOf(half.map(({ pages, mib }) => [pages, mib])) * 10_000],
          unit: ' MiB',
          digits: 2,
        },
      );
    }
    const plot = linesChart({
      title: 'Resident memory',
      x: { title: 'part of the pages', scale: linear(0, 1) },
      y: { title: 'MiB', scale: linear(0, 250) },
      limit: { y: MOST_MIB, title: 'bound' },
      lines: Object.entries(raw).map(([title, samples], at) => ({
        title,
        colour: ['#2f6fde', '#c4741f'][at] ?? '#000',
        points: samples.map(({ mib, pages }) => [pages / (samples.at(-1)?.pages ?? 1), mib] as const),
      })),
    });
    return { rows, raw, plot };
  },
};

async function grown(pages: number, walk: Walk, { cores }: RaceOptions) {
  const ring = await openRing({ limit: 5, cores, pages: 10, knobs: { 'data.rows': 1_000_000 } });
  const pid = ring.gateway.children[0]?.pid ?? 0;
  const [headers = {}] = Object.values<Headers>(ring.gateway.headers);
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const samples: Sample[] = [];
  let next = 0;
  const ask = async (_: unknown, walker: number): Promise<void> => {
    const pathAfter = walk(walker);
    let before: string | undefined;
    while (next < pages) {
      const number = next;
      next += 1;
      if (number % (pages / SAMPLES) === 0) samples.push({ pages: number, mib: residentMib(pid) });
      before = (await get(agent, ring.url, pathAfter(before, number), headers)).body;
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    samples.push({ pages, mib: residentMib(pid) });
    return { samples, peak: inMib(pid, 'VmHWM') };
  } finally {
    agent.destroy();
    await ring.close();
  }
}

const inMib = (pid: number, field: string): number =>
  (Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) *
    1024) /
  MIB;
export const residentMib = (pid: number): number => inMib(pid, 'VmRSS');
