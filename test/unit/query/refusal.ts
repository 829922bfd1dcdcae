import { GatewayError } from '../../../src/shared/errors.ts';

/** The GatewayError that `fn` throws; fails when it throws nothing or something else. */
export function refusalOf(fn: () => unknown): GatewayError {
  try {
    fn();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** `name: reason` of each problem of an `invalid_parameter`. */
export function problemsOf(fn: () => unknown): string[] {
  const error = refusalOf(fn);
  if (error.code !== 'invalid_parameter') throw new Error(`refused as ${error.code}`);
  return (error.info.errors ?? []).map((problem) => `${problem.name}: ${problem.reason}`);
}
