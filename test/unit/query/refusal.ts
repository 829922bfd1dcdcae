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

/** The GatewayError that `promise` rejects with; fails when it does with something else or not at all. */
export async function rejectionOf(promise: Promise<unknown>): Promise<GatewayError> {
  const outcome = await promise.then(
    () => new Error('nothing was refused'),
    (error: unknown) => error,
  );
  return refusalOf(() => {
    throw outcome;
  });
}

/** `name: reason` of each problem of an `invalid_parameter`. */
export function problemsOf(fn: () => unknown): string[] {
  const error = refusalOf(fn);
  if (error.code !== 'invalid_parameter') throw new Error(`refused as ${error.code}`);
  return (error.info.errors ?? []).map((problem) => `${problem.name}: ${problem.reason}`);
}
