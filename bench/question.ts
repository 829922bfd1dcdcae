import type { SimulatorHandle } from '../simulator/client.ts';
import type { Bound, Reading } from './bound.ts';

/** What is measured: our gateway, and for comparison the two usual ways to use Bottleneck plainly. */
export type Subject = 'gateway' | 'reservoir' | 'minTime';

export const SUBJECT_TITLES: Readonly<Record<Subject, string>> = {
  gateway: 'gateway',
  reservoir: 'Bottleneck, reservoir 10 per 1000 ms',
  minTime: 'Bottleneck, minTime 100',
};

export const GATEWAY_ONLY: readonly Subject[] = ['gateway'];
export const ALL_SUBJECTS: readonly Subject[] = ['gateway', 'reservoir', 'minTime'];

/** What callers talk to. */
export interface Target {
  get(path: string, options?: { team?: string; signal?: AbortSignal }): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  /** From the call to the last byte. */
  readonly tookMs: number;
}

/** Everything a case runs on, started for it and thrown away after it. */
export interface Stage {
  readonly subject: Subject;
  readonly simulator: SimulatorHandle;
  readonly target: Target;
}

/** One figure of a case: a row of the table. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly unit?: string;
  readonly digits?: number;
  /** Asked of the gateway only. */
  readonly required?: Bound;
}

export interface Sample {
  /** By the ids of the case's measures. */
  readonly figures: Readonly<Record<string, Reading>>;
  /** For the plot. */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly raw: unknown;
  /** How late the simulator's event loop ran at worst: it stamps the arrivals. */
  readonly stallMs: number;
}

export interface Case {
  readonly name: string;
  readonly subjects: readonly Subject[];
  readonly measures: readonly Measure[];
  /** Knobs of the simulator beside the preset without latency. */
  readonly knobs?: Readonly<Record<string, unknown>>;
  /** Members of gateway.yaml beside `teams`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Weight by team. */
  readonly teams: Readonly<Record<string, number>>;
  /** By team: the replicas it asks, where there are several; those that are not named ask all of them in turn. */
  readonly places?: Readonly<Record<string, readonly number[]>>;
  run(stage: Stage, seconds: number): Promise<Sample>;
}

export interface CaseResult extends Sample {
  readonly case: string;
  readonly subject: Subject;
  readonly run: number;
  /** Stalls of the attempts that were thrown away. */
  readonly repeatedFor: readonly number[];
}

export interface Question {
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
  /** An SVG image. */
  plot(results: readonly CaseResult[]): string;
}
