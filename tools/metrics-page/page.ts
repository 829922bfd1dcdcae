import type { Registry } from 'prom-client';
import type { BreakerKind } from '../../src/budget/breakers.ts';
import { table } from '../../src/config/settings-doc.ts';
import { METHODS } from '../../src/http/access-log.ts';
import type { RequestContext } from '../../src/http/request-context.ts';
import { BUDGET_MODES, CACHE_LABELS, CALL_OUTCOMES, Metrics, ROUTES } from '../../src/shared/metrics.ts';
import { SECONDS } from '../../src/shared/request-tallies.ts';

/** What those labels can say whose values are the operator's, or too many to be listed. */
const OPEN_LABELS: Readonly<Record<string, string>> = {
  key: 'the id of a key, never the key itself',
  status: 'the HTTP status; 499: the caller had gone before the end of the answer',
  team: 'a team of the settings; counters and histograms also have `none`, for callers of no known team',
  version: 'the version of the gateway',
};

/** Do not compile when one is missing. */
const REQUEST_ROUTES: Readonly<Record<RequestContext['route'], true>> = {
  indexes: true,
  index: true,
  profiles: true,
  profile: true,
  export: true,
  other: true,
};
const BREAKERS: Readonly<Record<BreakerKind, string>> = { quick: 'closed', slow: 'closed' };

/** The registry of a gateway in which everything has happened once, so that each label has been told. */
export function filledRegistry(): Registry {
  const team = 'web';
  const metrics = new Metrics([team]);
  metrics.watch(
    {
      queue: async () => [{ team, flights: 0, oldestMs: 0 }],
      cache: () => ({ entries: 0, bytes: 0 }),
      coolDownMs: () => 0,
      effectiveRate: () => 0,
      breakers: () => BREAKERS,
      mode: () => BUDGET_MODES[0],
      redisUp: () => true,
      bounds: () => [{ team, bound: 0, maxWaitMs: 0 }],
      keys: () => [{ team, key: 'k', isActive: true, notAfterMs: 0, usedAtMs: 0 }],
    },
    { version: '0', rate: 0, windowMs: 0, maxReplicas: 0 },
  );
  for (const route of Object.keys(REQUEST_ROUTES)) {
    for (const method of [...METHODS, 'other']) {
      for (const cache of CACHE_LABELS)
        metrics.requests.of({ team, route, method, status: '200', cache }).observe(0);
    }
  }
  for (const route of ROUTES) {
    for (const outcome of CALL_OUTCOMES) metrics.upstreamSeconds.observe({ route, outcome }, 0);
  }
  metrics.queueWaitSeconds.observe({ team }, 0);
  return metrics.registry;
}

/** docs/metrics.md, made from the registry, so that what it says is what is scraped. */
export async function metricsPage(): Promise<string> {
  const all = await filledRegistry().getMetricsAsJSON();
  const own = all.filter(({ name }) => name.startsWith('gateway_'));
  const others = new Set(all.filter((each) => !own.includes(each)).map(({ name }) => name.split('_', 1)[0]));
  const rows = own
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((metric) => [`\`${metric.name}\``, String(metric.type), labelsOf(metric), meaningOf(metric)]);
  return [
    '<!-- Made by `npm run fix` from the metrics in src/shared; edit those. -->\n# Metrics',
    'What `/metrics` of the admin listener tells Prometheus. Each replica tells its own figures, and counts since its own start; with Redis all replicas tell of the same queue. Which of them matter, and what to do, is told under [alerts](operations.md#alerts).',
    `A histogram has \`_bucket\`, \`_sum\` and \`_count\` behind its name; its buckets end at ${SECONDS.join(', ')} seconds.`,
    table(['metric', 'type', 'labels', 'meaning'], rows),
    'Labels whose values are not listed above:',
    table(
      ['label', 'value'],
      Object.entries(OPEN_LABELS).map(([label, value]) => [`\`${label}\``, value]),
    ),
    `Beside them come the default metrics of prom-client about the process and Node.js, whose names begin with ${[...others].map((word) => `\`${word}_\``).join(' or ')}.`,
  ]
    .join('\n\n')
    .concat('\n');
}

type Told = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

function labelsOf({ name, values }: Told): string {
  if (values.length === 0)
    throw new Error(`${name} has no value, so its labels are unknown: count it in filledRegistry`);
  const told = new Map<string, Set<string>>();
  for (const { labels } of values) {
    for (const [label, value] of Object.entries(labels)) {
      if (label === 'le') continue;
      told.set(label, (told.get(label) ?? new Set()).add(String(value)));
    }
  }
  const texts = [...told].map(([label, closed]) =>
    label in OPEN_LABELS
      ? `\`${label}\``
      : `\`${label}\`: ${[...closed].map((value) => `\`${value}\``).join(', ')}`,
  );
  return texts.length === 0 ? 'none' : texts.join('; ');
}

function meaningOf({ help, name }: Told): string {
  if (name.endsWith('_timestamp_seconds')) return `${help} In seconds since 1970.`;
  return name.endsWith('_seconds') ? `${help} In seconds.` : help;
}
