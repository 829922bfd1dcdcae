import { items, members } from './json-scan.ts';

const OPENING_BRACKET = 0x5b;

/** The profiles of a page, as Amperity wrote them. */
export function* profilesOf(body: Buffer): Generator<Buffer> {
  for (const { name, value } of members(body)) {
    if (name !== 'data' || body[value.start] !== OPENING_BRACKET) continue;
    for (const { start, end } of items(body, value.start)) yield body.subarray(start, end);
  }
}
