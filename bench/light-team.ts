import { setTimeout as sleep } from 'node:timers/promises';
import { FLOOD } from '../test/support/spawn-gateway.ts';
import type { Reading } from './bound.ts';
import { type Asked, type Crew, keepAsking } from './callers.ts';
import { observe } from './observe.ts';
import { percentile } from './percentile.ts';
import { ALL_SUBJECTS, type Case, GATEWAY_ONLY, type Sample, type Stage } from './question.ts';

const LIGHT: Crew = { team: 'light', callers: 1 };
const TEAMS = { light: 1, flood: 1 };

/** How long a light team waits that asks one question at a time, from `leadMs` after the start of a flood. */
async function besideFlood(
  { simulator, target }: Stage,
  flood: Crew,
  leadMs: number,
  seconds: number,
): Promise<Sample> {
  const end = new AbortController();
  const flooding = keepAsking(target, flood, end.signal);
  await sleep(leadMs);
  // The load's own start is no part of the measurement, and neither is a stall it causes.
  await simulator.clearJournal();
  const asking = keepAsking(target, LIGHT, end.signal);
  await sleep(seconds * 1000);
  const { calls, stallMs } = await observe(simulator);
  end.abort();
  const asked = await asking;
  const { statuses } = await flooding;
  const waits = waitsOf(asked);
  const inFlight = Math.max(0, ...calls.map(({ in_flight }) => in_flight));
  return {
    figures: { p50: reading(asked, waits, 0.5), p95: reading(asked, waits, 0.95) },
    points: cumulative(asked, waits),
    raw: { flood, leadMs, light: asked, floodStatuses: statuses, calls: calls.length, inFlight },
    stallMs,
  };
}

/** Ascending. One that still waits at the end counts only if it can make the figure worse. */
function waitsOf({ tookMs, unansweredMs }: Asked): number[] {
  const longest = Math.max(0, ...tookMs);
  return [...tookMs, ...unansweredMs.filter((ms) => ms > longest)].sort((a, b) => a - b);
}

/** How many percent were answered within how many ms; one without an answer goes on level. */
function cumulative({ tookMs }: Asked, waits: readonly number[]): Sample['points'] {
  const percent = (answers: number) => (100 * Math.min(answers, tookMs.length)) / waits.length;
  const steps = waits.flatMap((ms, place) =>
    [place, place + 1].map((answers) => [ms, percent(answers)] as const),
  );
  return [[0, 0], ...steps];
}

function reading({ tookMs }: Asked, waits: readonly number[], share: number): Reading {
  const value = percentile(waits, share);
  return { value, unfinished: value > Math.max(0, ...tookMs) };
}

const p50 = { id: 'p50', title: 'p50 of its waits', unit: ' ms' };
const p95 = { id: 'p95', title: 'p95 of its waits', unit: ' ms' };

export const lightBesideFlood: Case = {
  name: 'one question at a time beside 500 waiting ones of another team',
  subjects: ALL_SUBJECTS,
  measures: [p50, { ...p95, required: { max: 250 } }],
  settings: FLOOD,
  teams: TEAMS,
  run: (stage, seconds) => besideFlood(stage, { team: 'flood', callers: 500 }, 3000, seconds),
};

/** Three filters take 26 s, as published for 100 M rows; fewer take 20 ms. */
const SLOW_TABLE = { 0: [20, 20], 1: [20, 20], 2: [20, 20], 3: [26_000, 26_000] };

export const quickBesideSlow: Case = {
  name: 'quick questions beside 26 s ones of another team',
  subjects: GATEWAY_ONLY,
  measures: [p50, { ...p95, required: { max: 300 } }],
  knobs: { 'latency.table': SLOW_TABLE },
  settings: FLOOD,
  teams: TEAMS,
  // Eight seconds at 10 calls per second: by then 64 slow calls could be under way, which is the default's bound.
  run: (stage, seconds) => besideFlood(stage, { team: 'flood', callers: 500, filters: 3 }, 8000, seconds),
};
