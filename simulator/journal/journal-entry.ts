export type Family = 'profile' | 'token' | 'other' | 'trap';

/** One request as `GET /journal` tells it. `null` where nothing is known (yet). */
export interface JournalEntry {
  seq: number;
  /** Monotonic milliseconds since the journal began, taken when the request head was parsed. */
  t_ms: number;
  at: string;
  family: Family;
  route: string;
  target: string;
  tenant: string | null;
  index: string | null;
  filters: number;
  cursor: boolean;
  with_total: boolean;
  /** Answered 429 by the rate limit. */
  limited: boolean;
  status: number | null;
  fault: string | null;
  /** Unfinished requests at arrival, this one included. */
  in_flight: number;
  done_ms: number | null;
  /** Bytes of the body handed to the connection. */
  bytes: number;
  aborted: boolean;
  token: string | null;
  conn: number;
  remote: string;
  user_agent: string | null;
  header_names: readonly string[];
}

export interface BusiestSecond {
  value: number;
  from_ms: number;
  to_ms: number;
  first_seq: number;
}

export interface JournalSummary {
  requests: number;
  by_family: Record<string, number>;
  by_route: Record<string, number>;
  by_status: Record<string, number>;
  limited: number;
  max_in_flight: number;
  duration_ms: number;
  kept: number;
  dropped: number;
  loop_stall_max_ms: number;
  /** Largest number of arrivals in any [t, t + 1000.000 ms), per family and tenant family. */
  max_in_1s: Record<string, Record<string, BusiestSecond>>;
}
