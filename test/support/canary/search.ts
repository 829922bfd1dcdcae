import { brotliDecompressSync, constants, inflateRawSync } from 'node:zlib';
import type { Canary, Place } from './canaries.ts';
import { formsOf, lowered } from './forms.ts';

export interface Find {
  readonly what: string;
  readonly place: Place;
  /** What was searched, such as "/metrics of replica 0". */
  readonly source: string;
  /** As it stood there, with what stood before. */
  readonly text: string;
}

/** A form is recognised by its beginning; it is compared as a whole then. */
const PREFIX = 8;

/** Looks for all forms of all values at once: one pass over the text, however many there are. */
export class Search {
  readonly #byPrefix = new Map<string, { readonly form: string; readonly canary: Canary }[]>();

  constructor(canaries: readonly Canary[]) {
    for (const canary of canaries) {
      for (const form of formsOf(canary.value)) {
        const prefix = form.slice(0, PREFIX);
        const others = this.#byPrefix.get(prefix) ?? [];
        this.#byPrefix.set(prefix, [...others, { form, canary }]);
      }
    }
  }

  /** In Redis also in what is compressed. */
  find(place: Place, source: string, bytes: Buffer): Find[] {
    const all = place === 'redis' ? [bytes, ...unpacked(bytes)] : [bytes];
    return all.flatMap((each) => readings(lowered(each)).flatMap((text) => this.#in(place, source, text)));
  }

  #in(place: Place, source: string, text: string): Find[] {
    const finds: Find[] = [];
    for (let at = 0; at + PREFIX <= text.length; at += 1) {
      for (const { form, canary } of this.#byPrefix.get(text.slice(at, at + PREFIX)) ?? []) {
        if (canary.allowed.has(place) || !text.startsWith(form, at)) continue;
        finds.push({ what: canary.what, place, source, text: text.slice(Math.max(0, at - 60), at + 60) });
      }
    }
    return finds;
  }
}

/** As it stands there, and as whoever undoes a URL's encoding or quotations of quotations in it would read it. */
function readings(text: string): string[] {
  const decoded = text.replace(/%([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const others = [decoded.toLowerCase(), text.replaceAll('\\', '')];
  return [text, ...others.filter((other) => other !== text)];
}

/** Where a value that was compressed and not encrypted would begin: behind what else stands in an envelope. */
const LONGEST_HEADER = 24;
/** Nothing shorter is worth compressing. */
const LEAST_COMPRESSED = 40;

/** What comes out where a compressed text may begin; an end that is cut off, or followed by more, is no matter. */
function unpacked(bytes: Buffer): Buffer[] {
  const text = bytes.toString('latin1');
  if (bytes.length < LEAST_COMPRESSED) return [];
  if (BASE64.test(text)) return unpacked(Buffer.from(text, 'base64'));
  if (!/[^\x20-\x7e]/.test(text)) return [];
  const found: (Buffer | undefined)[] = [];
  for (let at = 0; at < LONGEST_HEADER; at += 1) {
    found.push(attempt(() => brotliDecompressSync(bytes.subarray(at), BROTLI)));
  }
  for (let at = bytes.indexOf(GZIP); at >= 0; at = bytes.indexOf(GZIP, at + 1)) {
    found.push(attempt(() => inflateRawSync(bytes.subarray(at + GZIP_HEADER), ZLIB)));
  }
  return found.filter((text) => text !== undefined);
}

const BASE64 = /^[\w+/-]{40,}={0,2}$/;
const GZIP = Buffer.from([0x1f, 0x8b]);
/** Without a name (RFC 1952 §2.3). Read past it as raw deflate, which an end that belongs to something else does not trouble. */
const GZIP_HEADER = 10;
const MOST = { maxOutputLength: 8 * 1024 * 1024 };
const ZLIB = { ...MOST, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { ...MOST, finishFlush: constants.BROTLI_OPERATION_FLUSH };

function attempt(unpack: () => Buffer): Buffer | undefined {
  try {
    return unpack();
  } catch {
    return undefined;
  }
}
