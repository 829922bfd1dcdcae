/** What a verb may touch. Given by the entry, so that verbs run the same in tests. */
export interface Shell {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** All of standard input, as text. */
  readInput(): Promise<string>;
  /** Writes one line. */
  print(line: string): void;
  /** Writes one line to standard error. */
  complain(line: string): void;
  /** Puts this in place of what was said last, where somebody looks on; empty: takes it away. */
  progress(text: string): void;
}

/** Carries out one verb and returns the exit code. */
export type Verb = (args: readonly string[], shell: Shell) => Promise<number>;

/** Exit codes; those above 1 are the ones of sysexits.h. */
export const exitCode = { ok: 0, failed: 1, usage: 64, badInput: 65, noInput: 66, config: 78 } as const;

/** The command line does not say what to do. The message never repeats a value: it may be a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
