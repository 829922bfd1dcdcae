import { CALL_OUTCOMES, type CallOutcome } from '../shared/metrics.ts';

/** How questions ended: by the cache, with a call, or with a refusal (429), another 4xx, or a 5xx. */
export const ENDINGS = ['hit', 'stale', 'shared', 'miss', 'refused', 'rejected', 'failed'] as const;

export type QuestionEnding = (typeof ENDINGS)[number];

/** What happened within one second of the wall clock. */
export interface Second {
  /** When it began: epoch ms, a whole second. */
  readonly at: number;
  /** Calls to Amperity that went on the wire. */
  readonly sent: number;
  /** Calls that ended, by how. */
  readonly outcomes: Readonly<Partial<Record<CallOutcome, number>>>;
  /** Whole ms that Amperity took for them; a sample where there were many. */
  readonly tookMs: readonly number[];
  readonly endings: Readonly<Partial<Record<QuestionEnding, number>>>;
  /** Questions by index; a part of them where there were many. */
  readonly indexes: readonly (readonly [string, number])[];
  /** Calls per window that Amperity was thought to allow; null where the second has passed unseen. */
  readonly effectiveRate: number | null;
  /** What was left of a pause after a 429, in ms. */
  readonly coolDownMs: number;
}

export const SECOND_MS = 1000;
/** Of so many calls the time is kept, and of so many indexes the count, in each second. */
export const MOST_TIMES = 100;
export const MOST_INDEXES = 50;

export const secondOf = (epochMs: number): number => Math.floor(epochMs / SECOND_MS) * SECOND_MS;

/** One second as several replicas have seen it, who share a budget and its pauses. */
export function sumOf(at: number, parts: readonly Second[]): Second {
  const rates = parts.map(({ effectiveRate }) => effectiveRate).filter((rate) => rate !== null);
  const indexes = new Map<string, number>();
  for (const [index, count] of parts.flatMap((part) => part.indexes))
    indexes.set(index, (indexes.get(index) ?? 0) + count);
  return {
    at,
    sent: parts.reduce((sum, { sent }) => sum + sent, 0),
    outcomes: added(
      CALL_OUTCOMES,
      parts.map(({ outcomes }) => outcomes),
    ),
    tookMs: parts.flatMap(({ tookMs }) => tookMs),
    endings: added(
      ENDINGS,
      parts.map(({ endings }) => endings),
    ),
    indexes: [...indexes],
    effectiveRate: rates.length === 0 ? null : Math.min(...rates),
    coolDownMs: Math.max(0, ...parts.map(({ coolDownMs }) => coolDownMs)),
  };
}

/** What is 0 everywhere is left out. */
function added<N extends string>(names: readonly N[], parts: readonly Partial<Record<N, number>>[]) {
  const sums: Partial<Record<N, number>> = {};
  for (const name of names) {
    const sum = parts.reduce((total, part) => total + (part[name] ?? 0), 0);
    if (sum > 0) sums[name] = sum;
  }
  return sums;
}
