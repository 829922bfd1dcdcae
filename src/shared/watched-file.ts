import { readFileSync, statSync } from 'node:fs';

/**
 * How often a mounted secret is looked at. Polling, because the kubelet replaces a mount by swapping a symbolic
 * link, which watching the file itself never reports, and a `stat` twice a second costs nothing.
 */
const POLL_MS = 500;

/**
 * Calls `onChange` with the file's text whenever it differs from the last reading. Files that cannot be read for
 * the moment are left for the next look. The timer does not keep the process alive.
 *
 * @param known what was last read of it, by whoever reads it before it is watched; else what is there now
 * @param onUnreadable told once when two looks in a row find nothing that can be read: what is replaced is away for less
 * @returns a function that ends the watch
 */
export function watchFile(
  path: string,
  onChange: (text: string) => void,
  {
    known,
    onUnreadable = () => {},
  }: { readonly known?: string | undefined; readonly onUnreadable?: () => void } = {},
): () => void {
  let misses = 0;
  let seen = known === undefined ? stamp(path) : undefined;
  let seenText = known === undefined ? readIfThere(path) : withoutNewline(known);
  const timer = setInterval(() => {
    const now = stamp(path);
    if (now !== undefined && now === seen) return;
    const text = now && readIfThere(path);
    // Replaced between the two calls; the next look sees the new one.
    misses = text === undefined ? misses + 1 : 0;
    if (misses === 2) onUnreadable();
    if (text === undefined) return;
    seen = now;
    if (text === seenText) return;
    seenText = text;
    onChange(text);
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The file's text without the newline that editors and `echo` leave at its end. */
export const readSecret = (path: string): string => withoutNewline(readFileSync(path, 'utf8'));

const withoutNewline = (text: string): string => text.replace(/\r?\n$/, '');

function stamp(path: string): string | undefined {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    // Nothing there, a link to itself, a folder that may not be read.
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readSecret(path);
  } catch {
    return undefined;
  }
}
