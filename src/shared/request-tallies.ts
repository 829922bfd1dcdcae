/** By what requests are told apart; every label comes from a closed set. */
export interface RequestLabels {
  readonly team: string;
  readonly route: string;
  readonly method: string;
  readonly status: string;
  readonly cache: string;
}

/** Upper bounds of the buckets. */
export const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

const DURATION = 'gateway_request_duration_seconds';

/** How many requests of one kind there were, and how long they took. */
export class RequestTally {
  readonly labels: RequestLabels;
  count = 0;
  seconds = 0;
  /** Requests within each bound and above the one before; those above all bounds stand in `count` alone. */
  readonly within: number[] = SECONDS.map(() => 0);

  constructor(labels: RequestLabels) {
    this.labels = labels;
  }

  observe(seconds: number): void {
    this.count += 1;
    this.seconds += seconds;
    for (let at = 0; at < SECONDS.length; at += 1) {
      if (seconds <= (SECONDS[at] as number)) {
        (this.within[at] as number) += 1;
        return;
      }
    }
  }
}

/**
 * The two metrics of requests, counted in plain fields and written out when they are scraped: prom-client looks labels
 * up by a text that it builds for each call, which costs a hit a tenth of its time.
 */
export class RequestTallies {
  readonly #tallies = new Map<string, RequestTally>();

  /** As a registry of prom-client asks for them. */
  readonly metrics = [
    {
      name: 'gateway_requests_total',
      get: async () => ({
        name: 'gateway_requests_total',
        help: 'Requests answered.',
        type: 'counter',
        values: [...this.#counts()],
      }),
    },
    {
      name: DURATION,
      get: async () => ({
        name: DURATION,
        help: 'Time from the request head to the end of the answer.',
        type: 'histogram',
        values: [...this.#buckets()],
      }),
    },
  ];

  of(labels: RequestLabels): RequestTally {
    const { cache, method, route, status, team } = labels;
    const name = `${team} ${route} ${method} ${status} ${cache}`;
    const known = this.#tallies.get(name);
    if (known !== undefined) return known;
    const tally = new RequestTally({ team, route, method, status, cache });
    this.#tallies.set(name, tally);
    return tally;
  }

  *#counts() {
    for (const { count, labels } of this.#tallies.values()) yield { labels, value: count };
  }

  *#buckets() {
    for (const { count, labels, seconds, within } of this.#tallies.values()) {
      if (count === 0) continue;
      let upTo = 0;
      for (const [at, le] of SECONDS.entries()) {
        upTo += within[at] ?? 0;
        yield { labels: { le, ...labels }, value: upTo, metricName: `${DURATION}_bucket` };
      }
      yield { labels: { le: '+Inf', ...labels }, value: count, metricName: `${DURATION}_bucket` };
      yield { labels, value: seconds, metricName: `${DURATION}_sum` };
      yield { labels, value: count, metricName: `${DURATION}_count` };
    }
  }
}
