import pino from 'pino';
import pretty from 'pino-pretty';
import { GatewayError } from './errors.ts';

/** Structured logging. Fields are chosen one by one where they are logged: no request, header or error object is. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

export interface LogSettings {
  readonly level: string;
  /** For people at a terminal, instead of one JSON object a line. */
  readonly pretty: boolean;
}

export function createLog({ level, pretty: isPretty }: LogSettings): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return isPretty ? pino(options, pretty({ sync: true })) : pino(options);
}

/**
 * What may be logged of an error. A foreseen one is told by its code; an unforeseen one by name and stack, never
 * by its message or members, which may hold personal data or a credential.
 */
export function errorFields(error: unknown): Record<string, unknown> {
  if (error instanceof GatewayError) {
    const { code, info } = error;
    if (info.cause === undefined) return { code };
    return { code, cause: info.cause instanceof Error ? errorFields(info.cause) : String(info.cause) };
  }
  if (!(error instanceof Error)) return { error: typeof error };
  // The stack begins with name and message; the message may hold lines that look like frames.
  const stack = error.stack ?? '';
  const frames = stack
    .slice(stack.indexOf(error.message) + error.message.length)
    .split('\n')
    .slice(1);
  const code = (error as NodeJS.ErrnoException).code;
  return {
    error: error.name,
    ...(typeof code === 'string' ? { errorCode: code } : {}),
    stack: frames.join('\n'),
  };
}
