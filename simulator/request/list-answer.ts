import type { Catalogue } from '../data/catalogue.ts';
import type { Draws } from '../data/prng.ts';
import type { ProfileTable } from '../data/profile-table.ts';
import { type Answer, jsonAnswer, notFound } from './answer.ts';
import type { CursorLedger } from './cursor-ledger.ts';
import { type CursorState, openCursor, sealCursor } from './cursor-seal.ts';
import type { Exchange } from './exchange.ts';
import type { ListRequest } from './list-request.ts';
import { cutPage, type PageSource, pageBody } from './page.ts';

/** A list request whose cursor has been checked. */
export interface Walk {
  readonly from: CursorState;
  readonly nothing: boolean;
  /** The token that was sent. */
  readonly sent: string | undefined;
  /** Whether the next page's token is the one that was sent. */
  readonly loops: boolean;
}

/** Checks the cursor against the request. A text is the message of a 400. */
export function beginWalk(
  exchange: Exchange,
  request: ListRequest,
  table: ProfileTable | undefined,
  ledger: CursorLedger,
  draws: Draws,
): Walk | string {
  const { knobs } = exchange;
  const { filters, limit, withTotal, cursor: sent, nothing } = request;
  const tenant = exchange.tenant ?? '';
  const index = table?.id ?? '';
  const generation = table?.generation ?? 0;
  const asked = { tenant, index, filters, limit, withTotal };
  const first = { ...asked, generation, position: 0, lastRow: 0, emptied: false };
  if (sent === undefined) return { from: first, nothing, sent, loops: false };
  const opened = openCursor(knobs['data.seed'], sent);
  if (!opened || opened.tenant !== tenant || opened.index !== index) return 'The next_token is not valid.';
  if (!bound(knobs['cursor.bind'], opened, asked)) return 'The next_token belongs to another query.';
  const alive = ledger.use(sent, exchange.arrivedUs / 1000, knobs['cursor.ttl_ms'], knobs['cursor.max_uses']);
  if (!alive && knobs['cursor.on_dead'] === '400') return 'The next_token has expired.';
  if (opened.generation !== generation && knobs['cursor.on_rebuild'] === '400') {
    return 'The next_token belongs to an earlier build of the index.';
  }
  const from = knobs['cursor.bind'] === 'none' ? opened : { ...opened, ...asked };
  const loops = knobs['cursor.loop_p'] > 0 && draws.next() < knobs['cursor.loop_p'];
  return { from, nothing: nothing && knobs['cursor.bind'] !== 'none', sent, loops };
}

export async function profileListAnswer(
  exchange: Exchange,
  walk: Walk,
  table: ProfileTable,
  ledger: CursorLedger,
): Promise<Answer> {
  const { knobs } = exchange;
  const { filters } = walk.from;
  const whole = table.list();
  const list = walk.nothing
    ? { rows: new Uint32Array(0), pivot: 0 }
    : filters.length > 0
      ? await table.filtered(filters)
      : whole;
  if (list.rows.length === 0 && (filters.length > 0 || walk.nothing) && knobs['filter.no_match'] === '404') {
    return notFound(knobs, exchange.serial);
  }
  const source = { list, json: (row: number) => table.json(row), total: knobs['total.profiles'] };
  return pageAnswer(exchange, walk, source, table, ledger);
}

export function indexListAnswer(
  exchange: Exchange,
  walk: Walk,
  catalogue: Catalogue,
  ledger: CursorLedger,
): Answer {
  const { indexIds } = catalogue;
  const rows = Uint32Array.from(indexIds, (_, place) => place + 1);
  const json = (row: number) =>
    catalogue.find(exchange.tenant ?? '', indexIds[row - 1] ?? '')?.describe() ?? '{}';
  const source = { list: { rows, pivot: 0 }, json, total: exchange.knobs['total.indexes'] };
  return pageAnswer(exchange, walk, source, undefined, ledger);
}

function pageAnswer(
  { knobs, arrivedUs, serial }: Exchange,
  { from, sent, loops }: Walk,
  source: PageSource,
  table: ProfileTable | undefined,
  ledger: CursorLedger,
): Answer {
  const generation = table?.generation ?? 0;
  const byPlace = table?.overlapping === true && from.generation !== generation;
  const page = cutPage(knobs, source, from, byPlace);
  if (!page.next) return jsonAnswer(pageBody(knobs, page, undefined));
  const nonce = knobs['cursor.stable'] ? 0 : serial;
  const next = sealCursor(knobs['data.seed'], { ...page.next, generation }, knobs['cursor.alphabet'], nonce);
  const limited = knobs['cursor.ttl_ms'] > 0 || knobs['cursor.max_uses'] > 0;
  if (limited) ledger.issue(next, arrivedUs / 1000);
  return jsonAnswer(pageBody(knobs, page, loops ? sent : next));
}

function bound(
  rule: 'query' | 'all' | 'none',
  cursor: CursorState,
  asked: Pick<CursorState, 'filters' | 'limit' | 'withTotal'>,
): boolean {
  if (rule === 'none') return true;
  if (JSON.stringify(cursor.filters) !== JSON.stringify(asked.filters)) return false;
  return rule === 'query' || (cursor.limit === asked.limit && cursor.withTotal === asked.withTotal);
}
