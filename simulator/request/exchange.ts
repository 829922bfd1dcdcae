import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JournalRecord } from '../journal/journal.ts';
import type { KnobValues } from '../knobs/knob-table.ts';
import type { Target } from './target.ts';
import type { Token } from './token-vault.ts';

/** One request on its way through the simulator. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The knobs as they were at arrival. */
  readonly knobs: KnobValues;
  readonly target: Target;
  readonly record: JournalRecord;
  readonly arrivedUs: number;
  /** Number of the request since the start: goes into error ids. */
  readonly serial: number;
  /** The tenant named by the header as the route reads it; null when absent or unknown. */
  readonly tenant: string | null;
  readonly token: Token | undefined;
  /** Aborts when the connection is gone before the answer was out. */
  readonly gone: AbortSignal;
}
