import { withoutWhitespace } from '../shared/json-scan.ts';
import { profilesOf } from '../shared/page-profiles.ts';

/** The profiles of a page, one a line, each as Amperity wrote it but for whitespace between its parts. */
export function ndjsonOf(body: Buffer): Buffer {
  const newline = Buffer.from('\n');
  return Buffer.concat([...profilesOf(body)].flatMap((profile) => [withoutWhitespace(profile), newline]));
}
