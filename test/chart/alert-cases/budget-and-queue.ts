import { type AlertCase, JOB, of } from './alert-case.ts';

const calls = (perMinute: number, rate = 10, windowSeconds = 1) => ({
  [of('gateway_budget_permits_total', { team: 'web', class: 'caller' })]: `0+${perMinute - 60}x20`,
  [of('gateway_budget_permits_total', { team: 'web', class: 'refresh', instance: 'b:9090' })]: '0+60x20',
  [of('gateway_budget_rate')]: `${rate}x20`,
  [of('gateway_budget_window_seconds')]: `${windowSeconds}x20`,
  [of('gateway_budget_rate', { instance: 'b:9090' })]: `${rate}x20`,
  [of('gateway_budget_window_seconds', { instance: 'b:9090' })]: `${windowSeconds}x20`,
});

const depths = (web: string) => ({
  [of('gateway_queue_depth', { team: 'web' })]: web,
  [of('gateway_queue_bound', { team: 'web' })]: '200x20',
  [of('gateway_queue_depth', { team: 'mail' })]: '30x20',
  [of('gateway_queue_bound', { team: 'mail' })]: '1000x20',
});

const waits = (web: string) => ({
  [of('gateway_queue_oldest_seconds', { team: 'web' })]: web,
  [of('gateway_queue_max_wait_seconds', { team: 'web' })]: '10x20',
  [of('gateway_queue_oldest_seconds', { team: 'mail' })]: '20x20',
  [of('gateway_queue_max_wait_seconds', { team: 'mail' })]: '60x20',
});

export const budgetAndQueue: readonly AlertCase[] = [
  {
    alert: 'BudgetSaturated',
    when: 'two replicas make 9.7 of 20 calls in 2 s for ten minutes',
    at: '15m',
    series: calls(580, 20, 2),
    fires: {
      labels: { severity: 'warning', job: JOB },
      summary: 'The budget of calls to Amperity is used up.',
      description:
        'For ten minutes 9.7 calls per second were made, which is all there are. Callers wait, and some are refused.',
    },
  },
  { alert: 'BudgetSaturated', when: 'they make 9.4 of 10', at: '15m', series: calls(565) },
  {
    alert: 'BudgetExceeded',
    when: 'two replicas make 10.7 of 10 calls in 1 s',
    at: '10m',
    series: calls(640),
    fires: {
      labels: { severity: 'critical', job: JOB },
      summary: 'More calls are made to Amperity than the budget allows.',
      description:
        'In five minutes 10.7 calls per second were made, more than budget.rate. Replicas do not share one budget.',
    },
  },
  { alert: 'BudgetExceeded', when: 'they make 10 of 10', at: '10m', series: calls(600) },
  {
    alert: 'QueueNearLimit',
    when: '170 of 200 places of a team are taken for five minutes',
    at: '6m',
    series: depths('170x20'),
    fires: {
      labels: { severity: 'warning', job: JOB, team: 'web' },
      summary: 'The queue of team web is nearly full.',
      description: '85% of the places are taken. When all are, callers of the team get 429 team_budget.',
    },
  },
  { alert: 'QueueNearLimit', when: '150 are', at: '6m', series: depths('150x20') },
  {
    alert: 'QueueNearLimit',
    when: 'they are taken for three minutes',
    at: '6m',
    series: depths('150x3 170x3'),
  },
  {
    alert: 'QueueOld',
    when: 'somebody has waited for 6 of 10 s whenever one looks',
    at: '6m',
    series: waits('6x20'),
    fires: {
      labels: { severity: 'warning', job: JOB, team: 'web' },
      summary: 'Callers of team web wait long.',
      description:
        'The oldest has waited for 60% of the time after which it is given up (504 deadline_exceeded).',
    },
  },
  { alert: 'QueueOld', when: 'for 4 of 10 s', at: '6m', series: waits('4x20') },
];
