export interface SoakOptions {
  /** How long to run, where the soak leaves that open. */
  readonly seconds?: number;
  /** How many answers to look at, where the soak counts these. */
  readonly answers?: number;
  /** Of everything that is random. */
  readonly seed: number;
}

/** A long run that is too long for the tests. Resolves to whether it came out as required. */
export type Soak = (options: SoakOptions, say: (line: string) => void) => Promise<boolean>;
