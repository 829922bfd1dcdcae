import { boundText, holds, type Reading } from './bound.ts';
import { MOST_STALL_MS } from './observe.ts';
import { median } from './percentile.ts';
import { ALL_SUBJECTS, type CaseResult, type Measure, type Question, SUBJECT_TITLES } from './question.ts';

export interface Row {
  readonly case: string;
  readonly measure: Measure;
  /** Of each run, by subject. */
  readonly readings: Readonly<Record<string, readonly Reading[]>>;
  /** Undefined where nothing is required. */
  readonly passed: boolean | undefined;
  /** Subjects whose arrivals were stamped by a simulator that stalled. */
  readonly stalled: readonly string[];
}

/** Marks runs that stalled however often they were repeated. */
const STALLED = '†';

/** A figure is met when every run meets it. */
export function rowsOf(question: Question, results: readonly CaseResult[]): Row[] {
  return question.cases.flatMap((one) =>
    one.measures.map((measure) => {
      const readings: Record<string, Reading[]> = {};
      const of = results.filter((result) => result.case === one.name);
      for (const result of of) {
        const reading = result.figures[measure.id];
        if (reading) readings[result.subject] = [...(readings[result.subject] ?? []), reading];
      }
      const { required } = measure;
      const own = readings.gateway ?? [];
      const passed = required && own.length > 0 && own.every((reading) => holds(required, reading));
      const stalled = of.filter(({ stallMs }) => stallMs > MOST_STALL_MS).map(({ subject }) => subject);
      return { case: one.name, measure, readings, passed, stalled };
    }),
  );
}

/** A Markdown table; other subjects than the gateway stand beside it, and nothing is required of them. */
export function tableOf(question: Question, rows: readonly Row[]): string {
  const head = ['case', 'figure', 'required', '', ...ALL_SUBJECTS.map((subject) => SUBJECT_TITLES[subject])];
  const body = rows.map(({ case: name, measure, readings, passed, stalled }) => {
    const write = (value: number) => `${value.toFixed(measure.digits ?? 0)}${measure.unit ?? ''}`;
    const verdict = passed === undefined ? '' : passed ? 'pass' : '**fail**';
    const required = measure.required ? boundText(measure.required, write) : '';
    const cells = ALL_SUBJECTS.map((subject) => {
      const mark = stalled.includes(subject) ? ` ${STALLED}` : '';
      return `${cell(readings[subject] ?? [], write)}${mark}`;
    });
    return [name, measure.title, required, verdict, ...cells];
  });
  const lines = [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`);
  const note = `${STALLED} The simulator stalled in this run; measure again on a machine that is left alone.`;
  const notes = rows.some(({ stalled }) => stalled.length > 0) ? [note, ''] : [];
  return [`## ${question.title}`, '', ...lines, '', ...notes].join('\n');
}

function cell(readings: readonly Reading[], write: (value: number) => string): string {
  if (readings.length === 0) return '';
  const values = readings.map(({ value }) => value);
  const least = readings.some(({ unfinished }) => unfinished) ? '> ' : '';
  if (values.some(Number.isNaN)) return 'no answer';
  if (values.length === 1) return `${least}${write(values[0] ?? 0)}`;
  return `${least}${write(median(values))} (${write(Math.min(...values))} to ${write(Math.max(...values))})`;
}
