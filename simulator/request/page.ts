import { mix, mixText, unit } from '../data/prng.ts';
import { EXOTIC_PAGE } from '../data/profile-json.ts';
import { positionAfter, type RowList, sliceRows } from '../data/row-order.ts';
import type { KnobValues } from '../knobs/knob-table.ts';
import type { CursorState } from './cursor-seal.ts';

/** A list that can be walked. */
export interface PageSource {
  readonly list: RowList;
  json(row: number): string;
  /** How `with_total` is honoured. */
  readonly total: 'honoured' | 'never' | 'zero';
}

export interface Page {
  readonly items: readonly string[];
  readonly total: number | undefined;
  /** Where the next page begins; undefined on the last one. */
  readonly next: CursorState | undefined;
}

/** The page that begins at the cursor. `byPlace` counts places instead of going on behind the last row. */
export function cutPage(knobs: KnobValues, source: PageSource, from: CursorState, byPlace: boolean): Page {
  const { rows } = source.list;
  const position = byPlace ? from.position : positionAfter(source.list, from);
  const remaining = Math.max(0, rows.length - position);
  const size = pageSize(knobs, from, position, remaining);
  const taken = sliceRows(source.list, position, size);
  const more = size < remaining;
  // A full last page may be followed by an empty one that ends the walk.
  const trailing = knobs['page.trailing_empty'] && size === from.limit && size === remaining;
  return {
    items: taken.map((row) => source.json(row)),
    total: from.withTotal ? { honoured: rows.length, never: undefined, zero: 0 }[source.total] : undefined,
    next:
      more || trailing
        ? { ...from, position: position + size, lastRow: taken.at(-1) ?? from.lastRow, emptied: size === 0 }
        : undefined,
  };
}

/** `total`, `next_token` and `data` in the order of the documents. */
export function pageBody(knobs: KnobValues, page: Page, token: string | undefined): string {
  const members: string[] = [];
  if (page.total !== undefined) members.push(`"total":${page.total}`);
  if (token !== undefined) members.push(`"next_token":${JSON.stringify(token)}`);
  else if (knobs['page.last'] === 'empty') members.push('"next_token":""');
  else if (knobs['page.last'] === 'null') members.push('"next_token":null');
  members.push(`"data":[${page.items.join(',')}]`);
  return `{${members.join(',')}${knobs['data.exotic'] ? EXOTIC_PAGE : ''}}`;
}

/** Only a page that has a successor may be short or empty. The same request draws the same. */
function pageSize(knobs: KnobValues, from: CursorState, position: number, remaining: number): number {
  const full = Math.min(from.limit, remaining);
  if (remaining === 0 || (knobs['page.short_p'] === 0 && knobs['page.empty_p'] === 0)) return full;
  const walk = mixText(
    knobs['data.seed'],
    JSON.stringify([from.tenant, from.index, from.filters, from.limit]),
  );
  const draw = mix(walk, position);
  if (!from.emptied && unit(mix(draw, 1)) < knobs['page.empty_p']) return 0;
  if (full < 2 || unit(mix(draw, 2)) >= knobs['page.short_p']) return full;
  return 1 + (mix(draw, 3) % (full - 1));
}
