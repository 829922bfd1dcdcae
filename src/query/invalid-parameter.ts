import { GatewayError, type ParameterProblem } from '../shared/errors.ts';

/** The one refusal of bad input: all problems at once, in the error's list and in its sentence. */
export function invalidParameter(problems: readonly ParameterProblem[]): GatewayError {
  const detail = problems.map((problem) => `${problem.name} ${problem.reason}`).join('; ');
  return new GatewayError('invalid_parameter', `${detail}.`, { errors: problems });
}
