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
 * @returns a function that ends the watch
 */
export function watchFile(path: string, onChange: (text: string) => void): () => void {
  let seen = stamp(path);
  let seenText = readIfThere(path);
  const timer = setInterval(() => {
    const now = stamp(path);
    if (now === undefined || now === seen) return;
    try {
      const text = readSecret(path);
      seen = now;
      if (text === seenText) return;
      seenText = text;
      onChange(text);
    } catch {
      // Replaced between the two calls; the next look sees the new one.
    }
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The file's text without the newline that editors and `echo` leave at its end. */
export const readSecret = (path: string): string => readFileSync(path, 'utf8').replace(/\r?\n$/, '');

function stamp(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
}

function readIfThere(path: string): string | undefined {
  try {
    return readSecret(path);
  } catch {
    return undefined;
  }
}
