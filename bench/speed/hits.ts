import { barsChart } from '../bars-chart.ts';
import { median } from '../percentile.ts';
import { linear } from '../scale.ts';
import { warm } from './pages.ts';
import { startNginx, startVarnish } from './peers.ts';
import type { Race, RaceOptions, Row } from './race.ts';
import { need, openRing, serveFile } from './ring.ts';

const SIZES = [
  { name: '2 kB', limit: 5 },
  { name: '20 kB', limit: 48 },
];
const TITLES: Readonly<Record<string, string>> = {
  gateway: 'gateway',
  bare: 'bare node:http, the same bytes',
  express: 'a plain Express route',
  nginx: 'nginx proxy_cache',
  varnish: 'Varnish',
};
const COLOURS = ['#2f6fde', '#7d838b', '#c4741f', '#3f9950', '#9a4fc4'];

/** Fresh pages from memory, as many as 64 connections get: 1000 pages, asked for by six teams. */
export const hits: Race = {
  name: 'hits',
  title: 'Fresh hits: 1000 pages, keys of 6 teams, 64 connections, log to a file, metrics on',
  run: async (options) => {
    const rows: Row[] = [];
    const raw: Record<string, Record<string, number[]>> = {};
    for (const size of SIZES) {
      const rates = await race(size.limit, options);
      raw[size.name] = rates;
      rows.push(...rowsOf(size.name, rates));
    }
    const names = Object.keys(raw[SIZES[0]?.name ?? ''] ?? {});
    const all = Object.values(raw).flatMap((rates) => Object.values(rates).map(median));
    const plot = barsChart({
      title: 'Answers from memory per second, median',
      y: { title: 'per second', scale: linear(0, Math.max(...all)) },
      groups: SIZES.map(({ name }) => name),
      series: names.map((name, at) => ({
        title: TITLES[name] ?? name,
        colour: COLOURS[at] ?? '#000',
        values: SIZES.map((size) => ({ value: Math.round(median(raw[size.name]?.[name] ?? [])) })),
      })),
    });
    return { rows, raw, plot };
  },
};

async function race(limit: number, { cores, peers, rounds, seconds, tell }: RaceOptions) {
  const ring = await openRing({ limit, cores });
  try {
    const own = Object.values(ring.gateway.headers);
    const urls: Record<string, string> = {
      gateway: ring.url,
      bare: await ring.start('bare-node.ts', serveFile(ring, 'as the gateway')),
      express: await ring.start('plain-express.ts', serveFile(ring, 'as the gateway')),
    };
    if (peers) {
      need('nginx', 'nginx-light');
      need('varnishd', 'varnish');
      const origin = await ring.start('bare-node.ts', serveFile(ring, 'cacheable'));
      for (const [name, start] of Object.entries({ nginx: startNginx, varnish: startVarnish })) {
        const { child, url } = await start(ring.folder, origin);
        ring.adopt(child);
        urls[name] = url;
        await warm(url, ring.pages, own.slice(0, 1));
      }
    }
    const rates: Record<string, number[]> = {};
    for (const url of Object.values(urls)) await ring.load.most(url, 2);
    for (let round = 1; round <= rounds; round += 1) {
      for (const [name, url] of Object.entries(urls)) {
        const rate = await ring.load.most(url, seconds);
        rates[name] = [...(rates[name] ?? []), Math.round(rate)];
      }
      tell(
        `  round ${round}: ${Object.entries(rates)
          .map(([name, all]) => `${name} ${all.at(-1)}`)
          .join(', ')}`,
      );
    }
    return rates;
  } finally {
    await ring.close();
  }
}

function rowsOf(size: string, rates: Readonly<Record<string, readonly number[]>>): Row[] {
  const own = rates.gateway ?? [];
  const ratio = (to: string) => own.map((rate, round) => rate / (rates[to]?.[round] ?? Number.NaN));
  const goals: Readonly<Record<string, number>> = { bare: 0.75, express: 4, nginx: 0.75 };
  return [
    ...Object.entries(rates).map(([name, values]) => ({
      title: `${size}: ${TITLES[name]}`,
      values,
      unit: '/s',
    })),
    ...Object.keys(rates)
      .filter((name) => name !== 'gateway')
      .map((name) => {
        const min = goals[name];
        const title = `${size}: gateway to ${TITLES[name]}`;
        return { title, values: ratio(name), digits: 2, ...(min !== undefined && { required: { min } }) };
      }),
  ];
}
