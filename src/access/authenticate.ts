import type { Team } from './team.ts';

/** A request, as far as it tells who sent it. */
export interface Caller {
  /** Node's flat list of names and values as received. */
  readonly rawHeaders: readonly string[];
  /** Of the client, or of the network that stands for it. */
  readonly address: string;
  /** Only the public one is within reach of web pages. */
  readonly listener: 'public' | 'admin';
}

/** Who asks. */
export interface Identity {
  readonly team: Team;
  /** Public id of the key that was used, for logs and metrics; `jwt` or `none` where there was none. */
  readonly keyId: string;
}

/** Tells who sent a request. One implementation per mode; which one runs is decided at start. */
export interface Authenticate {
  /**
   * Rejects with `unauthenticated`, the same for every cause (which stands in `info.cause` as one short word); with
   * `unknown_subject`, `forbidden_origin`, `auth_throttled` or `address_rate`; with `unavailable` when it cannot be told
   * now; or with `invalid_parameter` when the headers contradict each other. No credential is ever part of an error.
   */
  authenticate(caller: Caller): Promise<Identity>;
  /**
   * Whom this credential was found to be of, with the rights of now; undefined when it has to be looked at. Only for
   * credentials for which it does not matter where they come from, sent with no header that tells of a web page. What
   * `authenticate` refuses is never recalled.
   *
   * @param isApiKey whether it was sent as one
   */
  recall(credential: string, isApiKey: boolean): Identity | undefined;
  /** The same one with the rights of now, while it is being answered; throws `unauthenticated` when it has none any more. */
  renew(identity: Identity): Identity;
}
