import { members, type Span } from '../shared/json-scan.ts';
import { profilesOf } from '../shared/page-profiles.ts';

const QUOTE = 0x22;
const OPENING_BRACE = 0x7b;
const NUMBER = /^-?\d/;

/**
 * The ids of everybody in a stored body, a list or a single profile: of repeated members all, since all of them are
 * answered. Numbers are ids, too, in Amperity's spelling.
 */
export function* profileIds(body: Buffer): Generator<string> {
  if (body.length === 0) return;
  yield* idsOf(body);
  for (const profile of profilesOf(body)) if (profile[0] === OPENING_BRACE) yield* idsOf(profile);
}

function* idsOf(object: Buffer): Generator<string> {
  for (const { name, value } of members(object)) if (name === 'id') yield* idOf(object, value);
}

function* idOf(object: Buffer, { start, end }: Span): Generator<string> {
  const text = object.toString('utf8', start, end);
  if (object[start] === QUOTE) yield JSON.parse(text);
  else if (NUMBER.test(text)) yield text;
}
