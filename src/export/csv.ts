import { stringify } from 'csv-stringify/sync';
import { members, withoutWhitespace } from '../shared/json-scan.ts';
import { profilesOf } from '../shared/page-profiles.ts';

export interface CsvOptions {
  /** Puts `'` before text that a spreadsheet would take for a formula; it changes phone numbers such as `+49…`. */
  readonly escapeFormulas: boolean;
}

/** A number or a truth value in Amperity's own spelling: never a formula, and no digit is lost. */
interface Literal {
  readonly literal: string;
}

type Cells = ReadonlyMap<string, string | Literal>;

/** Members of a profile, and of its attributes. */
interface Row {
  readonly own: Cells;
  readonly attributes: Cells;
}

const ATTRIBUTES = 'attributes';
const PREFIX = `${ATTRIBUTES}.`;
const OPENING_BRACE = 0x7b;

/**
 * Pages as CSV (RFC 4180): a header of the columns that the first page with profiles has, then a line for each profile.
 * Members of `attributes` stand beside the others under their own names, with `attributes.` before a name that profiles
 * have, too. Null and what is missing are empty; objects and lists are JSON.
 */
export class CsvPages {
  readonly #options: CsvOptions;
  #columns: ReadonlySet<string>;
  /** Names of attributes that profiles have as well. */
  #shared: ReadonlySet<string>;
  readonly #unknown = new Set<string>();

  /** @param columns those of an export that is gone on with; empty: those of the first page, after a header */
  constructor(options: CsvOptions, columns: readonly string[] = []) {
    this.#options = options;
    this.#columns = new Set(columns);
    this.#shared = new Set(
      columns.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)),
    );
  }

  /** Empty before the first profile. */
  get columns(): readonly string[] {
    return [...this.#columns];
  }

  /** Columns of later pages, which are left out because the header has been written. */
  get unknownColumns(): number {
    return this.#unknown.size;
  }

  next(body: Buffer): string {
    const rows = [...profilesOf(body)].map(rowOf);
    if (rows.length === 0) return '';
    const isFirst = this.#columns.size === 0;
    if (isFirst) this.#shared = sharedNames(rows);
    const lines = rows.map((row) => this.#lineOf(row));
    if (isFirst) this.#columns = new Set(lines.flatMap((line) => [...line.keys()]));
    for (const line of lines) {
      for (const name of line.keys()) if (!this.#columns.has(name)) this.#unknown.add(name);
    }
    const columns = this.columns;
    const records = lines.map((line) => columns.map((name) => line.get(name) ?? ''));
    return stringify(isFirst ? [columns, ...records] : records, {
      record_delimiter: 'windows',
      escape_formulas: this.#options.escapeFormulas,
      // A line of nothing would not be one.
      quoted_empty: columns.length === 1,
      cast: {
        // The writer itself quotes no line break but its own kind.
        string: (value) => (/[\r\n]/.test(value) ? { value, quoted: true } : value),
        // The writer's types know objects of columns only, and a cell of ours is what they call one.
        object: (value) => ({ value: (value as unknown as Literal).literal, escape_formulas: false }),
      },
    });
  }

  #lineOf({ own, attributes }: Row): Cells {
    const line = new Map(own);
    for (const [name, cell] of attributes) {
      line.set(this.#shared.has(name) || own.has(name) ? PREFIX + name : name, cell);
    }
    return line;
  }
}

function sharedNames(rows: readonly Row[]): ReadonlySet<string> {
  const own = new Set(rows.flatMap((row) => [...row.own.keys()]));
  return new Set(rows.flatMap((row) => [...row.attributes.keys()].filter((name) => own.has(name))));
}

/** What is no object has no columns. */
function rowOf(profile: Buffer): Row {
  const own = new Map<string, string | Literal>();
  const attributes = new Map<string, string | Literal>();
  if (profile[0] !== OPENING_BRACE) return { own, attributes };
  for (const { name, value } of members(profile)) {
    const text = profile.subarray(value.start, value.end);
    if (name === ATTRIBUTES && text[0] === OPENING_BRACE) {
      for (const member of members(text)) {
        attributes.set(member.name, cellOf(text.subarray(member.value.start, member.value.end)));
      }
    } else own.set(name, cellOf(text));
  }
  return { own, attributes };
}

function cellOf(value: Buffer): string | Literal {
  switch (value[0]) {
    case 0x22: // "
      return JSON.parse(value.toString('utf8'));
    case OPENING_BRACE:
    case 0x5b: // [
      return withoutWhitespace(value).toString('utf8');
    case 0x6e: // null
      return '';
    default:
      return { literal: value.toString('utf8') };
  }
}
