import type { Second } from './second.ts';

/** What a replica tells of itself. */
export interface Report {
  readonly replica: string;
  /** By the replica's own clock: epoch ms. */
  readonly at: number;
  /** As `/status` shows it. */
  readonly status: object;
  readonly seconds: readonly Second[];
}

/** Replicas talk to each other only while somebody watches one of them. */
export type Message =
  /** Somebody watches here: tell, for the next seconds, what you do. `whole`: and what you did, for a minute back. */
  | { readonly kind: 'asked'; readonly from: string; readonly whole: boolean }
  | { readonly kind: 'report'; readonly report: Report };

/** Carries messages to all other replicas; none where there are none. Delivery is at most once. */
export interface Exchange {
  /** Never throws and never waits. */
  publish(message: Message): void;
  /** What others publish, until the returned function is called. Listeners do not throw. */
  subscribe(listener: (message: Message) => void): () => void;
}

/**
 * To be raised with every change of `Report`, of `Second` or of `/status`: replicas of two releases, while one replaces
 * the other, do not understand each other's figures, and then show their own alone.
 */
export const FORM = 1;

/** A message of this form, or undefined for whatever else has come. */
export function readMessage(text: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value.form !== FORM) return undefined;
  const { from, kind, report, whole } = value;
  if (kind === 'asked' && typeof from === 'string' && typeof whole === 'boolean')
    return { kind, from, whole };
  return kind === 'report' && isReport(report) ? { kind, report } : undefined;
}

export const writeMessage = (message: Message): string => JSON.stringify({ form: FORM, ...message });

const isReport = (value: unknown): value is Report =>
  isRecord(value) &&
  typeof value.replica === 'string' &&
  Number.isFinite(value.at) &&
  isRecord(value.status) &&
  Array.isArray(value.seconds) &&
  value.seconds.every(isSecond);

const isSecond = (value: unknown): value is Second =>
  isRecord(value) &&
  [value.at, value.sent, value.coolDownMs].every(Number.isFinite) &&
  (value.effectiveRate === null || Number.isFinite(value.effectiveRate)) &&
  [value.outcomes, value.endings].every(
    (counts) => isRecord(counts) && Object.values(counts).every(Number.isFinite),
  ) &&
  Array.isArray(value.tookMs) &&
  value.tookMs.every(Number.isFinite) &&
  Array.isArray(value.indexes) &&
  value.indexes.every(
    (pair) => Array.isArray(pair) && typeof pair[0] === 'string' && Number.isFinite(pair[1]),
  );

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
