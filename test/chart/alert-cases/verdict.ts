import { type Judged, promtoolOn } from '../../support/promtool.ts';
import { type AlertCase, JOB } from './alert-case.ts';

export interface JudgedRules {
  readonly file: string;
  /** Default: the job of the cases. */
  readonly job?: string;
  /** What stands in front of the path of each runbook. */
  readonly runbooks?: string;
}

/** What promtool says to cases, judged by the rules in a file. */
export function verdict(
  { file, job = JOB, runbooks = '' }: JudgedRules,
  cases: readonly AlertCase[],
): Judged {
  const tests = cases.map(({ alert, at, fires, series }) => {
    const expected = fires && {
      exp_labels: { ...fires.labels, ...(fires.labels.job && { job }) },
      exp_annotations: {
        summary: fires.summary,
        description: fires.description,
        runbook_url: `${runbooks}docs/operations.md#${alert.toLowerCase()}`,
      },
    };
    const input = Object.entries(series).map(([name, values]) => ({
      series: name.replace(`job="${JOB}"`, `job="${job}"`),
      values,
    }));
    const asked = { eval_time: at, alertname: alert, exp_alerts: expected ? [expected] : [] };
    return { interval: '1m', input_series: input, alert_rule_test: [asked] };
  });
  return promtoolOn(['test', 'rules'], { rule_files: [file], evaluation_interval: '1m', tests });
}
