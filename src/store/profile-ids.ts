import { items, members } from '../shared/json-scan.ts';

const QUOTE = 0x22;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const NUMBER = /^-?\d/;

/**
 * The ids of everybody in a stored body, a list or a single profile: of repeated members all, since all of them are
 * answered. Numbers are ids, too, in Amperity's spelling.
 */
export function* profileIds(body: Buffer): Generator<string> {
  if (body.length === 0) return;
  for (const { name, value } of members(body)) {
    if (name === 'id') yield* idOf(body.subarray(value.start, value.end));
    if (name !== 'data' || body[value.start] !== OPENING_BRACKET) continue;
    for (const item of items(body, value.start)) {
      const profile = body.subarray(item.start, item.end);
      if (profile[0] !== OPENING_BRACE) continue;
      for (const member of members(profile)) {
        if (member.name === 'id') yield* idOf(profile.subarray(member.value.start, member.value.end));
      }
    }
  }
}

function* idOf(value: Buffer): Generator<string> {
  const text = value.toString('utf8');
  if (value[0] === QUOTE) yield JSON.parse(text);
  else if (NUMBER.test(text)) yield text;
}
