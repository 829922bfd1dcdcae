import { ArrivalMaximumCounter } from './arrival-maximum.ts';
import { EntryRing } from './entry-ring.ts';
import type { BusiestSecond, JournalEntry, JournalSummary } from './journal-entry.ts';
import { LoopStallWatch } from './loop-stall.ts';
import { nowUs } from './now-us.ts';

const SECOND_US = 1_000_000;

/** An entry being written; `run` tells entries of a measurement that was ended from those of this one. */
export type JournalRecord = Omit<JournalEntry, 'at'> & { readonly run: number };

/** What is known of a request when its head has been parsed. */
export type Arrival = Pick<
  JournalEntry,
  | 'family'
  | 'route'
  | 'target'
  | 'tenant'
  | 'index'
  | 'filters'
  | 'cursor'
  | 'with_total'
  | 'token'
  | 'conn'
  | 'remote'
  | 'user_agent'
  | 'header_names'
>;

export class Journal {
  readonly #keep: () => number;
  readonly #stall = new LoopStallWatch();
  #run = 0;
  #beganUs = 0;
  #beganAt = 0;
  #ring = new EntryRing<JournalRecord>();
  #inFlight = 0;
  #counts = freshCounts();
  #busiest = new Map<string, Map<string, ArrivalMaximumCounter>>();

  constructor(keep: () => number) {
    this.#keep = keep;
    this.clear();
  }

  /** Arrivals so far, which is also the newest sequence number. */
  get requests(): number {
    return this.#counts.requests;
  }

  /** Begins a new measurement. Requests under way finish uncounted. */
  clear(): void {
    this.#run++;
    this.#beganUs = nowUs();
    this.#beganAt = Date.now();
    this.#ring = new EntryRing();
    this.#counts = freshCounts();
    this.#busiest = new Map();
    this.#stall.restart();
  }

  /** `tenantFamily` shares a budget: a tenant and its sandboxes. Times are those of {@link nowUs}. */
  arrive(arrivedUs: number, tenantFamily: string, arrival: Arrival): JournalRecord {
    this.#inFlight++;
    const counts = this.#counts;
    const seq = ++counts.requests;
    const sinceUs = Math.max(0, arrivedUs - this.#beganUs);
    const record: JournalRecord = {
      seq,
      t_ms: sinceUs / 1000,
      family: arrival.family,
      route: arrival.route,
      target: arrival.target,
      tenant: arrival.tenant,
      index: arrival.index,
      filters: arrival.filters,
      cursor: arrival.cursor,
      with_total: arrival.with_total,
      limited: false,
      status: null,
      fault: null,
      in_flight: this.#inFlight,
      done_ms: null,
      bytes: 0,
      aborted: false,
      token: arrival.token,
      conn: arrival.conn,
      remote: arrival.remote,
      user_agent: arrival.user_agent,
      header_names: arrival.header_names,
      run: this.#run,
    };
    countOne(counts.byFamily, arrival.family);
    countOne(counts.byRoute, arrival.route);
    counts.maxInFlight = Math.max(counts.maxInFlight, this.#inFlight);
    this.#counterOf(arrival.family, tenantFamily).add(sinceUs, seq);
    this.#ring.push(record, this.#keep());
    return record;
  }

  /** To be called once per entry, when the answer is out or the connection is gone. */
  finish(record: JournalRecord): void {
    this.#inFlight--;
    if (record.run !== this.#run) return;
    record.done_ms = (nowUs() - this.#beganUs) / 1000;
    countOne(this.#counts.byStatus, String(record.status ?? 'none'));
    if (record.limited) this.#counts.limited++;
  }

  /** The kept entries with a sequence number above `since`, oldest first. */
  entries(since: number, limit: number): JournalEntry[] {
    return this.#ring.from(since, limit).map((record) => this.#publish(record));
  }

  summary(): JournalSummary {
    const counts = this.#counts;
    const busiest: Record<string, Record<string, BusiestSecond>> = {};
    for (const [family, tenants] of this.#busiest) {
      const perTenant: Record<string, BusiestSecond> = {};
      for (const [tenant, counter] of tenants) {
        const { value = 0, fromUs = 0, toUs = 0, firstSeq = 0 } = counter.maximum ?? {};
        perTenant[tenant] = { value, from_ms: fromUs / 1000, to_ms: toUs / 1000, first_seq: firstSeq };
      }
      busiest[family] = perTenant;
    }
    return {
      requests: counts.requests,
      by_family: Object.fromEntries(counts.byFamily),
      by_route: Object.fromEntries(counts.byRoute),
      by_status: Object.fromEntries(counts.byStatus),
      limited: counts.limited,
      max_in_flight: counts.maxInFlight,
      duration_ms: (nowUs() - this.#beganUs) / 1000,
      kept: this.#ring.kept,
      dropped: this.#ring.dropped,
      loop_stall_max_ms: Math.round(this.#stall.maxMs * 1000) / 1000,
      max_in_1s: busiest,
    };
  }

  stop(): void {
    this.#stall.stop();
  }

  #counterOf(family: string, tenantFamily: string): ArrivalMaximumCounter {
    const tenants = this.#busiest.get(family) ?? new Map<string, ArrivalMaximumCounter>();
    this.#busiest.set(family, tenants);
    const counter = tenants.get(tenantFamily) ?? new ArrivalMaximumCounter(SECOND_US);
    tenants.set(tenantFamily, counter);
    return counter;
  }

  #publish({ run: _run, seq, t_ms, ...rest }: JournalRecord): JournalEntry {
    return { seq, t_ms, at: new Date(this.#beganAt + t_ms).toISOString(), ...rest };
  }
}

function freshCounts() {
  return {
    requests: 0,
    limited: 0,
    maxInFlight: 0,
    byFamily: new Map<string, number>(),
    byRoute: new Map<string, number>(),
    byStatus: new Map<string, number>(),
  };
}

function countOne(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
