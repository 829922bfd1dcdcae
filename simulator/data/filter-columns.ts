import type { ProfileSource } from './profile-source.ts';
import { cities, firstNames, lastNames, loyaltyTiers } from './words.ts';

const lists = {
  first_name: firstNames,
  last_name: lastNames,
  loyalty_tier: loyaltyTiers,
  city: cities,
} as const;
type Coded = keyof typeof lists;
const codedNames = Object.keys(lists) as Coded[];

/** No word list is this long: the code of a planted row, whose values may be in no list. */
const PLANTED = 255;
/** Rows handled before the event loop gets a turn: about 2 ms. */
const SLICE = 8192;

/** One byte per row and attribute, so that a filter is a scan over bytes. */
export type FilterColumns = Readonly<Record<Coded, Uint8Array>>;

export async function buildColumns(
  source: ProfileSource,
  rows: Uint32Array,
  versionOf: (row: number) => number,
): Promise<FilterColumns> {
  const columns = Object.fromEntries(
    codedNames.map((name) => [name, new Uint8Array(rows.length)]),
  ) as FilterColumns;
  for (let place = 0; place < rows.length; place++) {
    if (place % SLICE === SLICE - 1) await new Promise(setImmediate);
    const row = rows[place] as number;
    const codes = source.planted.has(row) ? undefined : source.codes(row, versionOf(row));
    for (const name of codedNames) columns[name][place] = codes?.[name] ?? PLANTED;
  }
  return columns;
}

/** Places (not row numbers) of the drawn rows that match; attributes without a column are not looked at. */
export function scanColumns(
  columns: FilterColumns,
  filters: readonly (readonly [string, string])[],
): number[] {
  let places: number[] | undefined;
  for (const [name, value] of filters) {
    if (!isCoded(name)) continue;
    const column = columns[name];
    const code = lists[name].indexOf(value);
    if (code < 0) return [];
    places = places ? places.filter((place) => column[place] === code) : placesOf(column, code);
  }
  return places ?? [];
}

function placesOf(column: Uint8Array, code: number): number[] {
  const places: number[] = [];
  for (let place = column.indexOf(code); place >= 0; place = column.indexOf(code, place + 1))
    places.push(place);
  return places;
}

function isCoded(name: string): name is Coded {
  return Object.hasOwn(lists, name);
}
