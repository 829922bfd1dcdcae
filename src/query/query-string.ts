import { MAX_PARAMETERS, type Parameter } from './parameter.ts';
import { decodeFormComponent } from './percent-decoding.ts';

/**
 * Splits the raw text after the first `?` at `&` and each piece at its first `=`; an empty text has no
 * parameters, an empty piece is a parameter with an empty name. Reads at most one piece too many, so a longer
 * list is seen to be too long without its rest being looked at.
 */
export function splitQuery(rawQuery: string): Parameter[] {
  if (rawQuery === '') return [];
  return rawQuery.split('&', MAX_PARAMETERS + 1).map((piece, at) => {
    const equals = piece.indexOf('=');
    return {
      position: at + 1,
      name: decodeFormComponent(equals < 0 ? piece : piece.slice(0, equals)),
      value: equals < 0 ? undefined : decoded(piece.slice(equals + 1)),
    };
  });
}

function decoded(raw: string): Parameter['value'] {
  const text = decodeFormComponent(raw);
  return text === undefined
    ? { reason: 'must be well-formed percent-encoded UTF-8 without control characters' }
    : { text };
}
