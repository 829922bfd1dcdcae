/** One request within the bytes of an attempt, as it stands there. */
export interface Asked {
  readonly method: string;
  /** As written, before any decoding. */
  readonly target: string;
  readonly body?: string;
}

/**
 * `fine`: nothing but the target, the method and the credential decides the answer. `refuse`: a rule forbids an
 * answer of 2xx or 304. `any`: both are right.
 */
export type Verdict = 'fine' | 'refuse' | 'any';

/** What is sent on one connection at once, and what is known of it beforehand. */
export interface Attempt {
  /** By which the report counts. */
  readonly kind: string;
  readonly bytes: Buffer;
  /** The requests that a reader of RFC 9112 may find in the bytes, in order: there are at most as many answers. */
  readonly asked: readonly Asked[];
  readonly verdict: Verdict;
  /** Whose valid key it holds. */
  readonly team: string | undefined;
  /** Well-formed to the last byte, so that an answer must come and the connection may carry the next attempt. */
  readonly isFramed: boolean;
  /** What is done to the connection once the bytes are out. */
  readonly ending?: 'half-close' | 'destroy' | undefined;
  /** From the address that all failed logins of a guesser come from. */
  readonly isGuess?: boolean | undefined;
}

/** What generators know of the gateway that they write for. */
export interface World {
  /** By team. */
  readonly keys: Readonly<Record<string, string>>;
  /** Well-formed keys of nobody. */
  readonly strangers: readonly string[];
  /** Cursors that Amperity has handed out, raw. */
  readonly cursors: readonly string[];
}

/** A request as it is written, before it becomes bytes; texts hold one byte in each character. */
export interface Draft {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: string;
}

export type Header = readonly [name: string, value: string];
