import { isUtf8 } from 'node:buffer';
import { type CutTotal, cutTotal } from '../shared/total-member.ts';

/** A 200 body whose form was checked. */
export interface PageBody {
  /** The bytes as they came, less the top-level `total` members. */
  readonly body: Buffer;
  /** The total that was cut out, if there was one. */
  readonly total?: CutTotal;
  /** The cursor of the next page: absent where Amperity sends none, null or an empty one. */
  readonly nextToken?: string;
  /** Length of `data`, or 1 for a single resource. */
  readonly count: number;
}

/**
 * Checks a body and cuts the total out of it by position, so that every other byte stays as Amperity sent it:
 * parsing and writing again would reorder integer-like keys, round integers above 2^53, turn `1.0` into `1` and
 * drop repeated members.
 *
 * @param list whether `data` must be an array; else the resource must have an `id`
 * @param limit most items that `data` may hold
 * @returns undefined when the body is not what the route promises
 */
export function readPageBody(bytes: Buffer, list: boolean, limit?: number): PageBody | undefined {
  if (!isUtf8(bytes)) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const { data, id, next_token: nextToken } = parsed as Partial<Record<string, unknown>>;
  // Required of a profile and of an index: without it nobody could tell whose this is, or purge it.
  if (!list) return typeof id === 'string' && id !== '' ? { body: bytes, count: 1 } : undefined;
  if (!Array.isArray(data) || data.length > (limit ?? Number.POSITIVE_INFINITY)) return undefined;
  const hasNext = typeof nextToken === 'string' && nextToken !== '';
  return { ...cutTotal(bytes), ...(hasNext && { nextToken }), count: data.length };
}
