import { type AlertCase, JOB, of } from './alert-case.ts';

const outcomes = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries({ ok: '0+10x20', ...values }).map(([outcome, value]) => [
      of('gateway_upstream_calls_total', { route: 'profiles', outcome }),
      value,
    ]),
  );

const breaker = (open: string) => ({
  [of('gateway_breaker_state', { breaker: 'quick', state: 'open' })]: open,
  [of('gateway_breaker_state', { breaker: 'slow', state: 'open' })]: '0x20',
});

const redis = (up: string, mode: string) => ({
  [of('gateway_redis_up')]: up,
  [of('gateway_budget_mode', { mode })]: '1x20',
  [of('gateway_redis_up', { instance: 'b:9090' })]: '1x20',
  [of('gateway_budget_mode', { mode: 'shared', instance: 'b:9090' })]: '1x20',
  [of('gateway_budget_mode', { mode: 'closed', instance: 'b:9090' })]: '0x20',
});

const failing = {
  labels: { severity: 'critical', job: JOB },
  summary: 'Amperity is failing.',
  description:
    'For five minutes more than a tenth of the calls have failed, or a circuit breaker has kept calls back. Callers get stale pages, 502 or 503.',
};

const rejected = {
  labels: { severity: 'critical', job: JOB },
  summary: "Amperity does not accept the gateway's credential.",
  description:
    'A call was answered with 401 or 403, or no token could be got. Callers get 502 upstream_auth for what is not in the cache.',
};

const lost = {
  labels: { severity: 'critical', job: JOB },
  summary: 'The gateway has lost Redis.',
  description:
    '1 replicas are without Redis: each keeps to its share of the budget, or makes no calls, and has a cache of its own. Purges fail.',
};

export const upstreamAndRedis: readonly AlertCase[] = [
  {
    alert: 'Upstream429',
    when: 'one call is refused, the first since the start',
    at: '5m',
    series: outcomes({ throttled: '0x3 1x10' }),
    fires: {
      labels: { severity: 'critical', job: JOB },
      summary: 'Amperity has refused calls for their rate (429).',
      description:
        "The limit is lower than budget.rate, or somebody else uses the tenant's allowance. The gateway pauses and slows down by itself.",
    },
  },
  { alert: 'Upstream429', when: 'some were an hour ago', at: '10m', series: outcomes({ throttled: '7x20' }) },
  {
    alert: 'UpstreamErrors',
    when: 'a sixth of the calls fail for longer than five minutes',
    at: '11m',
    series: { ...outcomes({ server_error: '0+1x20', timeout: '0+1x20' }), ...breaker('0x20') },
    fires: failing,
  },
  {
    alert: 'UpstreamErrors',
    when: 'no call can be sent, and the breaker probes every other minute',
    at: '8m',
    series: { ...outcomes({ ok: '5x20' }), ...breaker('1 0 1 0 1 0 1 0 1') },
    fires: failing,
  },
  {
    alert: 'UpstreamErrors',
    when: 'an eleventh of the calls fail',
    at: '11m',
    series: { ...outcomes({ server_error: '0+1x20' }), ...breaker('0x20') },
  },
  {
    alert: 'UpstreamErrors',
    when: 'nothing is asked and the breaker has closed',
    at: '11m',
    series: { ...outcomes({ ok: '5x20', timeout: '5x20' }), ...breaker('1x3 0x20') },
  },
  {
    alert: 'UpstreamAuthRejected',
    when: 'a call is refused, the first since the start',
    at: '5m',
    series: outcomes({ auth: '0x3 1x10' }),
    fires: rejected,
  },
  {
    alert: 'UpstreamAuthRejected',
    when: 'no token can be got',
    at: '5m',
    series: { [of('gateway_token_renewals_total', { outcome: 'failed' })]: '0x3 1x10' },
    fires: rejected,
  },
  {
    alert: 'UpstreamAuthRejected',
    when: 'tokens are renewed, and the last refusal was long ago',
    at: '10m',
    series: {
      ...outcomes({ auth: '4x20' }),
      [of('gateway_token_renewals_total', { outcome: 'ok' })]: '0+1x20',
      [of('gateway_token_renewals_total', { outcome: 'failed' })]: '2x20',
    },
  },
  {
    alert: 'RedisDegraded',
    when: 'one of two replicas cannot reach Redis',
    at: '3m',
    series: redis('0x20', 'shared'),
    fires: lost,
  },
  {
    alert: 'RedisDegraded',
    when: 'it reaches Redis and keeps to its share all the same',
    at: '3m',
    series: redis('1x20', 'share'),
    fires: lost,
  },
  {
    alert: 'RedisDegraded',
    when: 'Redis was away for a minute',
    at: '4m',
    series: redis('1 0 1 1 1', 'shared'),
  },
];
