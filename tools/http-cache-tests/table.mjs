import { because } from './verdicts.mjs';

export const KINDS = ['required', 'optimal', 'check'];

/** How many of each group were run, passed and failed, by kind. */
export function table(groups, outcomes) {
  const head = ['group', ...KINDS.map((kind) => `${kind}: run/passed/failed`), 'left out'];
  const rows = groups.map(({ id, tests, leftOut }) => [id, ...counts(tests, outcomes), String(leftOut)]);
  const everything = groups.flatMap(({ tests }) => tests);
  const leftOut = groups.reduce((sum, group) => sum + group.leftOut, 0);
  return inColumns([head, ...rows, ['all', ...counts(everything, outcomes), String(leftOut)]]);
}

function counts(tests, outcomes) {
  return KINDS.map((kind) => {
    const run = tests.filter((test) => test.kind === kind);
    if (run.length === 0) return '-';
    const passed = run.filter(({ id }) => outcomes.get(id) === 'passed').length;
    return `${run.length}/${passed}/${run.length - passed}`;
  });
}

function inColumns(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** Every required test that did not pass, with what the suite found and the reviewer's explanation. */
export function failedRequired(tests, outcomes, results, expected) {
  const failed = tests.filter(({ id, kind }) => kind === 'required' && outcomes.get(id) !== 'passed');
  if (failed.length === 0) return 'Every required test that was run has passed.';
  const lines = failed.map(({ id }) => {
    const why = expected[id]?.why ?? 'not explained yet';
    return `  ${id}: ${outcomes.get(id)}${because(results[id])}\n    ${why}`;
  });
  return ['Required tests that did not pass:', ...lines].join('\n');
}

/** What was left out of the suite, and why. */
export function leftOutList(entries) {
  const lines = entries.map(({ groups = [], except = [], tests = [], why }) => {
    const but = except.length > 0 ? ` but ${except.join(', ')}` : '';
    return `  ${[...groups, ...tests].join(', ')}${but}: ${why}`;
  });
  return ['Left out:', ...lines].join('\n');
}
