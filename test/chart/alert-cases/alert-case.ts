export const JOB = 'amperity-gateway';

/** What the metrics are, minute by minute, and what comes of an alert by that. */
export interface AlertCase {
  readonly alert: string;
  readonly when: string;
  /** When it is looked at. */
  readonly at: string;
  /** Values of promtool by series. */
  readonly series: Readonly<Record<string, string>>;
  /** Absent: it is quiet. */
  readonly fires?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly summary: string;
    readonly description: string;
  };
}

/** A series of a replica. */
export const of = (name: string, labels: Readonly<Record<string, string>> = {}): string => {
  const all = Object.entries({ job: JOB, instance: 'a:9090', ...labels });
  return `${name}{${all.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
};
