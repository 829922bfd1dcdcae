import type { Team } from './teams.ts';

/** Who asks. */
export interface Identity {
  readonly team: Team;
  /** Public id of the key that was used, for logs and metrics. */
  readonly keyId: string;
}

/** Tells who sent a request. One implementation per mode; which one runs is decided at start. */
export interface Authenticate {
  /**
   * `rawHeaders` is Node's flat list of names and values as received. Asks nobody and waits for nothing. Throws
   * `unauthenticated`, the same for every cause (which stands in `info.cause` as one short word), or
   * `invalid_parameter` when the headers contradict each other. No credential is ever part of an error.
   */
  authenticate(rawHeaders: readonly string[]): Identity;
}
