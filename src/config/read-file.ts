import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

export type ReadFile = (
  path: string,
) => { readonly text: string } | { readonly problem: 'missing' | 'unreadable' };

// Larger than any policy of thousands of teams; a wrong path must not pull a log file into memory.
const maxFileBytes = 16 * 1024 ** 2;

/** Reads files named by settings, relative to the working directory. Errors carry no text of the file. */
export const readFileFrom =
  (cwd: string): ReadFile =>
  (path) => {
    const absolute = resolve(cwd, path);
    try {
      const stat = statSync(absolute, { throwIfNoEntry: false });
      if (stat === undefined) return { problem: 'missing' };
      // A pipe or a device would block the start or never end.
      if (!stat.isFile() || stat.size > maxFileBytes) return { problem: 'unreadable' };
      return { text: readFileSync(absolute, 'utf8') };
    } catch {
      return { problem: 'unreadable' };
    }
  };

export const fileProblem = (where: string, path: string, problem: 'missing' | 'unreadable'): string =>
  problem === 'missing'
    ? `${where}: the file ${path} does not exist; correct the path or create it`
    : `${where}: the file ${path} cannot be read; check that it is a file and who may read it`;
