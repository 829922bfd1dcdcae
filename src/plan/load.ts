import type { PageRequest, Route } from '../shared/page-request.ts';

/** What is asked, known by a name from which it cannot be told. */
export interface Question {
  /** Holds the name where the index would stand, which is all that tells it from other questions. */
  readonly request: PageRequest;
  /** Size of its page. */
  readonly bytes: number;
  /** What Amperity answers: the page, that there is none (404), or that it does not accept the question (400). */
  readonly kind: 'page' | 'absent' | 'refused';
}

export interface Arrival {
  /** Epoch ms. */
  readonly at: number;
  readonly team: string;
  readonly question: Question;
  /** After which the caller hangs up; absent when it waits for its answer. */
  readonly patienceMs?: number;
}

/** Requests as they come in, whatever becomes of them. */
export interface Load {
  /** By `at`, earliest first; not empty. */
  readonly arrivals: readonly Arrival[];
  /** How long Amperity takes: a sample to draw from; not empty. */
  readonly latenciesMs: readonly number[];
}

/** What pages weigh where nothing tells: 25 profiles of some 800 bytes. */
export const USUAL_BYTES = 20_000;
export const USUAL_LATENCY_MS = 200;

export const questionRequest = (route: Route, name: string): PageRequest => ({
  route,
  index: name,
  filters: [],
  withTotal: false,
});

export const questionName = (request: PageRequest): string => request.index ?? '';
