import pino from 'pino';
import pretty from 'pino-pretty';
import { BatchedLines } from './batched-lines.ts';
import { GatewayError } from './errors.ts';

/** Structured logging. Fields are chosen one by one where they are logged: no request, header or error object is. */
export type Log = Pick<
  pino.Logger,
  'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'level' | 'isLevelEnabled'
>;

/** From the most severe on. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogSettings {
  readonly level: string;
  /** For people at a terminal, instead of one JSON object a line. */
  readonly pretty: boolean;
}

/** The log, and where lines that are written often go, already as JSON: behind it, in the same order. */
export interface Logs {
  readonly log: Log;
  readonly lines: BatchedLines;
}

/** @param isShared whether other processes write to the same output */
export function createLogs({ level, pretty: isPretty }: LogSettings, isShared = false): Logs {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const lines = new BatchedLines(
    isPretty ? pretty({ sync: true }) : pino.destination({ sync: true }),
    isShared,
  );
  process.once('exit', () => lines.flush());
  return { log: pino(options, lines), lines };
}

/** What a foreseen error of ours gives as its cause in one word, such as `wrong_secret`. */
const WORD = /^[a-z]+(_[a-z]+)*$/;

/**
 * What may be logged of an error. A foreseen one is told by its code; an unforeseen one by name and stack, never
 * by its message or members, which may hold personal data or a credential.
 */
export function errorFields(error: unknown): Record<string, unknown> {
  if (error instanceof GatewayError) {
    const { code, info } = error;
    const { cause } = info;
    if (cause === undefined) return { code };
    // Of a defect it is whatever was thrown, which can be a text.
    if (code === 'internal' || isDefect(cause)) return { code, cause: errorFields(cause) };
    const isWord = typeof cause === 'string' && WORD.test(cause);
    return { code, cause: isWord ? cause : nameOf(cause) };
  }
  return error instanceof Error
    ? { ...nameOf(error), stack: framesOf(error).join('\n') }
    : { error: typeof error };
}

/** Such as no system or server causes, whatever was made of it. Node's own refusals of an argument have a code. */
const isDefect = (error: unknown): boolean =>
  [TypeError, RangeError, ReferenceError].some((kind) => error instanceof kind) &&
  !('code' in (error as Error));

function nameOf(error: unknown): Record<string, unknown> {
  if (error instanceof GatewayError) return errorFields(error);
  if (!(error instanceof Error)) return { error: typeof error };
  const { code } = error as NodeJS.ErrnoException;
  return { error: error.name, ...(typeof code === 'string' ? { errorCode: code } : {}) };
}

/**
 * The stack begins with name and message as they were when it was written down, and the message may hold lines that
 * look like frames. Where it is not known to the letter what stands before the frames, there are none.
 */
function framesOf({ message, stack = '' }: Error): string[] {
  const [head = ''] = /^[\w$.]*( \[\w+\])?(: )?/.exec(stack) ?? [];
  const rest = stack.slice(head.length);
  if (!rest.startsWith(`${message}\n`)) return [];
  return rest.slice(message.length + 1).split('\n');
}
