import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Journal } from '../journal/journal.ts';
import { ControlRefusal } from './control-routes.ts';

/** Entries written before the event loop gets a turn: about 2 ms, so that arrivals are stamped in time. */
const SLICE = 250;

/** The journal as NDJSON, from behind `since` on. What arrives while it is sent is not included. */
export async function streamJournal(journal: Journal, url: URL, res: ServerResponse): Promise<void> {
  const end = journal.requests;
  let left = readCount(url, 'limit', Number.MAX_SAFE_INTEGER);
  let since = readCount(url, 'since', 0);
  res.setHeader('content-type', 'application/x-ndjson');
  while (left > 0 && !res.destroyed) {
    const entries = journal.entries(since, Math.min(SLICE, left)).filter(({ seq }) => seq <= end);
    if (entries.length === 0) break;
    left -= entries.length;
    since = entries.at(-1)?.seq ?? end;
    const roomy = res.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    if (!roomy) await Promise.race([once(res, 'drain'), once(res, 'close')]);
    await new Promise(setImmediate);
  }
  res.end();
}

function readCount(url: URL, name: string, fallback: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return fallback;
  if (!/^\d{1,15}$/.test(text)) throw new ControlRefusal(400, `"${name}" must be a whole number`);
  return Number(text);
}
