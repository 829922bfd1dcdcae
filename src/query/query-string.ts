import { decodeFormComponent } from './percent-decoding.ts';

/** One `name=value` of a query, not yet judged. */
export interface QueryParameter {
  /** Place in the query, from 1; names a parameter whose own name must not be shown. */
  readonly position: number;
  /** Decoded name; `undefined` when it cannot be decoded. */
  readonly name: string | undefined;
  /** Still encoded; `undefined` when there is no `=`. Decoded only for names that are known. */
  readonly rawValue: string | undefined;
}

/**
 * Splits the raw text after the first `?` at `&` and each piece at its first `=`; an empty text has no
 * parameters, an empty piece is a parameter with an empty name. Reads at most `max` + 1 pieces, so a longer
 * list is seen to be too long without its rest being looked at.
 */
export function splitQuery(rawQuery: string, max: number): QueryParameter[] {
  if (rawQuery === '') return [];
  return rawQuery.split('&', max + 1).map((piece, at) => {
    const equals = piece.indexOf('=');
    return {
      position: at + 1,
      name: decodeFormComponent(equals < 0 ? piece : piece.slice(0, equals)),
      rawValue: equals < 0 ? undefined : piece.slice(equals + 1),
    };
  });
}
