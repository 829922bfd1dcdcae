import { items, members } from '../shared/json-scan.ts';

/** The profiles of a page, as Amperity wrote them. */
export function* profilesOf(body: Buffer): Generator<Buffer> {
  for (const { name, value } of members(body)) {
    if (name !== 'data') continue;
    for (const { start, end } of items(body, value.start)) yield body.subarray(start, end);
  }
}
