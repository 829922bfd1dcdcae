import type { PlantedRow } from '../data/planted-rows.ts';
import { KnobProblem } from './knob-problem.ts';

/** Filter count (as text) to p50 and p95 in milliseconds. */
export type LatencyTable = Readonly<Record<string, readonly [number, number]>>;
export type ExtraHeaders = Readonly<Record<string, string | readonly string[]>>;

export function acceptTextList(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) {
    throw new KnobProblem('must be a list of texts, such as ["idx-loyalty"]');
  }
  return value;
}

export function acceptHeaders(value: unknown): ExtraHeaders {
  const complaint = new KnobProblem(
    'must be an object of header names and texts, such as {"etag":"\\"1\\""}',
  );
  if (!isRecord(value)) throw complaint;
  for (const [name, content] of Object.entries(value)) {
    const texts = Array.isArray(content) ? content : [content];
    const printable = texts.every((text) => typeof text === 'string' && /^[\x20-\x7e]*$/.test(text));
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || !printable) throw complaint;
  }
  return value as ExtraHeaders;
}

export function acceptLatencyTable(value: unknown): LatencyTable | null {
  if (value === null) return null;
  const complaint = new KnobProblem(
    'must give p50 and p95 in ms for each filter count, such as {"0":[41,74],"1":[63,140]}',
  );
  if (!isRecord(value) || Object.keys(value).length === 0) throw complaint;
  for (const [filters, row] of Object.entries(value)) {
    const figures =
      Array.isArray(row) && row.length === 2 && row.every((ms) => Number.isFinite(ms) && ms > 0);
    if (!/^\d{1,2}$/.test(filters) || !figures || row[0] > row[1]) throw complaint;
  }
  return value as LatencyTable;
}

export function acceptPlantedRows(value: unknown): readonly PlantedRow[] {
  const isRow = (row: unknown): row is Record<string, string> =>
    isRecord(row) &&
    Object.entries(row).every(
      ([name, text]) =>
        ['id', 'first_name', 'last_name', 'email'].includes(name) && typeof text === 'string' && text !== '',
    );
  if (!Array.isArray(value) || !value.every(isRow)) {
    throw new KnobProblem(
      'must be a list of objects of texts with id, first_name, last_name or email, such as [{"id":"m-1"}]',
    );
  }
  return value.map(({ id, ...person }) => ({ person, ...(id !== undefined && { id }) }));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
