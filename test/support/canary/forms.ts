import { createHash } from 'node:crypto';

/**
 * Every way in which a value could stand in a text, as bytes in latin1 and in lower case, for a search in bytes that
 * were lower-cased the same way.
 */
export function formsOf(value: string): ReadonlySet<string> {
  const forms = new Set<string>();
  for (const text of [value, value.toLowerCase(), value.toUpperCase()]) {
    const written = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), encodeURI(text)];
    const form = new URLSearchParams([['', text]]).toString().slice(1);
    const bytes = Buffer.from(text);
    for (const each of [...written, form, escaped(text), bytes.toString('hex'), ...inBase64(bytes)])
      forms.add(each);
    for (const algorithm of ['md5', 'sha1', 'sha256']) {
      const digest = createHash(algorithm).update(bytes).digest();
      for (const each of [digest.toString('hex'), ...inBase64(digest)]) forms.add(each);
    }
  }
  return new Set([...forms].map((form) => lowered(Buffer.from(form))));
}

/** Case makes no difference to a search any more, and no two forms that differ otherwise become one. */
export const lowered = (bytes: Buffer): string => bytes.toString('latin1').toLowerCase();

/** As `\u00eb`, which JSON and logs may have for what is not ASCII. */
const escaped = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What base64 makes of the bytes wherever among others they begin: only what no neighbour has a part in. */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]);
    const text = all.toString('base64').replace(/=+$/, '');
    const own = text.slice(before === 0 ? 0 : before + 1, all.length % 3 === 0 ? undefined : -1);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
