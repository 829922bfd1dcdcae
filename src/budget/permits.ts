/** The rate that Amperity allows, and how it is kept. */
export interface RateLimit {
  /** Calls per `windowMs`, for every replica together. */
  readonly rate: number;
  readonly windowMs: number;
  /** Added to the window, because Amperity judges a call by its arrival and the network is not even. */
  readonly guardMs: number;
}

/** The right to start one upstream call, held now. */
export interface Grant {
  /**
   * Monotonic instant by which the request must be on the wire. Sent any later, the call would outlive the
   * lease it was granted, so it must not be sent at all.
   */
  readonly sendBy: number;
  /** Aborted when the lease is lost before the request is on the wire: it must not be sent any more. */
  readonly revoked?: AbortSignal;
}

/**
 * How long after its grant a request may still reach the wire. With the default window a job of Bottleneck then expires
 * after 4000 ms: long enough for a slow connect, short enough that a stuck job, or a replica that was killed, gives its
 * lease back.
 */
export const SEND_WITHIN_MS = 2975;

/** How permits follow each other. */
export interface Tuning {
  /** Leases that may be held at once, at most the configured rate. */
  readonly leases: number;
  /** Least time between two grants; 0 lets them come in bursts. */
  readonly minTimeMs: number;
}

/**
 * The one budget of the fleet, in leases: a permit is one of `rate` leases, each held for `windowMs + guardMs`
 * from the moment its request is on the wire. So at most `rate` calls start in any window, whatever their
 * answers take.
 */
export interface Permits {
  /**
   * Waits for a permit, then calls `use` within the grant. `use` resolves to true as soon as its request is on
   * the wire, which begins the lease, or to false when nothing was sent, which returns the permit unspent.
   *
   * Ask again as soon as `use` was called, not after the returned promise: that one lasts until the lease ends.
   * Never rejects for a reason of the limiter's own; a rejection of `use` counts as sent.
   */
  acquire(use: (grant: Grant) => Promise<boolean>): Promise<void>;
  /** Takes effect with the next grant; the limit holds through every change. */
  tune(tuning: Tuning): void;
  /** Expected time in ms until a permit is granted that `turns` others go before. */
  waitMs(turns: number): number;
  /** Leases held now. */
  held(): number;
  /** Grants nothing any more; leases that are held run out by themselves. Resolves once others know, in half a second. */
  close(): void | Promise<void>;
}
