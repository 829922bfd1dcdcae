import type { Line } from './lines-chart.ts';
import { type CaseResult, SUBJECT_TITLES, type Subject } from './question.ts';

/** Told apart on white and on black. */
export const SUBJECT_COLOURS: Readonly<Record<Subject, string>> = {
  gateway: '#2f81f7',
  reservoir: '#d97706',
  minTime: '#a855f7',
};

/** One line for each subject that ran the case, of its first run; the gateway's last, so that it lies on top. */
export function linesOf(results: readonly CaseResult[], name: string): Line[] {
  return results
    .filter((result) => result.case === name && result.run === 1)
    .map(({ subject, points }) => ({
      title: SUBJECT_TITLES[subject],
      colour: SUBJECT_COLOURS[subject],
      points,
    }))
    .reverse();
}
