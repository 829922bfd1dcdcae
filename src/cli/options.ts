import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './verb.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Reads `--flag value` pairs; anything else, a stray word included, is a usage error. */
export function readOptions<const T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(mistake(error, Object.keys(options)));
  }
}

function mistake(error: unknown, known: readonly string[]): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return 'there is a word too many';
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    return `${named(error, known)} lacks its value or has one too many`;
  }
  const names = known.map((name) => `--${name}`).join(', ');
  return known.length === 0
    ? 'this verb takes no options'
    : `an option is not known; this verb takes ${names}`;
}

/** The option an error is about, as far as it is one of ours: other words of the command line are not repeated. */
function named(error: unknown, known: readonly string[]): string {
  const name = /'(?:-\w, )?--([a-z-]+)/.exec(String(error))?.[1];
  return name !== undefined && known.includes(name) ? `--${name}` : 'an option';
}
