import { cities, DANIEL, KULHMAN } from './words.ts';

/** The attributes that can be filtered. */
export interface Person {
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly loyalty_tier: string;
  readonly city: string;
}

/** A row that is not drawn: whatever is given replaces the drawn value. */
export interface PlantedRow {
  readonly id?: string;
  readonly person: Partial<Person>;
}

/** Rows of `idx-shoppers` whose ids and filter values break careless encoders, comparers and parsers. */
const edgeRows: readonly PlantedRow[] = [
  { id: 's-slash/inside', person: { last_name: 'Smith & Sons' } },
  { id: 's-space inside', person: { last_name: 'a=b' } },
  { id: 's-100%', person: { email: 'anna+news@example.com' } },
  { id: 's-%2F', person: { last_name: '100%' } },
  { id: 's-plus+inside', person: { last_name: '[x]' } },
  { id: 's-grün', person: { last_name: 'Doe, Jane' } },
  { id: 's-blank ', person: { last_name: 'O"Neil' } },
  { id: 's-Case', person: { last_name: 'Line\nBreak' } },
  { id: 's-case', person: { last_name: '' } },
  { person: { first_name: 'Ren\u00e9' } },
  { person: { first_name: 'Rene\u0301' } },
  { person: { first_name: '' } },
  { person: { last_name: "O'Neil" } },
  { person: { last_name: 'Blank ' } },
  { person: { last_name: 'blank' } },
  { person: { first_name: '%5B%5D' } },
];

const KULHMAN_FIRST_NAMES = [DANIEL, 'Anna', 'Maria', 'Paul'] as const;

/**
 * Row number (from 1) to planted row. `cityOfDaniel` differs per tenant and index.
 *
 * @param first what the first rows are to be
 */
export function plantRows(
  rows: number,
  withEdges: boolean,
  cityOfDaniel: number,
  first: readonly PlantedRow[] = [],
): Map<number, PlantedRow> {
  const planted = new Map(first.slice(0, rows).map((row, order) => [order + 1, row]));
  KULHMAN_FIRST_NAMES.forEach((first_name, order) => {
    const row = Math.max(1, Math.ceil(((order * 2 + 3) / 10) * rows));
    if (planted.has(row)) return;
    const city = first_name === DANIEL ? { city: cities[cityOfDaniel % cities.length] as string } : {};
    planted.set(row, { person: { first_name, last_name: KULHMAN, ...city } });
  });
  if (withEdges) {
    // Every third row, past the first Kulhman at row 18.
    for (const [order, edge] of edgeRows.entries()) planted.set(2 + order * 3 + (order > 4 ? 2 : 0), edge);
  }
  return planted;
}
