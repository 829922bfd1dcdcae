import { monitorEventLoopDelay } from 'node:perf_hooks';
import { MOST_STALL_MS } from './observe.ts';
import type { Cores } from './pinning.ts';
import {
  type Case,
  type CaseResult,
  GATEWAY_ONLY,
  type Question,
  type Sample,
  type Subject,
} from './question.ts';
import { onFreshStage } from './stage.ts';

const ATTEMPTS = 3;

export interface RunOptions {
  readonly runs: number;
  readonly seconds: number;
  readonly replicas: number;
  /** Without the comparisons. */
  readonly alone: boolean;
  readonly cores: Cores | undefined;
  readonly tell: (line: string) => void;
}

/** All cases on all their subjects, one after another; a second run begins when the first is through. */
export async function runQuestion(question: Question, options: RunOptions): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (let run = 1; run <= options.runs; run += 1) {
    for (const one of question.cases) {
      // The usual ways to use Bottleneck are ways of one process.
      for (const subject of options.alone || options.replicas > 1 ? GATEWAY_ONLY : one.subjects) {
        options.tell(`${question.name}: ${one.name}: ${subject}${options.runs > 1 ? `, run ${run}` : ''}`);
        results.push({ case: one.name, subject, run, ...(await runCalmly(one, subject, options)) });
      }
    }
  }
  return results;
}

async function runCalmly(
  one: Case,
  subject: Subject,
  { replicas, seconds, cores, tell }: RunOptions,
): Promise<Sample & { repeatedFor: number[] }> {
  const repeatedFor: number[] = [];
  for (;;) {
    const sample = await onFreshStage(one, subject, { cores, replicas }, (stage) =>
      watched(one.run(stage, seconds)),
    );
    if (sample.stallMs <= MOST_STALL_MS) return { ...sample, repeatedFor };
    const stalled = `the simulator stalled for ${sample.stallMs.toFixed(0)} ms`;
    if (repeatedFor.length + 1 === ATTEMPTS) {
      tell(`  ${stalled} in attempt ${ATTEMPTS} too; taken as it is`);
      return { ...sample, repeatedFor };
    }
    tell(`  ${stalled}; once more`);
    repeatedFor.push(sample.stallMs);
  }
}

/** Notes how late the load generator itself ran, because it measures the latencies. */
async function watched(sampling: Promise<Sample>): Promise<Sample> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const sample = await sampling;
  delay.disable();
  const loadStallMs = Math.round(delay.max / 1e4) / 100;
  return { ...sample, raw: { loadStallMs, ...(sample.raw as object) } };
}
