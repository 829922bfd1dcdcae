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
