import { INDEX_ID } from '../shared/amperity-names.ts';
import { invalidParameter } from './invalid-parameter.ts';
import { decodeComponent, isFitText } from './percent-decoding.ts';

export const MAX_PROFILE_ID_BYTES = 256;

/** `.` or `..`, alone or between slashes: what some server on the way might resolve after decoding. */
const DOT_SEGMENT = /(?:^|[/\\])\.{1,2}(?:$|[/\\])/;

/**
 * One raw path segment, percent-decoded strictly; `+` stays `+`. Throws `invalid_parameter` naming `name`. An
 * encoded slash is part of the value: profile ids are the customer's own and may hold any character.
 */
export function decodePathSegment(raw: string, name = 'path'): string {
  const text = raw.includes('/') ? undefined : decodeComponent(raw);
  if (text === undefined) {
    throw invalidParameter([{ name, reason: 'must be well-formed percent-encoded UTF-8 without controls' }]);
  }
  return text;
}

/** The reason why a decoded segment is no index id, or `undefined`. */
export function indexIdProblem(text: string): string | undefined {
  return INDEX_ID.test(text)
    ? undefined
    : 'must be 1 to 64 letters, digits, _ and -, beginning with a letter or a digit';
}

/** The reason why a decoded segment is no profile id, or `undefined`. */
export function profileIdProblem(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  if (!isFitText(text)) return 'must be well-formed UTF-8 without control characters';
  if (Buffer.byteLength(text) > MAX_PROFILE_ID_BYTES) {
    return `must be at most ${MAX_PROFILE_ID_BYTES} bytes of UTF-8`;
  }
  return DOT_SEGMENT.test(text) ? 'must not contain the path segment . or ..' : undefined;
}
