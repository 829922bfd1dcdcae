import { type AlertCase, JOB, of } from './alert-case.ts';

const fleet = (replicas: number, maxReplicas = 3) => ({
  ...Object.fromEntries(
    Array.from({ length: replicas }, (_, at) => [of('up', { instance: `${at}:9090` }), '1x20']),
  ),
  [of('up', { instance: 'gone:9090' })]: '0x20',
  [of('gateway_budget_max_replicas')]: `${maxReplicas}x20`,
});

const reloads = (name: string, invalid: string, labels = {}) => ({
  [of(name, { outcome: 'invalid', ...labels })]: invalid,
  [of(name, { outcome: 'ok', ...labels })]: '0+1x20',
});

const refused = (secret: string) => ({
  labels: { severity: 'warning', job: JOB, secret },
  summary: `A changed file was refused (${secret}).`,
  description:
    'Within the last hour a mounted file changed into something unusable. The last good one is in use, until a replica starts, which then ends with exit code 78.',
});

const DAY = 24 * 3600;
/** Of a key; promtool's clock begins at 0. */
const ends = (days: number) => ({
  [of('gateway_key_expires_timestamp_seconds', { team: 'web', key: 'k7Qm2Z' })]: `${days * DAY}x20`,
  [of('gateway_key_expires_timestamp_seconds', { team: 'mail', key: 'x9Pq1R' })]: `${90 * DAY}x20`,
});

const lag = (seconds: string) => ({
  [of('nodejs_eventloop_lag_p99_seconds')]: seconds,
  [of('nodejs_eventloop_lag_p99_seconds', { instance: 'b:9090' })]: '0.011x20',
});

export const fleetAndProcess: readonly AlertCase[] = [
  {
    alert: 'FleetTooLarge',
    when: 'four replicas run where there may be three',
    at: '6m',
    series: fleet(4),
    fires: {
      labels: { severity: 'critical', job: JOB },
      summary: 'More replicas run than budget.maxReplicas allows for.',
      description: '4 replicas run. If Redis is lost, their shares may add up to more than the budget.',
    },
  },
  { alert: 'FleetTooLarge', when: 'three run, and one that is gone is listed', at: '6m', series: fleet(3) },
  {
    alert: 'SecretReloadFailed',
    when: 'a token is refused, the first since the start',
    at: '10m',
    series: reloads('gateway_secret_reloads_total', '0x3 1x20', { secret: 'token' }),
    fires: refused('token'),
  },
  {
    alert: 'SecretReloadFailed',
    when: 'the file of teams is refused',
    at: '10m',
    series: reloads('gateway_policy_reloads_total', '0x3 1x20'),
    fires: refused('teams'),
  },
  {
    alert: 'SecretReloadFailed',
    when: 'files are taken over, and the last refusal was long ago',
    at: '10m',
    series: {
      ...reloads('gateway_secret_reloads_total', '2x20', { secret: 'token' }),
      ...reloads('gateway_policy_reloads_total', '1x20'),
    },
  },
  {
    alert: 'TeamKeyExpiring',
    when: 'one of two keys ends in thirteen days',
    at: '0m',
    series: ends(13),
    fires: {
      labels: { severity: 'warning', job: JOB, team: 'web', key: 'k7Qm2Z' },
      summary: 'A key of team web is about to end.',
      description: 'Key k7Qm2Z ends in 13d 0h 0m 0s. From then on its callers get 401.',
    },
  },
  { alert: 'TeamKeyExpiring', when: 'it ends in fifteen', at: '0m', series: ends(15) },
  {
    alert: 'EventLoopLag',
    when: 'one of two replicas lags by 300 ms for five minutes',
    at: '6m',
    series: lag('0.3x20'),
    fires: {
      labels: { severity: 'warning', job: JOB, instance: 'a:9090' },
      summary: 'Replica a:9090 is short of processor time.',
      description:
        'One in a hundred turns of its event loop is 300ms late. Every answer waits as long, those from memory too.',
    },
  },
  { alert: 'EventLoopLag', when: 'it does for two', at: '6m', series: lag('0.1x4 0.3x2') },
  {
    alert: 'GatewayAbsent',
    when: 'nothing is up but another job',
    at: '6m',
    series: { [of('up')]: '0x20', [of('up', { job: 'another' })]: '1x20' },
    fires: {
      labels: { severity: 'critical' },
      summary: 'No replica of the gateway is up.',
      description: 'Prometheus has reached no replica for five minutes, or is not told about any.',
    },
  },
  { alert: 'GatewayAbsent', when: 'one of two is', at: '6m', series: fleet(1) },
];
