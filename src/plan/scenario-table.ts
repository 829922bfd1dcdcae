import type { Row, Scenario } from './scenario.ts';

const COLUMNS: readonly (readonly [title: string, cell: (row: Omit<Row, 'team'>) => number | undefined])[] = [
  ['requests', (row) => row.requests],
  ['hits', (row) => row.hit],
  ['stale', (row) => row.stale],
  ['shared', (row) => row.shared],
  ['missed', (row) => row.miss],
  ['refused', (row) => row.refused],
  ['timed out', (row) => row.timedOut],
  ['other', (row) => row.other],
  ['calls', (row) => row.calls],
  ['wait p50', (row) => Math.round(row.wait.p50)],
  ['p95', (row) => Math.round(row.wait.p95)],
  ['p99 ms', (row) => Math.round(row.wait.p99)],
];

/** The figures as lines of text: a row for each team and one for all, scenarios of a team one below the other. */
export function scenarioTable(scenarios: readonly Scenario[]): string {
  const teams = [...new Set(scenarios.flatMap((scenario) => scenario.teams.map(({ team }) => team)))];
  const several = scenarios.length > 1;
  const rows = [...teams, undefined].flatMap((team) =>
    scenarios.map((scenario, number) => {
      const row = team === undefined ? scenario.total : scenario.teams.find((other) => other.team === team);
      const name = number === 0 ? (team ?? 'all') : '';
      const cells = COLUMNS.map(([, cell]) => String((row && cell(row)) ?? '-'));
      return several ? [name, scenario.name, ...cells] : [name, ...cells];
    }),
  );
  const titles = ['team', ...(several ? ['settings'] : []), ...COLUMNS.map(([title]) => title)];
  return [aligned([titles, ...rows], several ? 2 : 1), '', ...scenarios.flatMap(budgetLine(several))].join(
    '\n',
  );
}

const budgetLine =
  (several: boolean) =>
  ({ name, budget }: Scenario): string[] => {
    if (budget === undefined) return [];
    const { callsPerSecond, allowedPerSecond } = budget;
    const share = Math.round((100 * callsPerSecond) / allowedPerSecond);
    const used = `${callsPerSecond.toFixed(2)} of ${Number(allowedPerSecond.toFixed(2))} calls/s used (${share} %)`;
    return [several ? `${name}: ${used}` : used];
  };

/** The first columns are names, which begin at the left; figures end at the right. */
function aligned(rows: readonly (readonly string[])[], names: number): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column < names ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
