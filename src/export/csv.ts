import { stringify } from 'csv-stringify/sync';
import { members, withoutWhitespace } from '../shared/json-scan.ts';
import { profilesOf } from './items.ts';

export interface CsvOptions {
  /** Puts `'` before text that a spreadsheet would take for a formula; it changes phone numbers such as `+49…`. */
  readonly escapeFormulas: boolean;
}

/** A number or a truth value in Amperity's own spelling: never a formula, and no digit is lost. */
interface Literal {
  readonly literal: string;
}

type Row = ReadonlyMap<string, string | Literal>;

const ATTRIBUTES = 'attributes';

/**
 * Pages as CSV (RFC 4180): a header of the columns that the first page has, then a line for each profile. Members of
 * `attributes` stand beside the others under their own names, with `attributes.` before a name that an item has, too.
 * Null and what is missing are empty; objects and lists are JSON.
 */
export class CsvPages {
  readonly #options: CsvOptions;
  #columns: readonly string[] | undefined;
  readonly #unknown = new Set<string>();

  /** @param columns those of an export that is gone on with; absent: those of the first page, after a header */
  constructor(options: CsvOptions, columns?: readonly string[]) {
    this.#options = options;
    this.#columns = columns;
  }

  /** Empty before the first page. */
  get columns(): readonly string[] {
    return this.#columns ?? [];
  }

  /** Columns of later pages, which are left out because the header has been written. */
  get unknownColumns(): number {
    return this.#unknown.size;
  }

  next(body: Buffer): string {
    const rows = [...profilesOf(body)].map(rowOf);
    const isFirst = this.#columns === undefined;
    this.#columns ??= [...new Set(rows.flatMap((row) => [...row.keys()]))];
    const columns = this.#columns;
    for (const row of rows) {
      for (const name of row.keys()) if (!columns.includes(name)) this.#unknown.add(name);
    }
    const records = rows.map((row) => columns.map((name) => row.get(name) ?? ''));
    return stringify(isFirst ? [[...columns], ...records] : records, {
      record_delimiter: 'windows',
      escape_formulas: this.#options.escapeFormulas,
      cast: {
        // The writer itself quotes no line break but its own kind.
        string: (value) => (/[\r\n]/.test(value) ? { value, quoted: true } : value),
        object: (value) => ({ value: (value as unknown as Literal).literal, escape_formulas: false }),
      },
    });
  }
}

function rowOf(profile: Buffer): Row {
  const own = new Map<string, string | Literal>();
  const attributes = new Map<string, string | Literal>();
  for (const { name, value } of members(profile)) {
    const text = profile.subarray(value.start, value.end);
    if (name === ATTRIBUTES && text[0] === 0x7b) {
      for (const member of members(text)) {
        attributes.set(member.name, cellOf(text.subarray(member.value.start, member.value.end)));
      }
    } else own.set(name, cellOf(text));
  }
  for (const [name, cell] of attributes) own.set(own.has(name) ? `${ATTRIBUTES}.${name}` : name, cell);
  return own;
}

function cellOf(value: Buffer): string | Literal {
  switch (value[0]) {
    case 0x22: // "
      return JSON.parse(value.toString('utf8'));
    case 0x7b: // {
    case 0x5b: // [
      return withoutWhitespace(value).toString('utf8');
    case 0x6e: // null
      return '';
    default:
      return { literal: value.toString('utf8') };
  }
}
