import type { Race, RaceOptions, Row } from './race.ts';
import { openRing, type RingOptions } from './ring.ts';

const SEEN = Array.from({ length: 100 }, (_, place) => `attribute_${place}`);
/** As many as a page of the simulator has, and more that it has not. */
const RIGHTS = {
  attributes: {
    'idx-loyalty': { allow: ['first_name', 'last_name', 'city', 'email', ...SEEN.slice(0, 30)] },
  },
  filters: [],
  profilesPerDay: 1_000_000_000,
};

const FORMS: Readonly<Record<string, Omit<RingOptions, 'limit' | 'cores'>>> = {
  fresh: {},
  projected: { rights: RIGHTS },
  compressed: { callers: { 'Accept-Encoding': 'gzip, deflate, br' } },
  stale: { settings: { cache: { freshMs: 1000, staleMs: 3_600_000 } } },
  redis: { withRedis: true, settings: { cache: { memory: { maxBytes: 32_768, maxEntryBytes: 32_768 } } } },
};

/** The other ways in which a page is there, beside the plain one. */
export const forms: Race = {
  name: 'forms',
  title: 'Hits of other forms, pages of 20 kB, beside fresh ones of memory',
  run: async (options) => {
    const raw: Record<string, number[]> = {};
    for (const [name, form] of Object.entries(FORMS)) raw[name] = await most(name, form, options);
    const fresh = raw.fresh ?? [];
    const rows: Row[] = Object.entries(raw).flatMap(([name, values]) => [
      { title: name, values, unit: '/s' },
      ...(name === 'fresh'
        ? []
        : [
            {
              title: `${name} to fresh`,
              values: values.map((rate, round) => rate / (fresh[round] ?? Number.NaN)),
              digits: 2,
              ...(name === 'projected' && { required: { min: 0.3 } }),
            },
          ]),
    ]);
    return { rows, raw };
  },
};

async function most(
  name: string,
  form: Omit<RingOptions, 'limit' | 'cores'>,
  { cores, rounds, seconds, tell }: RaceOptions,
): Promise<number[]> {
  const ring = await openRing({ limit: 48, cores, ...form });
  try {
    // Refreshes then stay in the air, and what is stale stays so.
    if (name === 'stale') await ring.simulator.knobs({ 'latency.table': { 0: [50_000, 50_000] } });
    const rates: number[] = [];
    await ring.load.most(ring.url, 2);
    for (let round = 1; round <= rounds; round += 1) {
      rates.push(Math.round(await ring.load.most(ring.url, seconds)));
    }
    tell(`  ${name}: ${rates.join(', ')}`);
    return rates;
  } finally {
    await ring.close();
  }
}
