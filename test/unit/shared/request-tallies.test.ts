import { expect, test } from '@jest/globals';
import { Counter, Histogram, type Metric, Registry } from 'prom-client';
import { RequestTallies, SECONDS } from '../../../src/shared/request-tallies.ts';

const NAMES = ['team', 'route', 'method', 'status', 'cache'] as const;
const web = { team: 'web', route: 'profiles', method: 'GET', status: '200', cache: 'hit' };
const crm = { ...web, team: 'crm', status: '404' };

function registered() {
  const own = new Registry();
  const tallies = new RequestTallies();
  for (const metric of tallies.metrics) own.registerMetric(metric as unknown as Metric);
  return { own, tallies };
}

/** Lines of the exposition, which have no order that matters. */
const lines = async (registry: Registry): Promise<string[]> => (await registry.metrics()).split('\n').sort();

test('what is scraped is what prom-client itself would have counted', async () => {
  const { own, tallies } = registered();
  const theirs = new Registry();
  const counter = new Counter({
    name: 'gateway_requests_total',
    help: 'Requests answered.',
    labelNames: NAMES,
    registers: [theirs],
  });
  const histogram = new Histogram({
    name: 'gateway_request_duration_seconds',
    help: 'Time from the request head to the end of the answer.',
    labelNames: NAMES,
    buckets: SECONDS,
    registers: [theirs],
  });
  const seconds = [0, 0.0005, 0.001, 0.0011, 0.25, 0.3, 7, 120, 121, 1e6];
  for (const labels of [web, crm]) {
    for (const took of seconds) {
      tallies.of(labels).observe(took);
      counter.inc(labels);
      histogram.observe(labels, took);
    }
  }
  expect(await lines(own)).toEqual(await lines(theirs));
});

test('a kind of request begins at 0, before there was one', async () => {
  const { own, tallies } = registered();
  tallies.of(web);
  const text = await own.metrics();
  expect(text).toMatch(/^gateway_requests_total\{.*team="web".*\} 0$/m);
  expect(text).not.toContain('_bucket{');
});
