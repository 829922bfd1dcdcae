import { describe, expect, test } from '@jest/globals';
import type { Reading } from '../../../bench/bound.ts';
import { ALL_SUBJECTS, type CaseResult, type Question, type Subject } from '../../../bench/question.ts';
import { rowsOf, tableOf } from '../../../bench/report.ts';

const question: Question = {
  name: 'burst',
  title: 'Fast?',
  cases: [
    {
      name: 'idle',
      subjects: ALL_SUBJECTS,
      measures: [{ id: 'last', title: 'last one', unit: ' ms', required: { max: 50 } }],
      teams: { web: 1 },
      run: () => Promise.reject(new Error('is not run here')),
    },
  ],
  plot: () => '',
};

const result = (subject: Subject, run: number, last: Reading): CaseResult => ({
  case: 'idle',
  subject,
  run,
  figures: { last },
  points: [],
  raw: {},
  stallMs: 0,
  repeatedFor: [],
});

describe('a report', () => {
  test('shows required and measured figures side by side', () => {
    const rows = rowsOf(question, [
      result('gateway', 1, { value: 21.4 }),
      result('reservoir', 1, { value: 900, unfinished: true }),
    ]);
    expect(tableOf(question, rows)).toContain('| idle | last one | ≤ 50 ms | pass | 21 ms | > 900 ms |  |');
  });

  test('is passed only if every run of the gateway passes, whatever others do', () => {
    const rows = rowsOf(question, [
      result('gateway', 1, { value: 20 }),
      result('minTime', 1, { value: 900 }),
      result('gateway', 2, { value: 60 }),
      result('gateway', 3, { value: 30 }),
    ]);
    expect(rows[0]?.passed).toBe(false);
    expect(tableOf(question, rows)).toContain('| **fail** | 30 ms (20 ms to 60 ms) |');
  });

  test('marks what a stalled simulator has stamped', () => {
    const calm = result('gateway', 1, { value: 20 });
    const table = (results: CaseResult[]) => tableOf(question, rowsOf(question, results));
    expect(table([{ ...calm, stallMs: 21 }])).toMatch(/\| 20 ms † \|.*\n\n† The simulator stalled/s);
    expect(table([calm])).not.toContain('†');
  });

  test('does not pass what could not be measured', () => {
    const rows = rowsOf(question, [result('gateway', 1, { value: Number.NaN })]);
    expect(rows[0]?.passed).toBe(false);
    expect(tableOf(question, rows)).toContain('no answer');
    expect(rowsOf(question, [])[0]?.passed).toBe(false);
  });
});
