import { runCli } from '../../../src/cli/run-cli.ts';
import type { Shell } from '../../../src/cli/verb.ts';

export const now = Date.parse('2027-01-15T12:00:00Z');

export interface Ran {
  readonly code: number;
  readonly printed: string;
  readonly complained: string;
}

/** Runs one command line as the entry does, with what it wrote. */
export async function runVerb(
  args: readonly string[],
  given: Partial<Shell> & { input?: string } = {},
): Promise<Ran> {
  const printed: string[] = [];
  const complained: string[] = [];
  const { input = '', ...surroundings } = given;
  const code = await runCli(args, {
    env: {},
    cwd: process.cwd(),
    now: () => now,
    readInput: async () => input,
    print: (line) => printed.push(line),
    complain: (line) => complained.push(line),
    progress: () => {},
    ...surroundings,
  });
  return { code, printed: printed.join('\n'), complained: complained.join('\n') };
}
