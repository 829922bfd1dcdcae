/** Where the bearer token for Amperity comes from. */
export interface TokenSource {
  /** The token to send now. Rejects with a GatewayError `upstream_auth` when there is none. */
  current(): Promise<string>;
  /**
   * Amperity refused `refused`. Resolves to true when a different token is at hand now. Callers that come at
   * the same time share one renewal.
   */
  renew(refused: string): Promise<boolean>;
  close(): void;
}

/** RFC 6750 §2.1: what may stand in an Authorization header. Nothing else may ever get that far. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

export const isUsableToken = (text: string): boolean => TOKEN.test(text);
